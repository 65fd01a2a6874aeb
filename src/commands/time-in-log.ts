import { setTimeout as sleep } from 'node:timers/promises';
import { auditedStreamPrefixes } from '../domain/streams.js';
import { StoreUnavailable, type EventStore, type Position } from '../event-store/event-store.js';
import { beforeAll } from './moment.js';

/** The audit trail of this node: what was recorded when. */
export interface RecordedTimes {
  /** The last entry recorded up to the time, its millisecond included, whether one follows that was recorded later, and when the newest was recorded: as far as the trail is. */
  lastAt(time: Date): { readonly position: Position | null; readonly isFollowed: boolean; readonly newest: Date | null };
  /** Up to where in the log the trail is. */
  position(): Position;
  /** True as soon as the trail, and the views that lists of the past are made of, hold the position; false when so many milliseconds pass first. */
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
    if (known.isFollowed) return this.#shown(known.position);
    const ahead = time.getTime() - this.now().getTime();
    // What is on record at this time has happened, though the clock was set back since: it is waited for.
    const isOnRecord = known.newest !== null && time <= known.newest && ahead <= longestWait;
    // Written so that a time that is none has not passed.
    if (!(ahead <= clocksApart) && !isOnRecord) throw new NotYetPassed(time);
    if (ahead + clocksApart > 0) await sleep(ahead + clocksApart);
    for (let unseen = await this.#unseen(time); unseen !== null; unseen = await this.#unseen(time))
      if (!(await this.trail.reached(unseen, longestWait))) throw behind();
    return this.#shown(this.trail.lastAt(time).position);
  }

  /** Each view follows the log by itself: lists are made of others than the trail. */
  async #shown(position: Position | null): Promise<Position> {
    if (position !== null && !(await this.trail.reached(position, longestWait))) throw behind();
    return position ?? beforeAll;
  }

  /** The next event behind the trail that was recorded up to the time; null when there is none. */
  async #unseen(time: Date): Promise<Position | null> {
    const next = this.log.readAll({ after: this.trail.position(), streamPrefixes: auditedStreamPrefixes, maxCount: 1 });
    for await (const { position, recordedAt } of next) if (recordedAt <= time) return position;
    return null;
  }
}

function behind(): StoreUnavailable {
  return new StoreUnavailable('The views of this node are behind the log, and what there was at the time cannot be told. Try again soon.');
}
