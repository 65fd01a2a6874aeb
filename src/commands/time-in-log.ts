import { setTimeout as sleep } from 'node:timers/promises';
import { auditedStreamPrefixes } from '../domain/streams.js';
import { StoreUnavailable, type EventStore, type Position } from '../event-store/event-store.js';
import { beforeAll } from './moment.js';

/** The audit trail of this node: what was recorded when. */
export interface RecordedTimes {
  /** The last entry recorded up to the time, its millisecond included, and whether one follows that was recorded later: as far as the trail is. */
  lastAt(time: Date): { readonly position: Position | null; readonly isFollowed: boolean };
  /** Up to where in the log the trail is. */
  position(): Position;
  /** True as soon as the trail holds the position; false when so many milliseconds pass first. */
  reached(position: Position, milliseconds: number): Promise<boolean>;
}

/** The time has not passed: what there will have been then, nobody can say. */
export class NotYetPassed extends Error {
  override readonly name = 'NotYetPassed';
  constructor(readonly time: Date) {
    super(
      `${Number.isNaN(time.getTime()) ? 'This time' : time.toISOString()} has not passed yet. Give a time that has, or leave it out for what there is now.`,
    );
  }
}

/** How far the clocks of the service, of whoever asks and of the servers of the log may be apart, in milliseconds. */
const clocksApart = 1_000;
/** How long the trail is waited for, in milliseconds. */
const longestWait = 5_000;

/**
 * Up to where in the log a time reaches. The answer is for good: what is shown as of a time gets an id with the time in it, so nothing may be recorded before the time afterwards.
 * That is certain where something later is on record, for times never decrease along the log. Else the time has to be a second ago, which is waited for, and the trail as far as the log.
 */
export class TimeInLog {
  constructor(
    readonly log: Pick<EventStore, 'readAll'>,
    readonly trail: RecordedTimes,
    readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * The position of the last event that was recorded up to the time, its millisecond included; {@link beforeAll} for none.
   * @throws {NotYetPassed} the time is more than a second ahead.
   * @throws {StoreUnavailable} the log does not answer, or the trail is built, or too far behind the log to tell.
   */
  async lastPosition(time: Date): Promise<Position> {
    const known = this.trail.lastAt(time);
    if (known.isFollowed) return known.position ?? beforeAll;
    const ahead = time.getTime() - this.now().getTime();
    // Written so that a time that is none has not passed.
    if (!(ahead <= clocksApart)) throw new NotYetPassed(time);
    if (ahead + clocksApart > 0) await sleep(ahead + clocksApart);
    for (let unseen = await this.#unseen(time); unseen !== null; unseen = await this.#unseen(time))
      if (!(await this.trail.reached(unseen, longestWait)))
        throw new StoreUnavailable('The audit trail of this node is behind the log, and what there was at the time cannot be told. Try again soon.');
    return this.trail.lastAt(time).position ?? beforeAll;
  }

  /** The next event behind the trail that was recorded up to the time; null when there is none. */
  async #unseen(time: Date): Promise<Position | null> {
    const next = this.log.readAll({ after: this.trail.position(), streamPrefixes: auditedStreamPrefixes, maxCount: 1 });
    for await (const { position, recordedAt } of next) if (recordedAt <= time) return position;
    return null;
  }
}
