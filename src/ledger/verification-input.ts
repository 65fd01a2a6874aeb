import type { Hash } from './hashes.js';
import type { LoggedEvent } from './logged-event.js';
import type { NoteVerifier } from './signed-note.js';

/** A leaf as the service recorded it when the event came. */
export interface RecordedLeaf {
  /** Which leaf it is, counted from 0. */
  readonly number: number;
  readonly position: bigint;
  readonly hash: Hash;
  /** The chain up to and with this leaf. */
  readonly chain: Hash;
}

/** What the service recorded of the log's hashes. It is no evidence, for whoever changes the log can make it anew; but where it agrees with a checkpoint it tells which event was changed. */
export interface LedgerRecord {
  /** In order, in batches. */
  readonly leaves: AsyncIterable<readonly RecordedLeaf[]> | Iterable<readonly RecordedLeaf[]>;
  /** Whether it has the perfect subtrees of this level, which is at least 1. */
  readonly keepsLevel: (level: number) => boolean;
  /** Null where it has none that it should have. */
  readonly subtree: (level: number, index: number) => Hash | null;
}

/** A checkpoint as somebody kept it, unchecked. */
export interface GivenCheckpoint {
  /** The file that it is from. */
  readonly source: string;
  /** Which of the source's, counted from 1. */
  readonly line: number;
  /** Null where the line is none that a checkpoint could be on. */
  readonly signedNote: string | null;
  /** When it says that it was signed; no signature covers that. */
  readonly createdAt: string | null;
}

export interface VerificationInput {
  /** The log as it lies in the store, in order, in batches. */
  readonly log: AsyncIterable<readonly LoggedEvent[]> | Iterable<readonly LoggedEvent[]>;
  /** Null where there is none: then checkpoints alone judge, and name stretches of the log rather than events. */
  readonly record: LedgerRecord | null;
  readonly checkpoints: readonly GivenCheckpoint[];
  /** Keys that are trusted. */
  readonly keys: readonly NoteVerifier[];
  /** Whether the engine numbers events 1, 2, 3 …: then a gap is a finding. */
  readonly countsPositions: boolean;
  /** Told how many events were looked at. */
  readonly onProgress?: (events: number) => void;
}
