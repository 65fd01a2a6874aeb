import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { isSqliteError, SqliteCode } from './sqlite-error.js';

/** The data directory is in use: one process writes the log, and no second one may. */
export class StoreLocked extends Error {
  override readonly name = 'StoreLocked';
  constructor(
    readonly directory: string,
    /** The process that holds it, as far as it can be known. */
    readonly holder: number | undefined,
  ) {
    const by = holder === undefined ? 'another process' : holder === process.pid ? `this process (${holder})` : `process ${holder}`;
    super(`The event store in ${directory} is in use by ${by}. Stop that process first, or start this one with a data directory of its own.`);
  }
}

/**
 * Takes the data directory for this process, making it (0700) when it is missing. The lock is an exclusive transaction on an empty database beside the log:
 * the kernel drops it when the process dies however it dies, it also keeps out a second open in the same process, and readers such as backups never meet it.
 * @throws {StoreLocked} somebody has it.
 */
export function lockDataDirectory(directory: string): { release(): void } {
  const path = resolve(directory);
  makeDurably(path);
  const pidFile = join(path, 'events.pid');
  const lockFile = join(path, 'events.lock');
  createPrivately(lockFile);
  const lock = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (isSqliteError(error, SqliteCode.busy)) throw new StoreLocked(path, pidIn(pidFile));
    throw error;
  }
  rmSync(pidFile, { force: true });
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return {
    release() {
      rmSync(pidFile, { force: true });
      lock.close();
    },
  };
}

/**
 * Whether a process has the directory, as far as can be seen without touching the lock, which would shut out a service that starts at this moment. Also true after one was killed, until the
 * next takes the directory and lets go of it.
 */
export function isHeld(directory: string): boolean {
  return existsSync(join(directory, 'events.pid'));
}

/**
 * Creates an empty file with mode 0600 unless it is there. One that is there is not even opened: closing any handle of a file drops all locks that this
 * process holds on it (POSIX), so another store of this process would lose its lock.
 */
export function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** A directory's entry in its parent is only safe from a power failure after the parent was synced. */
function makeDurably(directory: string): void {
  const first = mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (first === undefined || process.platform === 'win32') return;
  for (let made = directory; ; made = dirname(made)) {
    const parent = openSync(dirname(made), 'r');
    fsyncSync(parent);
    closeSync(parent);
    if (made === first) return;
  }
}

function pidIn(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    // The holder writes its pid just after it has the lock, so the file may not be there yet.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
