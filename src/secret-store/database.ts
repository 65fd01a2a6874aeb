import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { ensurePrivateFile } from './private-file.js';
import { SecretStoreUnavailable } from './secret-store.js';

export type Database = DatabaseSyncInstance;

export type SqlValue = string | number | Uint8Array | null;

/** A prepared SELECT and the shape of its rows. */
export interface Query<Row> {
  get(...values: readonly SqlValue[]): Row | undefined;
  all(...values: readonly SqlValue[]): Row[];
}

/** `Row` must be what the SELECT yields: names and types of its columns. */
export function query<Row>(database: Database, sql: string): Query<Row> {
  return database.prepare(sql);
}

/** A prepared change. Answers how many rows it changed. */
export function change(database: Database, sql: string): (...values: readonly SqlValue[]) => number {
  const statement = database.prepare(sql);
  return (...values) => statement.run(...values).changes;
}

/** A prepared INSERT. Answers with the new row's id. */
export function insert(database: Database, sql: string): (...values: readonly SqlValue[]) => number {
  const statement = database.prepare(sql);
  return (...values) => Number(statement.run(...values).lastInsertRowid);
}

const schemaVersion = 1;
const schema = `
  -- Rows are appended and overwritten in place, never deleted or resized: see slots.ts. A free slot holds zeros.
  CREATE TABLE slot (slot_id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE free_slot (size INTEGER NOT NULL, slot_id INTEGER NOT NULL, PRIMARY KEY (size, slot_id)) STRICT, WITHOUT ROWID;

  -- One row an account for good: once shredded, it keeps the id from being used again. key_slot: the account's key, wrapped by the root key.
  CREATE TABLE account (
    account_id TEXT PRIMARY KEY, key_id TEXT, root_key_id TEXT, key_slot INTEGER, shredded_at INTEGER,
    CHECK ((key_slot IS NULL) = (shredded_at IS NOT NULL))
  ) STRICT, WITHOUT ROWID;

  -- looked_at: when it was stored, or when a sweep last found it referred to (was_current = 1). Times in milliseconds since 1970.
  CREATE TABLE secret (
    account_id TEXT NOT NULL REFERENCES account, secret_id TEXT NOT NULL, slot TEXT NOT NULL, version INTEGER NOT NULL, bound_to TEXT NOT NULL,
    sealed_slot INTEGER NOT NULL, fingerprint TEXT NOT NULL,
    looked_at INTEGER NOT NULL, was_current INTEGER NOT NULL DEFAULT 0, superseded_at INTEGER,
    PRIMARY KEY (account_id, secret_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE labelled_key (label TEXT PRIMARY KEY, root_key_id TEXT NOT NULL, key_slot INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- A known text wrapped by each root key ever active: tells a wrong key of a known id before it does harm.
  CREATE TABLE root_key (root_key_id TEXT PRIMARY KEY, wrapped_check BLOB NOT NULL) STRICT, WITHOUT ROWID;

  PRAGMA user_version = ${schemaVersion};`;

/**
 * Opens `<directory>/secrets.db`, and makes it if it is not there; `lock` keeps it for this process alone until it is closed. Only its owner can read its files.
 * @throws {SecretStoreUnavailable} it is open already, here or in another process, or it is none of ours.
 */
export async function openDatabase(directory: string): Promise<{ readonly database: Database; readonly lock: Database }> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = await lockStore(directory);
  const path = join(directory, 'secrets.db');
  let database: Database | undefined;
  try {
    await ensurePrivateFile(path);
    database = new DatabaseSync(path);
    refuseOldSqlite(database);
    // Temporary files would hold copies of what is erased: they stay in memory.
    database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;
      PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA cache_size = -16000;`);
    database.exec('BEGIN IMMEDIATE');
    const version = query<{ user_version: number }>(database, 'PRAGMA user_version').get()?.user_version;
    if (version === 0) database.exec(schema);
    else if (version !== schemaVersion) throw new SecretStoreUnavailable(`${path} was written by another version of Postledger (format ${version}).`);
    database.exec('COMMIT');
    return { database, lock };
  } catch (error) {
    database?.close();
    lock.close();
    if (error instanceof SecretStoreUnavailable) throw error;
    throw new SecretStoreUnavailable(`${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/**
 * An exclusive transaction on an empty database beside the store. The system drops it however the process ends. On the store itself it would shut out readers such as
 * backups, and outlive a close: a closed database keeps its locks as long as the garbage collector leaves it a statement.
 */
async function lockStore(directory: string): Promise<Database> {
  const path = join(directory, 'secrets.lock');
  await ensurePrivateFile(path);
  const lock = new DatabaseSync(path);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (sqliteCode(error) === busy)
      throw new SecretStoreUnavailable(`The secret store in ${directory} is in use by another process. Stop that one first.`, { cause: error });
    throw error;
  }
}

const busy = 5;
const full = 13;
/** READONLY, IOERR, CORRUPT, CANTOPEN, PROTOCOL, NOTADB. */
const storageFaults: readonly unknown[] = [8, 10, 11, 14, 15, 26];

/** True when the disk has no room: nothing was written, and it may be tried again. */
export function isDiskFull(error: unknown): boolean {
  return sqliteCode(error) === full;
}

/** True when the disk or the file failed: what is on the disk is unknown. */
export function isStorageFault(error: unknown): boolean {
  return storageFaults.includes(sqliteCode(error));
}

/** The primary result code; undefined for what is no error of SQLite. */
function sqliteCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Versions before 3.51.3 can corrupt a database in WAL mode when the log is reset. */
function refuseOldSqlite(database: Database): void {
  const version = query<{ version: string }>(database, 'SELECT sqlite_version() AS version').get()?.version ?? '';
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major * 1_000_000 + minor * 1_000 + patch < 3_051_003) throw new SecretStoreUnavailable(`SQLite ${version} is too old: 3.51.3 or later is needed.`);
}
