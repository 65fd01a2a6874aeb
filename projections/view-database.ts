import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Position } from '../src/event-store/event-store.js';
import type { Scalar } from './paging.js';

export type Row = Readonly<Record<string, string | number | null>>;

/** An event's place in the log, and who it is: by this a view recognises the log that it was made from. */
export interface EventMark {
  readonly position: Position;
  readonly id: string;
}

/** How a file is filled that nobody reads yet, and that is thrown away when it is not finished: without a care for crashes, in large transactions. */
const fillPragmas = 'PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -96000; PRAGMA threads = 2';
// The tail that a power failure may take with synchronous=NORMAL is read from the log again.
const followPragmas =
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864';

const busyMilliseconds = 2_000;
/** A file of up to so many bytes is written anew as a whole when something is scrubbed, which takes a tenth of a second. */
const writtenAnew = 16 * 1_048_576;
/** `user_version` of a file that is too large for it. */
const leftovers = 1;

/** One view's file: its tables, and up to where in the log they are filled. May be deleted at any time while the service is stopped; it is then built anew. */
export class ViewDatabase {
  readonly #database: DatabaseSyncInstance;
  readonly #statements = new Map<string, ReturnType<DatabaseSyncInstance['prepare']>>();
  #position: Position | undefined;
  #lastEvent: EventMark | undefined;
  #isIndexed = false;
  #scrubs = false;
  #isToBeWrittenAnew = false;
  #fills: boolean;

