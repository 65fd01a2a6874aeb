import type { Problem } from '../decider.js';

/** The mutations whose input has a `reason`: those that can be made to need one. */
export const mutationsWithReason = [
  'createEmailAccount',
  'renameEmailAccount',
  'changeEmailProvider',
  'configureSender',
  'removeSender',
  'changeSenderPassword',
  'configureReceiver',
  'removeReceiver',
  'changeReceiverPassword',
  'disableEmailAccount',
  'enableEmailAccount',
  'deleteEmailAccount',
  'restoreEmailAccount',
  'eraseEmailAccount',
  'revertEmailAccount',
  'sendTestMessage',
  'createAuthenticationProfile',
  'changeAuthenticationProfile',
  'deleteAuthenticationProfile',
  'createTruststore',
  'addCertificate',
  'removeCertificate',
  'trustServerCertificate',
  'deleteTruststore',
  'issueApiToken',
  'revokeApiToken',
] as const;

/** The mutations that are refused without a reason, by name. */
export type ReasonPolicy = ReadonlySet<string>;

/** Whoever has to say why says more than a word. In letters and digits of any script, in Unicode normalisation form C: blanks and dots say nothing. */
const shortestReason = 10;
const letterOrDigit = /[\p{L}\p{N}]/gu;

/** What is wrong with the reason of a mutation that needs one; null for any other mutation, and for a reason that says something. */
export function problemOfNeededReason(policy: ReasonPolicy, mutation: string, reason: string | null | undefined): Problem | null {
  if (!policy.has(mutation) || ((reason ?? '').normalize('NFC').match(letterOrDigit)?.length ?? 0) >= shortestReason) return null;
  return {
    code: 'REASON_REQUIRED',
    message: `This service does not take ${mutation} without a reason. Say why, in at least ${shortestReason} letters or digits.`,
    field: ['reason'],
  };
}

/**
 * The policy as an operator writes it: `none`, `all`, or names of mutations, separated by commas.
 * @returns null for a text with a name that is none of {@link mutationsWithReason}.
 */
export function reasonPolicyAsWritten(text: string): ReasonPolicy | null {
  if (text === 'none') return new Set();
  if (text === 'all') return new Set(mutationsWithReason);
  const names = text.split(',').map((name) => name.trim());
  return names.every((name) => mutationsWithReason.some((known) => known === name)) ? new Set(names) : null;
}
