import { setTimeout as delay } from 'node:timers/promises';
import type { DiagnosisCode, StageOutcome } from '../../domain/email-account/connection-test.js';
import { roundTripStageNames, type RoundTripResult, type RoundTripStage, type RoundTripStageName } from '../../domain/email-account/round-trip.js';
import { passwordsIn } from '../credentials.js';
import { Deadline } from '../deadline.js';
import { ConnectionFailure } from '../failure.js';
import { failureOf } from '../failure-of.js';
import { roadOf, type MailSettings } from '../mail-settings.js';
import type { ReceiverSubject, SendMail, VerifyRoundTrip } from '../mail-port.js';
import { StageFailed, StageRun } from '../stage-run.js';
import { openWatchedMailbox } from './open-watched-mailbox.js';
import { hasMessageId, type ArrivedMessage, type WatchedMailbox } from './watched-mailbox.js';

/** Between two looks into the mailbox: soon at first, as most mail arrives within a second; servers limit how often they may be asked. */
const pauses = [200, 300, 500, 1_000, 2_000] as const;

/** What an end of the waiting leaves for opening the mailbox before, and for reading and removing after. */
const besideWaiting = 10_000;

/** The mailbox is opened first, so that nothing is sent that could not be looked for. Sending goes the way that applications' mail goes. */
export function roundTripVerifier(settings: MailSettings, sendMail: SendMail): VerifyRoundTrip {
  const road = roadOf(settings);
  return async ({ sender, receiver }, message, timeoutMilliseconds, signal) => {
    const startedAt = performance.now();
    const deadline = new Deadline(2 * (timeoutMilliseconds + besideWaiting), signal);
    const stages = new Stages(receiver);
    const opened: { mailbox: WatchedMailbox | null } = { mailbox: null };
    try {
      const run = new StageRun('RECEIVER', [], portOf(receiver), stages.secrets, () => undefined);
      const mailbox = await stages.opening(() => openWatchedMailbox(receiver, run, road, deadline));
      opened.mailbox = mailbox;
      await stages.take('SENT', async () => {
        const sent = await sendMail(sender, message, signal);
        if (sent.outcome === 'FAILED') throw new Told(sent);
        return { value: null, message: sent.message };
      });
      const arrived = await stages.take('ARRIVED', async () => {
        const found = await waitFor(mailbox, message.messageId, timeoutMilliseconds, deadline);
        return { value: found, message: `It is in ${mailbox.name}${found.size === null ? '' : `, ${found.size} bytes`}.` };
      });
      await stages.take('READ', async () => {
        const text = await mailbox.read(arrived);
        if (!hasMessageId(text, message.messageId)) throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'What the server gave is another message.' });
        return { value: null, message: 'It was read, and is the one that was sent.' };
      });
      await stages.take('REMOVED', async () => {
        const removal = await mailbox.remove(arrived);
        return removal === 'REMOVED'
          ? { value: null, message: 'It was removed from the mailbox.' }
          : {
              value: null,
              message: 'It was marked as deleted: this server removes such messages when somebody expunges the mailbox.',
              outcome: 'WARNED' as const,
            };
      });
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    } finally {
      await opened.mailbox?.end();
      deadline.end();
    }
    return stages.result(Math.round(performance.now() - startedAt));
  };
}

/** Looks until it is there. @throws {ConnectionFailure} TIMEOUT; what looking comes to. */
async function waitFor(mailbox: WatchedMailbox, messageId: string, timeoutMilliseconds: number, deadline: Deadline): Promise<ArrivedMessage> {
  const until = performance.now() + timeoutMilliseconds;
  for (let look = 0; ; look++) {
    const found = await mailbox.find(messageId);
    if (found) return found;
    const left = until - performance.now();
    if (left <= 0)
      throw new ConnectionFailure('TIMEOUT', {
        message: `It was sent, and ${Math.round(timeoutMilliseconds / 1000)} s later it had not arrived in ${mailbox.name}.`,
        hint: 'Look into the junk folder, and whether a rule moves or forwards mail. A first message may be held back for minutes (greylisting): try again with a longer time. It will then lie in the mailbox until somebody removes it.',
      });
    await deadline.within(delay(Math.min(left, pauses[Math.min(look, pauses.length - 1)] ?? left)), left + besideWaiting);
  }
}

/** The sender's own words on what was wrong. */
class Told extends Error {
  override readonly name = 'Told';
  constructor(readonly told: { readonly code: DiagnosisCode; readonly message: string; readonly hint: string | null }) {
    super(told.message);
  }
}

/** A stage failed and is noted. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

interface Ended<Value> {
  readonly value: Value;
  readonly message: string;
  readonly outcome?: Exclude<StageOutcome, 'FAILED'>;
}

class Stages {
  readonly secrets;
  readonly #ended: RoundTripStage[] = [];
  #unsent = false;

  constructor(receiver: ReceiverSubject) {
    this.secrets = 'credentials' in receiver ? passwordsIn(receiver.credentials) : [];
  }

  /** A mailbox that cannot be opened fails the arrival, before anything was sent. */
  async opening<Value>(work: () => Promise<Value>): Promise<Value> {
    const startedAt = performance.now();
    try {
      return await work();
    } catch (error) {
      this.#unsent = true;
      const { code, message, hint } = error instanceof StageFailed ? error.stage : failureOf(error, this.secrets);
      this.#end('ARRIVED', startedAt, { outcome: 'FAILED', code, message: `The mailbox cannot be opened. ${message}`, hint });
      throw new Stopped(message, { cause: error });
    }
  }

  async take<Value>(stage: RoundTripStageName, work: () => Promise<Ended<Value>>): Promise<Value> {
    const startedAt = performance.now();
    try {
      const { value, message, outcome = 'PASSED' } = await work();
      this.#end(stage, startedAt, { outcome, code: 'OK', message, hint: null });
      return value;
    } catch (error) {
      const { code, message, hint } = error instanceof Told ? error.told : failureOf(error, this.secrets);
      this.#end(stage, startedAt, { outcome: 'FAILED', code, message, hint });
      throw new Stopped(message, { cause: error });
    }
  }

  result(durationMilliseconds: number): RoundTripResult {
    const stages = roundTripStageNames.map((stage) => this.#ended.find((ended) => ended.stage === stage) ?? this.#skipped(stage));
    return { outcome: stages.some(({ outcome }) => outcome === 'FAILED' || outcome === 'SKIPPED') ? 'FAILED' : 'PASSED', stages, durationMilliseconds };
  }

  #skipped(stage: RoundTripStageName): RoundTripStage {
    const message = stage === 'SENT' && this.#unsent ? 'Nothing was sent: it could not have been looked for.' : 'It was not reached: an earlier step failed.';
    return { stage, outcome: 'SKIPPED', code: 'UNKNOWN', message, hint: null, durationMilliseconds: 0 };
  }

  #end(stage: RoundTripStageName, startedAt: number, ended: Pick<RoundTripStage, 'outcome' | 'code' | 'message' | 'hint'>): void {
    this.#ended.push({ stage, ...ended, durationMilliseconds: Math.round(performance.now() - startedAt) });
  }
}

function portOf(receiver: ReceiverSubject): number {
  return receiver.settings.kind === 'microsoftGraph' ? 443 : receiver.settings.connection.port;
}
