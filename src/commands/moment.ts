import type { Position, RecordedEvent } from '../event-store/event-store.js';

/** A moment of the past. */
export interface Moment {
  /** Finds it again: a time in ISO 8601, or an account in lower case and its version, `sales:3`. */
  readonly name: string;
  /** When it was: by this it is told what was about to expire. */
  readonly time: Date;
  /** The last event that counts: the moment right after it. Null: everything that was recorded up to `time`, that millisecond included. */
  readonly position: Position | null;
}

/** What names the moment right after the event that made the version. */
export function momentOfVersion(accountId: string, version: number): string {
  return `${accountId.toLowerCase()}:${version}`;
}

/** Whether the event belongs to what there was at the moment. Of a stream that is read in its order, nothing belongs after the first that does not. */
export function hadHappened({ recordedAt, position }: RecordedEvent, moment: Moment): boolean {
  return moment.position === null ? recordedAt <= moment.time : position <= moment.position;
}
