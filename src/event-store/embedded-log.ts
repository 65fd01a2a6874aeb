import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { ConcurrencyConflict, type Appended, type ExpectedRevision, type RecordedEvent, type StreamId } from './event-store.js';
import { RecentEvents } from './recent-events.js';
import { columns, recorded, type Row } from './row.js';
import type { SerializedEvent } from './serialized-event.js';
import { prepare, type Statement } from './statement.js';

type Place = readonly [revision: number, position: number];

export interface Append {
  readonly streamId: StreamId;
  readonly events: readonly SerializedEvent[];
  readonly expected: ExpectedRevision;
}

/** The newest event of the log; position 0 stands for none. */
interface Head {
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly recordedAt: number;
}

/** What the log's statements say, and nothing about who waits for them. Its caller opened the database and closes it. */
export class EmbeddedLog {
  #head: Head;
  /** What the running transaction has written. */
  #written: Row[] = [];
  readonly #recent = new RecentEvents();
  readonly #database: DatabaseSyncInstance;
  readonly #statements;
  readonly #filtered = new Map<number, Statement<Row>>();

  constructor(database: DatabaseSyncInstance) {
    this.#database = database;
    this.#statements = {
      begin: prepare(database, 'BEGIN IMMEDIATE'),
      commit: prepare(database, 'COMMIT'),
      rollback: prepare(database, 'ROLLBACK'),
      insert: prepare(database, `INSERT INTO event (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
      streamHead: prepare<[revision: number]>(database, 'SELECT revision FROM event WHERE stream_id = ? ORDER BY revision DESC LIMIT 1'),
      byEventId: prepare<Place>(database, 'SELECT revision, position FROM event WHERE stream_id = ? AND event_id = ?'),
      stream: prepare<Row>(database, `SELECT ${columns} FROM event WHERE stream_id = ? AND revision >= ? ORDER BY revision LIMIT ?`),
      all: prepare<Row>(database, `SELECT ${columns} FROM event WHERE position > ? AND position <= ? ORDER BY position`),
    };
    const [position, recordedAt] = prepare<[number, number]>(database, 'SELECT position, recorded_at FROM event ORDER BY position DESC LIMIT 1').get() ?? [
      0, 0,
    ];
    this.#head = { position, recordedAt };
  }

  /** The newest committed position; 0 for an empty log. */
  get headPosition(): number {
    return this.#head.position;
  }

  /**
   * Writes what can be written of the group in one transaction and answers each append in its turn. When it returns, all of it is on the disk.
   * When it throws, none of it was acknowledged and nothing of it can be read.
   */
  commit(group: readonly Append[], now: Date): readonly (Appended | ConcurrencyConflict)[] {
    const before = this.#head;
    try {
      this.#statements.begin.run();
      const outcomes = group.map((append) => this.#write(append, now.getTime()));
      this.#statements.commit.run();
      this.#recent.add(this.#written);
      return outcomes;
    } catch (error) {
      this.#head = before;
      // SQLite has rolled back by itself after some errors.
      if (this.#database.isTransaction) this.#statements.rollback.run();
      throw error;
    } finally {
      this.#written = [];
    }
  }

  *streamFrom(streamId: StreamId, revision: bigint, limit: number): Iterable<RecordedEvent> {
    // The driver cuts text at NUL: it would find the stream that this name only begins with.
    if (streamId.includes('\0')) return;
    // A new stream is looked for before each create, and to find out so takes a third of the time.
    if (this.#statements.streamHead.get(streamId) === undefined) return;
    for (const row of this.#statements.stream.all(streamId, revision, limit)) yield recorded(row);
  }

  /** The events with `after < position <= upTo`, of the streams that begin with one of the prefixes if there are any given. */
  *between(after: number, upTo: number, prefixes: readonly string[] | undefined): Iterable<RecordedEvent> {
    const recent = this.#recent.between(after, upTo);
    if (recent) {
      for (const event of recent) if (prefixes?.some((prefix) => event.streamId.startsWith(prefix)) ?? true) yield event;
      return;
    }
    const rows = prefixes
      ? this.#filteredBy(prefixes.length).all(after, upTo, ...prefixes.flatMap((prefix) => [prefix, prefix]))
      : this.#statements.all.all(after, upTo);
    for (const row of rows) yield recorded(row);
  }

  #filteredBy(prefixes: number): Statement<Row> {
    const known = this.#filtered.get(prefixes);
    if (known) return known;
    const matches = Array.from({ length: prefixes }, () => 'substr(stream_id, 1, length(?)) = ?').join(' OR ') || 'FALSE';
    const statement = prepare<Row>(this.#database, `SELECT ${columns} FROM event WHERE position > ? AND position <= ? AND (${matches}) ORDER BY position`);
    this.#filtered.set(prefixes, statement);
    return statement;
  }

  /** All reads come before the first insert, so a conflict leaves nothing behind in the transaction that the neighbours share. */
  #write({ streamId, events, expected }: Append, now: number): Appended | ConcurrencyConflict {
    const last = this.#statements.streamHead.get(streamId);
    const actual = last === undefined ? 'no_stream' : BigInt(last[0]);
    const known = last === undefined ? [] : events.map(({ id }) => this.#statements.byEventId.get(streamId, id));
    if (known.some((event) => event !== undefined)) return firstAnswer(known) ?? new ConcurrencyConflict(streamId, expected, actual);
    if (!accepts(expected, actual)) return new ConcurrencyConflict(streamId, expected, actual);

    let revision = last === undefined ? -1 : last[0];
    let { position, recordedAt } = this.#head;
    for (const { id, type, data, metadata, recordedAt: recordedElsewhere = now } of events) {
      recordedAt = Math.max(recordedAt, recordedElsewhere);
      const row: Row = [++position, streamId, ++revision, id, type, recordedAt, data, metadata];
      this.#statements.insert.run(...row);
      this.#written.push(row);
    }
    this.#head = { position, recordedAt };
    return { revision: BigInt(revision), position: BigInt(position) };
  }
}

/** The answer to the first append of these events; undefined unless they are in the stream one after the other, all of them. */
function firstAnswer(known: readonly (Place | undefined)[]): Appended | undefined {
  const first = known[0]?.[0];
  const last = known.at(-1);
  if (first === undefined || last === undefined || known.some((event, index) => event?.[0] !== first + index)) return undefined;
  return { revision: BigInt(last[0]), position: BigInt(last[1]) };
}

function accepts(expected: ExpectedRevision, actual: bigint | 'no_stream'): boolean {
  switch (expected) {
    case 'any':
      return true;
    case 'stream_exists':
      return actual !== 'no_stream';
    case 'no_stream':
      return actual === 'no_stream';
    default:
      return actual === expected;
  }
}
