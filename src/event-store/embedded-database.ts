import { chmodSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { createPrivately } from './embedded-lock.js';
import { prepare } from './statement.js';

const oldestSqlite = [3, 51, 3] as const;

const schemaVersion = 1;
const schema = `
  CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream_id TEXT NOT NULL, revision INTEGER NOT NULL, event_id TEXT NOT NULL, type TEXT NOT NULL,
    recorded_at INTEGER NOT NULL, -- milliseconds since 1970
    data TEXT NOT NULL, metadata TEXT NOT NULL, -- JSON
    UNIQUE (stream_id, revision), UNIQUE (stream_id, event_id)
  ) STRICT;
  CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'The log is append-only.'); END;
  CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'The log is append-only.'); END;
  PRAGMA user_version = ${schemaVersion};`;

/**
 * Opens the log's database for its one writer, creating it (0600) when it is missing. All that can be read afterwards is on the disk, for good.
 * The caller holds the data directory's lock.
 */
export function openDatabase(file: string): DatabaseSyncInstance {
  createPrivately(file);
  chmodSync(file, 0o600);
  const database = new DatabaseSync(file, { timeout: 2_000, enableForeignKeyConstraints: true, defensive: true });
  try {
    refuseOldSqlite(single(database, 'SELECT sqlite_version()'));
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -16000');
    demand(database, 'journal_mode = WAL', 'journal_mode', 'wal');
    demand(database, 'synchronous = FULL', 'synchronous', 2);
    // Four times the default: a checkpoint writes the pages that all appends touch once for many of them.
    database.exec('PRAGMA wal_autocheckpoint = 4000');
    // What a busy moment made the WAL grow beyond this is given back at the next checkpoint.
    database.exec('PRAGMA journal_size_limit = 67108864');
    prepareSchema(database, file);
    // A process that was killed between a write and its sync leaves commits that can be read and are not yet on the disk. A checkpoint syncs them first.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepareSchema(database: DatabaseSyncInstance, file: string): void {
  const version = single(database, 'PRAGMA user_version');
  if (version === 0) database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
  else if (version !== schemaVersion)
    throw new Error(
      `${file} has schema version ${String(version)}, this release reads version ${schemaVersion}. Start the release that wrote it, or a newer one.`,
    );
}

/** SQLite ignores a pragma it cannot follow without a word (WAL on a network file system), so what is in force is read back. */
function demand(database: DatabaseSyncInstance, setting: string, pragma: string, wanted: string | number): void {
  database.exec(`PRAGMA ${setting}`);
  const inForce = single(database, `PRAGMA ${pragma}`);
  if (inForce !== wanted) throw new Error(`SQLite has ${pragma} ${String(inForce)} in force instead of ${wanted}. Put the data directory on a local disk.`);
}

/** Older ones can corrupt a database in WAL mode: https://sqlite.org/wal.html#walresetbug */
export function refuseOldSqlite(version: unknown): void {
  const parts = String(version).split('.').map(Number);
  const newer = oldestSqlite.map((oldest, index) => (parts[index] ?? 0) - oldest).find((difference) => difference !== 0) ?? 0;
  if (newer < 0)
    throw new Error(`SQLite ${String(version)} can corrupt the log (fixed in ${oldestSqlite.join('.')}). Install the package versions of package-lock.json.`);
}

function single(database: DatabaseSyncInstance, sql: string): unknown {
  return prepare<[unknown]>(database, sql).get()?.[0];
}
