import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable, type Position, type RecordedEvent, type SubscriptionMessage } from '../event-store.js';
import { onAbort } from './abort.js';
import { startFrom, type Start } from './beginning.js';
import { pauseAfter, type Calls } from './calls.js';
import type { ClientInUse } from './connection.js';
import { DeadlineMissed, failureOf, storeUnavailable } from './errors.js';
import { Messages, type Message } from './messages.js';
import { at } from './reads.js';
import { recordedEvent, RecordedTimes } from './recorded.js';

export interface Course {
  readonly start: Start;
  readonly streamPrefixes: readonly string[] | undefined;
  /** Goes on with what is appended, or ends when it has caught up. */
  readonly follows: boolean;
  readonly signal: AbortSignal | undefined;
}

/** The subscription begins at a node that has everything up to `head`. */
interface Beginning {
  readonly head: Position | undefined;
  /** An event right before the first one that is wanted, if there is any. */
  readonly before: Position | undefined;
  readonly inUse: ClientInUse;
  readonly connections: number;
}

/** So many bytes of log from the end a subscription counts as near it; positions of these servers are bytes. */
const near = 32_768n;
/** So many events are looked at for the newest time before the beginning; see {@link RecordedTimes}. */
const timesBefore = 100;

/**
 * Follows the log, filtered by the server, over lost connections: positions decide what is news, so nothing comes twice, and nothing is left out.
 *
 * Three properties of the servers shape it:
 * - A subscription that is told to begin after a position skips the first event at or after it, even if the event that had this position is gone since a scavenge. So it begins after
 *   the event before, which was read a moment ago, and what is not news is dropped here.
 * - A checkpoint may lie behind the newest event, on what a new leader wrote at its election. Whoever begins there while nothing was appended since begins at that event.
 * - A checkpoint comes after each "window" of events, whether filtered out or not, and none when the end is reached. Whoever waits for a position needs one at once, so near the
 *   end the window is one event, and the head that was read before the subscription began is the checkpoint when it has caught up.
 */
export class Subscription {
  #last: Start;
  #checkpoint: Position | undefined;
  readonly #times = new RecordedTimes();

  constructor(
    private readonly calls: Calls,
    private readonly course: Course,
  ) {
    this.#last = course.start;
    if (course.start && !course.start.inclusive) this.#checkpoint = course.start.position;
  }

  /**
   * Ends when the signal aborts, without an error.
   * @throws {StoreUnavailable} there was no answer for as long as an operation is given, or the login was refused.
   * @throws {RangeError} the beginning is beyond the end of the log.
   */
  async *messages(): AsyncGenerator<SubscriptionMessage, void> {
    const isStopped = () => this.course.signal?.aborted === true;
    let silentSince = performance.now();
    for (let failures = 1; !isStopped(); failures++) {
      try {
        for await (const message of this.#untilLost()) {
          failures = 0;
          yield message;
          if (isStopped()) return;
          silentSince = performance.now();
        }
        return;
      } catch (error) {
        if (error instanceof RangeError) throw error;
        const failure = failureOf(error);
        const givenUp =
          failure.kind === 'refused' || this.calls.connection.isClosed || performance.now() - silentSince > this.calls.patience.operationMilliseconds;
        if (givenUp) throw storeUnavailable(failure, 'Go on from the last checkpoint.', error);
      }
      await sleep(pauseAfter(failures));
    }
  }

