import type { Password, SecretReference } from './settings.js';
import { isSecretReference } from './state.js';

/** What became of a secret, told without it. ENTERED_AGAIN: it has another version, and each from the one to the other has the value of the one before. LOST: a revert could not bring it back. */
export type SecretChange = 'SET' | 'CHANGED' | 'ENTERED_AGAIN' | 'CLEARED' | 'LOST';

/** Null when it is the very same: within its slot a version is given once. */
export function secretChangeOf(before: Password, after: Password): SecretChange | null {
  if (after === null) return before === null ? null : 'CLEARED';
  if (after === 'lost') return before === 'lost' ? null : 'LOST';
  if (before === null || before === 'lost') return 'SET';
  if (before.version === after.version) return null;
  return (before.sameValueAs ?? before.version) === (after.sameValueAs ?? after.version) ? 'ENTERED_AGAIN' : 'CHANGED';
}

/**
 * The `sameValueAs` of a secret that takes the place of the current one; undefined where the value is another, or is not to be told.
 * Whoever may enter secrets could guess by it what they may not read. So a version is compared with the next one alone, and only while it is in use: each value can be guessed once, by giving
 * it up. One that a revert brought back after another version was given is compared no more.
 */
export function sameValueAs(current: Password, next: Pick<SecretReference, 'version' | 'fingerprint'>): number | undefined {
  if (!isSecretReference(current) || current.version !== next.version - 1 || current.fingerprint !== next.fingerprint) return undefined;
  return current.sameValueAs ?? current.version;
}
