import type { AuditTrailView } from '../../projections/views.js';
import type { Actor } from '../domain/access/actor.js';
import type { BackOff } from './back-off.js';
import type { DeadLetter } from './dead-letters.js';
import type { DeliveryFailure } from './delivery.js';
import type { StreamBeginning } from './stream-places.js';
import type { StreamRequest } from './stream-requests.js';
import type { StreamState } from './stream-state.js';
import type { WebhookReceiver } from './webhook-receiver.js';

/** Records in the audit trail; each resolves once it is durable. */
export interface StreamRecords {
  deadLettered(letters: { readonly count: number; readonly firstPosition: string; readonly lastPosition: string }): Promise<unknown>;
  retried(actor: Actor, retried: { readonly count: number }): Promise<unknown>;
  replayed(actor: Actor, replay: { readonly after: string | null; readonly reached: string }): Promise<unknown>;
}

/** Told of what happens, for the log and the metrics. */
export interface StreamObserver {
  taken(): void;
  /** It did not go through; it is tried again after so long. */
  failed(failure: DeliveryFailure, attempts: number, waitMilliseconds: number): void;
  /** What had failed goes through again. */
  recovered(): void;
  /** The receiver said that it wants nothing more (410). */
  gone(): void;
  deadLettered(letter: DeadLetter): void;
  /** One that is sent once more finds the receiver away; it is tried again, and meanwhile the stream goes on. */
  retryFailed(letter: DeadLetter, failure: DeliveryFailure): void;
  /** Nobody carried the order out for a day: nobody will. */
  expired(request: StreamRequest): void;
  /** The log does not have the entry that was taken last: what comes after this position is sent again. */
  wentBack(position: bigint): void;
  /** A fault of ours. The stream tries again. */
  fault(error: unknown): void;
}

export interface StreamTiming {
  readonly backOff: BackOff;
  /** After so many attempts that failed, it is tried whether the receiver takes what comes next. */
  readonly attemptsBeforeLookingAhead: number;
  /** How often the audit trail tells of dead letters at most. */
  readonly betweenTellingsMilliseconds: number;
  /** How often it is looked whether an operator asks for something. */
  readonly betweenLooksMilliseconds: number;
}

/** Two minutes of attempts before anything is put aside; up to five minutes between two while the receiver is away. */
export const usualTiming: StreamTiming = {
  backOff: { firstMilliseconds: 1_000, mostMilliseconds: 300_000 },
  attemptsBeforeLookingAhead: 8,
  betweenTellingsMilliseconds: 60_000,
  betweenLooksMilliseconds: 1_000,
};

export interface StreamSurroundings {
  readonly trail: Pick<AuditTrailView, 'find' | 'page' | 'tail' | 'position' | 'onAdvance'>;
  readonly state: StreamState;
  readonly receiver: Pick<WebhookReceiver, 'deliver'>;
  readonly records: StreamRecords;
  readonly observer: StreamObserver;
  readonly timing: StreamTiming;
  readonly from: StreamBeginning;
  readonly now: () => Date;
  /** From 0 to 1. */
  readonly random: () => number;
}
