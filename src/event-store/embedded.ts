import { join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { openDatabase } from './embedded-database.js';
import { lockDataDirectory } from './embedded-lock.js';
import { EmbeddedLog } from './embedded-log.js';
import {
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
} from './event-store.js';
import { GroupCommit } from './group-commit.js';
import { serialize } from './serialized-event.js';

export { StoreLocked } from './embedded-lock.js';

/** Events read between two turns of the event loop: about a millisecond's work. */
const pageSize = 250;

/**
 * Opens the event store in `<directory>/events.db`, creating both when they are missing (0700, 0600).
 * @throws {StoreLocked} another process, or another store of this one, has the directory.
 */
export async function openEmbeddedEventStore(directory: string, { now = () => new Date() }: { readonly now?: () => Date } = {}): Promise<EventStore> {
  const lock = lockDataDirectory(directory);
  let database: DatabaseSyncInstance | undefined;
  try {
    database = openDatabase(join(resolve(directory), 'events.db'));
    return await Promise.resolve(new EmbeddedEventStore(database, { now, released: () => lock.release() }));
  } catch (error) {
    database?.close();
    lock.release();
    throw error;
  }
}

/** A subscription that has seen everything. */
interface Sleeper {
  readonly signal: AbortSignal;
  readonly wake: () => void;
}

/** One process, one connection, one writer: commit order is position order, and what can be read was committed and synced before. */
export class EmbeddedEventStore implements EventStore {
  readonly #database: DatabaseSyncInstance;
  readonly #log: EmbeddedLog;
  readonly #commits: GroupCommit;
  readonly #released: () => void;
  readonly #sleepers = new Set<Sleeper>();
  /** Those that already wake their sleepers: one listener each, however many subscriptions share it. */
  readonly #signals = new WeakSet<AbortSignal>();

  /** The database is as {@link openDatabase} gives it; the store closes it, then calls `released`. */
  constructor(database: DatabaseSyncInstance, { now, released }: { readonly now: () => Date; readonly released: () => void }) {
    this.#database = database;
    this.#log = new EmbeddedLog(database);
    this.#commits = new GroupCommit(this.#log, now, () => this.#wake());
    this.#released = released;
  }

  /** @throws {TypeError} the events cannot be stored as they are: see {@link serialize}. Nothing was appended. */
  async appendToStream(streamId: StreamId, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    return this.#commits.append({ streamId, events: serialize(streamId, events), expected });
  }

  async *readStream(streamId: StreamId, { from = 0n, maxCount = Infinity }: { readonly from?: bigint; readonly maxCount?: number } = {}) {
    let next = from;
    for (let left = maxCount; left > 0;) {
      const limit = Math.min(pageSize, left);
      let read = 0;
      for (const event of this.#reading().streamFrom(streamId, next, limit)) {
        read++;
        yield event;
      }
      if (read < limit) return;
      left -= read;
      next += BigInt(read);
      if (left > 0) await nextTurn();
    }
  }

  async *readAll({ after = 0n, from, streamPrefixes, maxCount = Infinity }: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    const end = this.#reading().headPosition;
    let left = maxCount;
    for (let next = Number(from === undefined ? after : from - 1n); next < end && left > 0;) {
      const upTo = Math.min(next + pageSize, end);
      for (const event of this.#reading().between(next, upTo, streamPrefixes)) {
        yield event;
        if (--left <= 0) return;
      }
      next = upTo;
      if (next < end) await nextTurn();
    }
  }

  /** @throws {RangeError} `after` is beyond the end: the log is older than what the reader saw, as after a restore from a backup. */
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
    if (next > this.#reading().headPosition)
      throw new RangeError(`Position ${after} is beyond the end of the log. If the log was restored from a backup, rebuild what was made from the newer one.`);
    while (!signal.aborted) {
      const end = this.#reading().headPosition;
      if (next === end) {
        yield { kind: 'caughtUp' };
        await this.#newsAfter(next, signal);
        continue;
      }
      const upTo = Math.min(next + pageSize, end);
      for (const event of this.#log.between(next, upTo, streamPrefixes)) {
        yield { kind: 'event', event };
        if (signal.aborted) return;
      }
      next = upTo;
      yield { kind: 'checkpoint', position: BigInt(next) };
      if (next < end) await nextTurn();
    }
  }

  async headPosition(): Promise<Position | undefined> {
    const { headPosition } = this.#reading();
    return Promise.resolve(headPosition === 0 ? undefined : BigInt(headPosition));
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return;
    this.#commits.close();
    this.#database.close();
    this.#released();
    this.#wake();
    await nextTurn();
  }

  #reading(): EmbeddedLog {
    if (!this.#database.isOpen) throw new StoreUnavailable('The event store is closed.');
    return this.#log;
  }

  /** Resolves when there is something after the position, or the signal aborts. Looks and falls asleep in one turn: no wake-up is lost. */
  async #newsAfter(position: number, signal: AbortSignal): Promise<void> {
    if (!this.#signals.has(signal)) {
      this.#signals.add(signal);
      signal.addEventListener('abort', () => this.#wake((sleeper) => sleeper.signal === signal));
    }
    while (!signal.aborted && this.#reading().headPosition === position) await new Promise<void>((wake) => this.#sleepers.add({ signal, wake }));
  }

  #wake(which: (sleeper: Sleeper) => boolean = () => true): void {
    for (const sleeper of this.#sleepers) {
      if (!which(sleeper)) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
