import type { StreamStatus } from '../audit-stream/audit-stream.js';
import type { CheckpointStatus } from '../audit-stream/checkpoint-delivery.js';

/** After so many attempts in a row it is no hiccup any more. */
const attemptsUntilWarning = 3;

/** What an operator should mend, a sentence each. `receiver`: where it is, without what may be secret of it. */
export function warningsOf(
  { trouble, isGone, deadLetters, lag }: Pick<StreamStatus, 'trouble' | 'isGone' | 'deadLetters' | 'lag'>,
  checkpoints: CheckpointStatus,
  receiver: string,
): readonly string[] {
  const warnings: string[] = [];
  const waiting = `${lag.entriesBehind.toLocaleString('en')} ${lag.entriesBehind === 1 ? 'entry waits' : 'entries wait'}`;
  if (isGone)
    warnings.push(
      `The audit stream ended: ${receiver} answered with 410, that it wants nothing more. ${waiting}. Correct POSTLEDGER_AUDIT_WEBHOOK_URL and start the service again.`,
    );
  else if (trouble && (trouble.attempts >= attemptsUntilWarning || trouble.cause === 'EGRESS_DENIED'))
    warnings.push(
      `The audit stream stands since ${trouble.since.toISOString()}: ${receiver} ${trouble.words}. ${waiting}; nothing is lost, and it is tried again.`,
    );
  if (!isGone && checkpoints.trouble && checkpoints.trouble.attempts >= attemptsUntilWarning) {
    const { since, words } = checkpoints.trouble;
    warnings.push(
      `The receiver of the audit stream has taken no checkpoint since ${(checkpoints.takenAt ?? since).toISOString()}: ${receiver} ${words}. Until it takes one, nothing outside shows that the entries it has since are all there were.`,
    );
  }
  if (deadLetters > 0)
    warnings.push(
      `${receiver} did not take ${deadLetters.toLocaleString('en')} ${deadLetters === 1 ? 'entry' : 'entries'} of the audit stream: npx postledger audit stream dead-letters names them, and with --retry sends them once more.`,
    );
  return warnings;
}
