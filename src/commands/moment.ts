import type { Position, RecordedEvent } from '../event-store/event-store.js';

/** A moment of the past: right after an event. */
export interface Moment {
  /** Finds it again: a time in ISO 8601, or an account in lower case and its version, `sales:3`. */
  readonly name: string;
  /** When it was: by this it is told what was about to expire. What had happened it does not decide: where a log has several clocks, times depend on who reads them. */
  readonly time: Date;
  /** The last event that counts; {@link beforeAll} for none. */
  readonly position: Position;
}

/** No event stands here. */
export const beforeAll: Position = -1n;

/** What names the moment right after the event that made the version. */
export function momentOfVersion(accountId: string, version: number): string {
  return `${accountId.toLowerCase()}:${version}`;
}

/** Whether the event belongs to what there was at the moment. Of a stream that is read in its order, nothing belongs after the first that does not. */
export function hadHappened({ position }: RecordedEvent, moment: Pick<Moment, 'position'>): boolean {
  return position <= moment.position;
}
