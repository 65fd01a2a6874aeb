import type { DiagnosisCode, StageOutcome } from './connection-test.js';

/** The way of a marked message: handed to the sender's server, there in the receiver's mailbox, read from it, removed again. */
export const roundTripStageNames = ['SENT', 'ARRIVED', 'READ', 'REMOVED'] as const;
export type RoundTripStageName = (typeof roundTripStageNames)[number];

/** One step of a round trip, as it ended. Holds nothing secret. */
export interface RoundTripStage {
  readonly stage: RoundTripStageName;
  readonly outcome: StageOutcome;
  readonly code: DiagnosisCode;
  /** What was found, in a sentence. */
  readonly message: string;
  /** What a person can do about it; null when there is nothing to do. */
  readonly hint: string | null;
  readonly durationMilliseconds: number;
}

/** A whole round trip. Its stages are all four, in order; what was not reached is SKIPPED. */
export interface RoundTripResult {
  readonly outcome: 'PASSED' | 'FAILED';
  readonly stages: readonly RoundTripStage[];
  readonly durationMilliseconds: number;
}
