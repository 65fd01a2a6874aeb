import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ConcurrencyConflict,
  StoreUnavailable,
  type Appended,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type Position,
  type ReadAllOptions,
  type RecordedEvent,
  type StreamId,
  type SubscriptionMessage,
} from '../../src/event-store/event-store.js';

const pageSize = 7; // events, so that a short log already comes in several pages

/** A log in memory that a test fills by hand, cuts off and gives back. */
export class MemoryLog implements EventStore {
  #events: RecordedEvent[] = [];
  readonly #revisions = new Map<StreamId, bigint>();
  #isLost = false;
  /** What it says nothing of to whoever subscribes from now on: streams of others, as a server does that has reached the end. */
  tellsOfOthers = true;
  readonly #news = new Set<() => void>();

  get events(): readonly RecordedEvent[] {
    return this.#events;
  }

  /** Appends without a wait, at a time of the test's own. */
  record(streamId: StreamId, events: readonly NewEvent[], at: Date): Appended {
    let revision = this.#revisions.get(streamId) ?? -1n;
    for (const event of events) {
      const position = BigInt(this.#events.length + 1);
      this.#events.push(Object.freeze({ ...event, streamId, revision: ++revision, position, recordedAt: at }));
    }
    this.#revisions.set(streamId, revision);
    this.#wake();
    return { revision, position: BigInt(this.#events.length) };
  }

  /** As after a restore from a backup: what came later never happened. */
  truncate(length: number): void {
    this.#events = this.#events.slice(0, length);
    this.#revisions.clear();
    for (const { streamId, revision } of this.#events) this.#revisions.set(streamId, revision);
  }

  lose(): void {
    this.#isLost = true;
    this.#wake();
  }

  giveBack(): void {
    this.#isLost = false;
  }

  async appendToStream(streamId: StreamId, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    const actual = this.#revisions.get(streamId) ?? -1n;
    if (typeof expected === 'bigint' && expected !== actual) throw new ConcurrencyConflict(streamId, expected, actual);
    return Promise.resolve(this.record(streamId, events, new Date()));
  }

  async *readStream(streamId: StreamId, { from = 0n, maxCount = Infinity }: { readonly from?: bigint; readonly maxCount?: number } = {}) {
    await nextTurn();
    yield* this.#reading()
      .filter((event) => event.streamId === streamId && event.revision >= from)
      .slice(0, maxCount);
  }

  async *readAll({
    from,
    after = from === undefined ? 0n : from - 1n,
    streamPrefixes,
    maxCount = Infinity,
  }: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    await nextTurn();
    yield* this.#reading()
      .filter(({ position, streamId }) => position > after && (streamPrefixes?.some((prefix) => streamId.startsWith(prefix)) ?? true))
      .slice(0, maxCount);
  }

  async *subscribeToAll({
    after = 0n,
    streamPrefixes,
    signal,
  }: {
    readonly after?: Position;
    readonly streamPrefixes?: readonly string[];
    readonly signal: AbortSignal;
  }): AsyncIterable<SubscriptionMessage> {
    let next = Number(after);
    const { tellsOfOthers } = this;
    if (next > this.#reading().length) throw new RangeError(`Position ${after} is beyond the end of the log.`);
    while (!signal.aborted) {
      const page = this.#reading().slice(next, next + pageSize);
      if (page.length === 0) {
        yield { kind: 'caughtUp' };
        if (next === this.#reading().length) await this.#waitForNews(signal);
        continue;
      }
      for (const event of page) if (streamPrefixes?.some((prefix) => event.streamId.startsWith(prefix)) ?? true) yield { kind: 'event', event };
      next += page.length;
      if (tellsOfOthers) yield { kind: 'checkpoint', position: BigInt(next) };
      await nextTurn();
    }
  }

  async headPosition(): Promise<Position | undefined> {
    const { length } = this.#reading();
    return Promise.resolve(length === 0 ? undefined : BigInt(length));
  }

  async close(): Promise<void> {
    this.lose();
    return Promise.resolve();
  }

  #reading(): readonly RecordedEvent[] {
    if (this.#isLost) throw new StoreUnavailable('The log is away.');
    return this.#events;
  }

  async #waitForNews(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const awake = () => {
        signal.removeEventListener('abort', awake);
        resolve();
      };
      this.#news.add(awake);
      signal.addEventListener('abort', awake);
    });
  }

  #wake(): void {
    for (const wake of this.#news) wake();
    this.#news.clear();
  }
}
