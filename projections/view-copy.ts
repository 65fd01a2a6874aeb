import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { backup, DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Position } from '../src/event-store/event-store.js';
import type { ViewProgress } from './snapshot-manifest.js';
import type { Row } from './view-database.js';

export type BytesDone = (done: number, total: number) => void;

const pagesAtOnce = 4_096; // 16 MiB

/**
 * Copies a view's file as it is at one moment, also while the service writes it. The one read transaction around it all sees to that: without it, SQLite begins the copy anew whenever
 * the service has written. The service goes on meanwhile; only its write-ahead log grows until the copy is made.
 */
export async function copyView(source: string, copy: string, onProgress: BytesDone): Promise<void> {
  closeSync(openSync(copy, 'wx', 0o600));
  // A closed connection lives on, with its locks, until the garbage collector has taken its last statement. So this one prepares none.
  const database = new DatabaseSync(source, { readOnly: true, timeout: 2_000 });
  try {
    const { size } = statSync(source);
    database.exec('BEGIN; SELECT position FROM progress');
    await backup(database, copy, {
      rate: pagesAtOnce,
      progress: ({ totalPages, remainingPages }) => onProgress(Math.round(size * (1 - remainingPages / totalPages)), size),
    });
    database.exec('COMMIT');
    onProgress(size, size);
  } finally {
    database.close();
  }
  const copied = new DatabaseSync(copy);
  // Without a write-ahead log it is one file, and nothing belongs beside it.
  copied.exec('PRAGMA journal_mode = DELETE');
  copied.close();
}

/** How far a file without a write-ahead log says that it is. */
export function progressOf(file: string): ViewProgress {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const { position, event_position: eventPosition, event_id: id } = firstRow(database, 'SELECT position, event_position, event_id FROM progress');
    return {
      position: typeof position === 'string' ? BigInt(position) : null,
      lastEvent: typeof eventPosition === 'string' && typeof id === 'string' ? { position: BigInt(eventPosition), id } : null,
    };
  } finally {
    database.close();
  }
}

/** Sets what a copy says of how far it is. Led back, it is told some of the log once more, which must hold no event of its own. */
export function setPosition(copy: string, position: Position | null): void {
  const database = new DatabaseSync(copy);
  try {
    database.prepare('UPDATE progress SET position = ?').run(position === null ? null : position.toString());
  } finally {
    database.close();
  }
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of contentOf(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** Copies a file that nobody writes, safely onto the disk (0600). @returns the SHA-256 of what was copied, in hexadecimal digits. */
export async function copyFile(source: string, copy: string, onBytes: (copied: number) => void): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(copy, 'wx', 0o600);
  try {
    let copied = 0;
    for await (const chunk of contentOf(source)) {
      hash.update(chunk);
      await file.writeFile(chunk);
      onBytes((copied += chunk.length));
    }
    await file.sync();
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

function contentOf(file: string): AsyncIterable<Buffer> {
  return createReadStream(file, { highWaterMark: 1 << 20 });
}

function firstRow(database: DatabaseSyncInstance, sql: string): Row {
  return (database.prepare(sql).get() as Row | undefined) ?? {};
}
