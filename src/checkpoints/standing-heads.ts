import type { TreeHead } from '../ledger/checkpoint.js';
import type { NoteVerifier } from '../ledger/signed-note.js';
import { trustedHead, type SignedCheckpoint } from './signed-checkpoint.js';

/** What a checkpoint says, with when it says that it was signed. */
export interface SignedHead extends TreeHead {
  readonly createdAt: string;
}

/** What checkpoints say that still has to be so, and those that none of the keys has signed. */
export interface StandingHeads {
  readonly heads: readonly SignedHead[];
  readonly untrusted: readonly SignedCheckpoint[];
}

/**
 * Of checkpoints as they were signed, oldest first: where somebody accepted that the log was restored from a backup, what was signed of its lost end no longer counts.
 * @throws {NoteMalformed} one of them is none.
 */
export function standingHeads(checkpoints: readonly SignedCheckpoint[], keys: readonly NoteVerifier[]): StandingHeads {
  let heads: SignedHead[] = [];
  const untrusted: SignedCheckpoint[] = [];
  for (const checkpoint of checkpoints) {
    const head = trustedHead(checkpoint.signedNote, keys);
    if (head === null) {
      untrusted.push(checkpoint);
      continue;
    }
    const standing = Number(head.restored?.standingTreeSize ?? Infinity);
    heads = heads.filter(({ size }) => size <= standing);
    heads.push({ ...head, createdAt: checkpoint.createdAt });
  }
  return { heads, untrusted };
}

/** The largest of them: all others are beginnings of the same log, or it is contradicted by one of them anyway. */
export function largestOf(heads: readonly SignedHead[]): SignedHead | null {
  return heads.reduce<SignedHead | null>((largest, head) => (head.size >= (largest?.size ?? 0) ? head : largest), null);
}
