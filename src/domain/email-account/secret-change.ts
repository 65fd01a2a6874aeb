import type { Password } from './settings.js';

/** What became of a secret, told without it. ENTERED_AGAIN: it has another version, and the value that it had. LOST: a revert could not bring it back. */
export type SecretChange = 'SET' | 'CHANGED' | 'ENTERED_AGAIN' | 'CLEARED' | 'LOST';

/** Null when it is the very same: within its slot a version is given once. */
export function secretChangeOf(before: Password, after: Password): SecretChange | null {
  if (after === null) return before === null ? null : 'CLEARED';
  if (after === 'lost') return before === 'lost' ? null : 'LOST';
  if (before === null || before === 'lost') return 'SET';
  if (before.version === after.version) return null;
  return (before.sameValueAs ?? before.version) === (after.sameValueAs ?? after.version) ? 'ENTERED_AGAIN' : 'CHANGED';
}
