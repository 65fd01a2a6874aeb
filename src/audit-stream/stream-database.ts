import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { refuseOldSqlite } from '../event-store/embedded-database.js';
import { createPrivately } from '../event-store/embedded-lock.js';

export type Scalar = string | number | null;
export type Row = Readonly<Record<string, Scalar>>;

/** A file of this name is there and cannot be used. The message says what to do. */
export class StreamDatabaseRefused extends Error {
  override readonly name = 'StreamDatabaseRefused';
}

const schemaVersion = 1;
/** Positions are decimal text: they may need more than a double holds. Times are milliseconds since 1970. No entry is in here: what was erased since is erased here too. */
const schema = `
  -- Up to where the receiver has taken everything. position null: the stream has not begun; -1: nothing was taken. entry_id: null where no entry stands there.
  CREATE TABLE progress (
    id INTEGER PRIMARY KEY CHECK (id = 1), position TEXT, entry_id TEXT, taken INTEGER NOT NULL, taken_at INTEGER,
    behind INTEGER NOT NULL, seconds_behind REAL NOT NULL, measured_at INTEGER
  ) STRICT;
  -- Every thousandth entry that was taken, in this order: where to go on when the log is put back to a backup.
  CREATE TABLE mark (number INTEGER PRIMARY KEY, entry_id TEXT NOT NULL) STRICT;
  CREATE TABLE trouble (id INTEGER PRIMARY KEY CHECK (id = 1), since INTEGER NOT NULL, attempts INTEGER NOT NULL, cause TEXT NOT NULL, words TEXT NOT NULL, next_at INTEGER) STRICT;
  -- told: whether the audit trail says of it. retry: whether it is to be sent once more.
  CREATE TABLE dead_letter (
    number INTEGER PRIMARY KEY, entry_id TEXT NOT NULL UNIQUE, position TEXT NOT NULL, action TEXT NOT NULL,
    attempts INTEGER NOT NULL, cause TEXT NOT NULL, refused_at INTEGER NOT NULL, told INTEGER NOT NULL, retry INTEGER NOT NULL
  ) STRICT;
  -- What operators ask of the stream, by the command line, whether the service runs or not.
  CREATE TABLE request (id TEXT PRIMARY KEY, kind TEXT NOT NULL, argument TEXT NOT NULL, actor TEXT NOT NULL, asked_at INTEGER NOT NULL, answer TEXT) STRICT;
  INSERT INTO progress VALUES (1, NULL, NULL, 0, NULL, 0, 0, NULL);
  PRAGMA user_version = ${schemaVersion};`;

export function streamDatabaseIn(directory: string): string {
  return join(directory, 'audit-stream.db');
}

/**
 * `<directory>/audit-stream.db` (0600), which the service and the command line use at the same time. A power failure may take its newest changes, never a part of one: what was sent since is
 * sent again, and nothing is passed over.
 */
export class StreamDatabase {
  readonly #database: DatabaseSyncInstance;
  readonly #statements = new Map<string, ReturnType<DatabaseSyncInstance['prepare']>>();

  private constructor(readonly file: string) {
    createPrivately(file);
    this.#database = new DatabaseSync(file, { timeout: 2_000, enableForeignKeyConstraints: true, defensive: true });
    try {
      refuseOldSqlite(this.get('SELECT sqlite_version() AS version')?.['version']);
      this.#database.exec('PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      this.inTransaction(() => {
        const version = this.#version();
        if (version === 0) this.#database.exec(schema);
        else if (version !== schemaVersion)
          throw new StreamDatabaseRefused(
            `${file} has format ${version}, this release reads ${schemaVersion}. Start the release that wrote it, or a newer one.`,
          );
      });
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** @throws {StreamDatabaseRefused} another release wrote it. */
  static open(directory: string): StreamDatabase {
    return new StreamDatabase(streamDatabaseIn(directory));
  }

  /** Null where nothing was ever streamed from this directory. @throws {StreamDatabaseRefused} */
  static openExisting(directory: string): StreamDatabase | null {
    return existsSync(streamDatabaseIn(directory)) ? StreamDatabase.open(directory) : null;
  }

  /** Puts all that is known into the one file, also after a kill, so that a copy of it alone is whole. Nothing happens where there is none. @throws {StreamDatabaseRefused} */
  static settle(directory: string): void {
    StreamDatabase.openExisting(directory)?.close();
  }

  get(sql: string, ...values: readonly Scalar[]): Row | undefined {
    return this.#prepared(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: readonly Scalar[]): readonly Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  /** @returns how many rows it changed. */
  run(sql: string, ...values: readonly Scalar[]): number {
    return this.#prepared(sql).run(...values).changes;
  }

  inTransaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Leaves all that is known in the one file, unless somebody else uses it now. */
  close(): void {
    this.#statements.clear();
    try {
      // Closing alone does not do it while statements wait for the garbage collector.
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.#database.close();
    }
  }

  #version(): number {
    return Number(this.get('PRAGMA user_version')?.['user_version']);
  }

  #prepared(sql: string): ReturnType<DatabaseSyncInstance['prepare']> {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
