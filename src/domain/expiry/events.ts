import type { ExpirySubject, ThresholdInDays } from './expiring-thing.js';

/** Something comes to its end within so many days: once for each threshold, whatever number of nodes watches. Stream `expiry-<subject>-<owner>`. */
export interface ExpiryEvent {
  readonly type: 'ExpiryApproached';
  readonly data: {
    readonly subject: ExpirySubject;
    readonly entityType: string;
    readonly entityId: string;
    /** A certificate's SHA-256 fingerprint; empty for what the owner has one of. */
    readonly key: string;
    readonly expiresAt: string; // ISO 8601
    readonly withinDays: ThresholdInDays;
  };
}