  /** @param purpose `fill` for a file that is being built and nobody reads, `follow` for one that serves. */
  constructor(
    readonly file: string,
    readonly purpose: 'fill' | 'follow',
  ) {
    this.#fills = purpose === 'fill';
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    this.#database = new DatabaseSync(file, { timeout: busyMilliseconds });
    // What is deleted is overwritten: see scrub().
    this.#database.exec('PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON');
    this.#database.exec(purpose === 'fill' ? fillPragmas : followPragmas);
    this.#database.exec(
      'CREATE TABLE IF NOT EXISTS progress (id INTEGER PRIMARY KEY CHECK (id = 1), position TEXT, event_position TEXT, event_id TEXT, indexed INTEGER NOT NULL) STRICT',
    );
  }

  /** Makes the tables in a new file, and finds out how far an older one is. */
  prepareTables(tables: string): void {
    if (this.get('SELECT 1 AS there FROM progress')) this.#readProgress();
    else
      this.inTransaction(() => {
        this.#database.exec(tables);
        this.run('INSERT INTO progress VALUES (1, NULL, NULL, NULL, 0)');
      });
  }

  /** The last position that the tables hold; undefined when they hold nothing. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** The last event that the tables hold. */
  get lastEvent(): EventMark | undefined {
    return this.#lastEvent;
  }

  get isIndexed(): boolean {
    return this.#isIndexed;
  }

  /**
   * One transaction: what `work` writes, and the position it leads to. Without `work` the position is kept in memory alone and written with the next one:
   * nothing is lost if it is not, for the same stretch of the log is then passed over once more.
   */
  advance(position: Position, lastEvent: EventMark | undefined, work?: () => void): void {
    if (work && this.#fills) return this.gather(position, lastEvent, work);
    if (work)
      this.inTransaction(() => {
        work();
        this.#writeProgress(position, lastEvent ?? this.#lastEvent);
      });
    this.#position = position;
    this.#lastEvent = lastEvent ?? this.#lastEvent;
  }

  /** As {@link advance}, in a transaction that stays open until {@link commit}. Whoever reads through this database sees it at once; when `work` throws, all of it is undone. */
  gather(position: Position, lastEvent: EventMark | undefined, work: () => void): void {
    if (!this.#database.isTransaction) this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
    } catch (error) {
      this.#undo();
      throw error;
    }
    this.#position = position;
    this.#lastEvent = lastEvent ?? this.#lastEvent;
  }

  /** Ends the transaction that began with the first {@link gather} after the last one. When it throws, all of it is undone. */
  commit(): void {
    if (!this.#database.isTransaction || this.#position === undefined) return;
    try {
      this.#writeProgress(this.#position, this.#lastEvent);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#undo();
      throw error;
    }
    this.#scrubLog();
  }

  /** To be called once all of the view's indexes are made. */
  markIndexed(): void {
    this.run('UPDATE progress SET indexed = 1');
    this.#isIndexed = true;
  }

  /** Whether the open transaction has deleted what must be gone from the disk. */
  get scrubs(): boolean {
    return this.#scrubs;
  }

  /**
   * What the running transaction deletes is gone from the disk when it ends, from the write-ahead log too. Where rows were moved between pages before, copies of them may be left in unused parts
   * of the old ones: a large file has to be built anew to be free of them, and says so by {@link holdsLeftovers}.
   */
  scrub(): void {
    this.#scrubs = true;
    if (this.purpose === 'fill') return;
    if (this.#size() > writtenAnew) this.#database.exec(`PRAGMA user_version = ${leftovers}`);
    else this.#isToBeWrittenAnew = true;
  }

  /** Whether copies of what was scrubbed may still be in unused parts of the file. */
  get holdsLeftovers(): boolean {
    return this.#pragma('user_version') === leftovers;
  }

  execute(sql: string): void {
    this.#database.exec(sql);
  }

  run(sql: string, ...values: readonly (Scalar | Uint8Array)[]): { readonly lastInsertRowid: number | bigint } {
    return this.#prepared(sql).run(...values);
  }

  get(sql: string, ...values: readonly Scalar[]): Row | undefined {
    return this.#prepared(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: readonly Scalar[]): readonly Row[] {
    return this.#prepared(sql).all(...values) as readonly Row[];
  }

  /** From now on each batch is a transaction of its own, also in a file that nobody reads. */
  fillCarefully(): void {
    this.#fills = false;
  }

  #readProgress(): void {
    const { position, event_position: eventPosition, event_id: eventId, indexed } = this.get('SELECT * FROM progress') ?? {};
    this.#position = typeof position === 'string' ? BigInt(position) : undefined;
    this.#lastEvent = typeof eventPosition === 'string' && typeof eventId === 'string' ? { position: BigInt(eventPosition), id: eventId } : undefined;
    this.#isIndexed = indexed === 1;
  }

  #writeProgress(position: Position, mark: EventMark | undefined): void {
    const [eventPosition, eventId] = mark ? [mark.position.toString(), mark.id] : [null, null];
    this.run('UPDATE progress SET position = ?, event_position = ?, event_id = ?', position.toString(), eventPosition, eventId);
  }

  #undo(): void {
    // SQLite has rolled back by itself after some errors.
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    this.#readProgress();
  }

  inTransaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      // SQLite has rolled back by itself after some errors.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
    this.#scrubLog();
  }

  /** While a copy of the file is being made its log must stay: neither does the service wait for that, nor is it forgotten. */
  #scrubLog(): void {
    if (!this.#scrubs) return;
    this.#scrubs = !this.#withoutWaiting(() => {
      if (this.#isToBeWrittenAnew) this.#isToBeWrittenAnew = !this.#isWrittenAnew();
      return !this.#isToBeWrittenAnew && this.get('PRAGMA wal_checkpoint(TRUNCATE)')?.['busy'] === 0;
    });
  }

  /** False where it has to be tried again after the next transaction: this one stands. */
  #isWrittenAnew(): boolean {
    try {
      this.#database.exec('VACUUM');
      return true;
    } catch (error) {
      if (isBusy(error) || isFull(error)) return false;
      throw error;
    }
  }

  /** In bytes. */
  #size(): number {
    return this.#pragma('page_count') * this.#pragma('page_size');
  }

  #pragma(name: 'user_version' | 'page_count' | 'page_size'): number {
    return Number(this.get(`PRAGMA ${name}`)?.[name]);
  }

  /**
   * Leaves one file, safe on the disk, and nothing beside it.
   * @returns false while somebody else reads the file, as when a copy of it is being made: its log stays then, and it goes on as before.
   */
  giveUpLog(): boolean {
    this.commit();
    try {
      this.#database.exec('PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE');
      return true;
    } catch (error) {
      if (!isBusy(error)) throw error;
      return false;
    }
  }

  /**
   * A closed connection lives on until the garbage collector has taken its last statement, and one with a write-ahead log would then delete that log by its name, be it another
   * database's by now. So the log is given up first; whoever puts another file in this one's place makes sure of it with {@link giveUpLog} before.
   */
  close(): void {
    if (!this.#database.isOpen) return;
    try {
      this.giveUpLog();
      if (this.#position !== undefined) this.run('UPDATE progress SET position = ?', this.#position.toString());
    } finally {
      this.#statements.clear();
      this.#database.close();
    }
  }

  /** Closes a file that is to be thrown away. */
  discard(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #withoutWaiting<Answer>(ask: () => Answer): Answer {
    this.#database.exec('PRAGMA busy_timeout = 0');
    try {
      return ask();
    } finally {
      this.#database.exec(`PRAGMA busy_timeout = ${busyMilliseconds}`);
    }
  }

  /** Statements are prepared once and kept. Lists with many filters make many texts, so those of long ago are let go. */
  #prepared(sql: string) {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    const oldest = this.#statements.size > 500 ? this.#statements.keys().next().value : undefined;
    if (oldest !== undefined) this.#statements.delete(oldest);
    return statement;
  }
}

/** SQLITE_FULL: https://sqlite.org/rescode.html */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 13;
}

/** SQLITE_BUSY: https://sqlite.org/rescode.html */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