  /** One subscription of the client after the other, as long as the connection stays; each begins nearer to the end. */
  async *#untilLost(): AsyncGenerator<SubscriptionMessage, void> {
    for (;;) {
      const beginning = await this.#begin();
      if (!beginning) return;
      const { head, inUse, connections } = beginning;
      const isNear = this.course.follows && (head === undefined || head - (this.#last?.position ?? 0n) < near);
      const messages = new Messages(inUse, (mark) =>
        inUse.client.subscribeToAll({ ...this.#options(beginning, isNear, (position) => mark({ kind: 'checkpoint', position })) }, { highWaterMark: buffered }),
      );
      const forget = this.course.signal && onAbort(this.course.signal, () => messages.interrupt());
      let isLeft = false;
      try {
        for (let message = await this.#next(messages, inUse); message; message = await this.#next(messages, inUse)) {
          if (message.kind !== 'caughtUp') {
            yield* this.#passed(message);
            continue;
          }
          // Another node may not be as far as the one whose head it was.
          isLeft = inUse.connections !== connections || (this.course.follows && !isNear && this.course.streamPrefixes !== undefined);
          if (inUse.connections === connections && head !== undefined) yield* this.#caughtUpTo(head);
          if (isLeft) break;
          if (!this.course.follows) return;
          yield { kind: 'caughtUp' };
        }
        if (this.course.signal?.aborted) return;
        if (!isLeft) throw new StoreUnavailable('the server ended the subscription');
      } finally {
        forget?.();
        messages.leave();
      }
    }
  }

  /** Undefined when there is nothing to come for one who does not follow. */
  async #begin(): Promise<Beginning | undefined> {
    const inUse = this.calls.connection.current;
    for (;;) {
      const { connections } = inUse;
      const head = await this.calls.once(inUse, (client, deadline) => this.calls.newest(client, deadline));
      const start = startFrom(this.#last, head);
      if (start === 'beyond') {
        if (!this.course.follows) return undefined;
        throw new RangeError(
          `Position ${this.#last?.position} is beyond the end of the log. If the log was restored from a backup, rebuild what was made from the newer one.`,
        );
      }
      this.#last = start;
      const before = start && (await this.calls.once(inUse, (client, deadline) => this.#eventBefore(client, deadline, start.position)));
      if (inUse.connections === connections) return { head, before, inUse, connections };
    }
  }

  async #eventBefore(inUse: ClientInUse, deadlineMilliseconds: number, position: Position): Promise<Position | undefined> {
    const options = { direction: 'backwards', fromPosition: at(position), maxCount: timesBefore, ...this.calls.options } as const;
    const read = await this.calls.readShort(inUse, deadlineMilliseconds, (client) => client.readAll(options));
    for (const { event } of read) if (event) this.#times.see(event);
    return read[0]?.event?.position?.commit;
  }

  #options({ before }: Beginning, isNear: boolean, reached: (position: Position) => void) {
    const { streamPrefixes } = this.course;
    const filter = streamPrefixes === undefined ? { regex: '^[^$]' } : streamPrefixes.length === 0 ? { regex: nothing } : { prefixes: [...streamPrefixes] };
    return {
      fromPosition: before === undefined ? ('start' as const) : at(before),
      filter: {
        ...filter,
        filterOn: 'streamName' as const,
        checkpointInterval: 1,
        // Without prefixes only the servers' own events are left out, and nobody waits for those.
        maxSearchWindow: isNear && streamPrefixes !== undefined ? 1 : 256,
        checkpointReached: (_: unknown, { commit }: { commit: Position }) => reached(commit),
      },
      ...this.calls.options,
    };
  }

  /** A server that says nothing may have no news, or be frozen: it is asked. */
  async #next(messages: Messages, inUse: ClientInUse): Promise<Message | undefined> {
    const { connection, patience } = this.calls;
    for (;;) {
      try {
        const message = await messages.next(patience.attemptMilliseconds);
        if (message) connection.answered(inUse);
        return message;
      } catch (error) {
        if (!(error instanceof DeadlineMissed)) throw error;
      }
      if (connection.millisecondsSinceAnswer() < patience.attemptMilliseconds) continue;
      try {
        await this.calls.heartbeat(inUse);
      } catch (error) {
        // The connection counts missed deadlines; when it has had enough, the messages end with its reason.
        if (failureOf(error).kind !== 'deadlineMissed') throw error;
      }
    }
  }

  *#passed(message: Exclude<Message, { kind: 'caughtUp' }>): Iterable<SubscriptionMessage> {
    if (message.kind === 'checkpoint') {
      // One at the last event says nothing new, and one before it may come: the servers' checkpoints can trail what they have delivered.
      if ((this.#last && message.position <= this.#last.position) || (this.#checkpoint !== undefined && message.position <= this.#checkpoint)) return;
      this.#checkpoint = message.position;
      this.#last = { position: message.position, inclusive: false };
      yield message;
      return;
    }
    const event = recordedEvent(message.resolved, this.#times);
    if (!event || !this.#isWanted(event)) return;
    this.#last = { position: event.position, inclusive: false };
    yield { kind: 'event', event };
  }

  *#caughtUpTo(head: Position): Iterable<SubscriptionMessage> {
    if ((this.#checkpoint !== undefined && head <= this.#checkpoint) || (this.#last && head < this.#last.position)) return;
    this.#checkpoint = head;
    this.#last = { position: head, inclusive: false };
    yield { kind: 'checkpoint', position: head };
  }

  /** The server's filter is a help and not trusted: it compares by the rules of a language where a prefix is meant literally. */
  #isWanted({ position, streamId }: RecordedEvent): boolean {
    const { streamPrefixes } = this.course;
    if (this.#last && (this.#last.inclusive ? position < this.#last.position : position <= this.#last.position)) return false;
    return streamPrefixes?.some((prefix) => streamId.startsWith(prefix)) ?? true;
  }
}

/** A pattern that no name matches. */
const nothing = '(?!)';
/** So many messages the client may hold ready for a reader who is busy. */
const buffered = 256;
