/**
 * What a verification finds.
 *
 * About the log: ALTERED, REMOVED, INSERTED, REORDERED (it is not what was recorded), TRUNCATED (its end is missing), REWRITTEN (it is not what was signed, and its record was made to fit),
 * STREAM_BROKEN, POSITION_GAP (it is not whole in itself). About what it is compared with: RECORD_ALTERED (the log is what was signed, the record is not), SIGNATURE_INVALID (a checkpoint that the
 * key did not sign), SPLIT_VIEW (the key has signed two logs), UNKNOWN_KEY, CHECKPOINT_MALFORMED, CHECKPOINTS_MISSING (there is too little to judge by).
 */
export const findingKinds = [
  'ALTERED',
  'REMOVED',
  'INSERTED',
  'REORDERED',
  'TRUNCATED',
  'REWRITTEN',
  'STREAM_BROKEN',
  'POSITION_GAP',
  'RECORD_ALTERED',
  'SIGNATURE_INVALID',
  'SPLIT_VIEW',
  'UNKNOWN_KEY',
  'CHECKPOINT_MALFORMED',
  'CHECKPOINTS_MISSING',
] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** The first leaf that it is about, counted from 0; of a stretch the first. Null for what is about checkpoints alone. */
  readonly leafIndex: number | null;
  /** The leaf after the last one; null where it is not about leaves, or nobody can tell. */
  readonly endLeafIndex: number | null;
  /** Where the first one stands in the log, or stood; null where that is not known. */
  readonly position: bigint | null;
  /** What it means, and what to do next. */
  readonly message: string;
}

/** VERIFIED: the log is what was signed. DAMAGED: it, or what vouches for it, was changed. UNVERIFIABLE: nothing was found, but there was too little to judge by. */
export type VerificationOutcome = 'VERIFIED' | 'DAMAGED' | 'UNVERIFIABLE';

export interface SourceReport {
  readonly source: string;
  readonly given: number;
  /** Signed by a key that is trusted. */
  readonly trusted: number;
  /** Of those: how many say what the log is. */
  readonly holding: number;
}

export interface CoveringCheckpoint {
  readonly source: string;
  readonly treeSize: number;
  readonly createdAt: string | null;
}

export interface VerificationReport {
  readonly outcome: VerificationOutcome;
  /** All that were read. */
  readonly events: number;
  /** Those of streams that the audit trail does not show. */
  readonly otherEvents: number;
  /** Leaves of the tree. */
  readonly treeSize: number;
  /** Base64. */
  readonly rootHash: string;
  readonly lastPosition: bigint | null;
  /** When the last event was recorded, in milliseconds since 1970, as it says itself. */
  readonly lastRecordedAt: number | null;
  /** How many leaves the service's own record has; null without one. */
  readonly recordedLeaves: number | null;
  readonly sources: readonly SourceReport[];
  /** The largest tree that a trusted checkpoint vouches for. */
  readonly coveredBy: CoveringCheckpoint | null;
  /** Leaves after it: no checkpoint says anything of these. */
  readonly uncovered: number;
  /** Where checkpoints say that the log was restored from a backup: what their source has of the former log beyond so many leaves was not looked for. */
  readonly restores: readonly { readonly source: string; readonly createdAt: string | null; readonly standingTreeSize: number }[];
  /** Where the log begins to be something else than it was; of a stretch where it begins. */
  readonly firstBad: { readonly leafIndex: number; readonly position: bigint | null } | null;
  /** By place. Of each kind the first hundred. */
  readonly findings: readonly Finding[];
  /** How many there are in all. */
  readonly findingCount: number;
}

const tooLittle: readonly FindingKind[] = ['UNKNOWN_KEY', 'CHECKPOINT_MALFORMED', 'CHECKPOINTS_MISSING'];

export function outcomeOf(findings: readonly Finding[]): VerificationOutcome {
  if (findings.some(({ kind }) => !tooLittle.includes(kind))) return 'DAMAGED';
  return findings.length > 0 ? 'UNVERIFIABLE' : 'VERIFIED';
}
