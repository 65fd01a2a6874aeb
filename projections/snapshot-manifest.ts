import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Position } from '../src/event-store/event-store.js';
import type { EventMark } from './view-database.js';

/** A copy of the views cannot be made or used. The message says what to do. */
export class SnapshotRefused extends Error {
  override readonly name = 'SnapshotRefused';
}

/** Up to where in the log a view is. */
export interface ViewProgress {
  readonly position: Position | null;
  readonly lastEvent: EventMark | null;
}

export interface SnapshotView extends ViewProgress {
  readonly name: string;
  readonly version: number;
  /** Its name in the snapshot's directory. */
  readonly file: string;
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** What a snapshot is made of. */
export interface SnapshotManifest {
  /** The version of the program that made it. */
  readonly program: string;
  readonly createdAt: Date;
  readonly views: readonly SnapshotView[];
}

const fileName = 'snapshot.json';
const format = 1;

/** Written last and at once: a directory without it is no snapshot. */
export function writeManifest(directory: string, manifest: SnapshotManifest): void {
  const unfinished = join(directory, `${fileName}.unfinished`);
  // JSON knows no bigint, and positions may be greater than what its numbers hold exactly.
  const text = JSON.stringify({ format, ...manifest }, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2);
  writeFileSync(unfinished, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(unfinished, join(directory, fileName));
}

/** @throws {SnapshotRefused} there is none, or it is damaged, or of a form that this program does not know. */
export function readManifest(directory: string): SnapshotManifest {
  const path = join(directory, fileName);
  if (!existsSync(path))
    throw new SnapshotRefused(
      `There is no snapshot in ${directory}: it holds no ${fileName}. Name the directory that postledger views snapshot wrote; one that was interrupted is none.`,
    );
  const manifest = parsed(readFileSync(path, 'utf8'));
  if (manifest === null) throw new SnapshotRefused(`${path} is damaged, or was written by a program that this one does not know. Make another snapshot.`);
  return manifest;
}

function parsed(text: string): SnapshotManifest | null {
  const { format: found, program, createdAt, views } = fieldsOf(json(text));
  if (found !== format || typeof program !== 'string' || typeof createdAt !== 'string' || !Array.isArray(views)) return null;
  const read = views.map(viewOf);
  return read.every((view) => view !== null) ? { program, createdAt: new Date(createdAt), views: read } : null;
}

function viewOf(value: unknown): SnapshotView | null {
  const { name, version, file, bytes, sha256, position, lastEvent } = fieldsOf(value);
  const [reached, mark] = [positionOf(position), markOf(lastEvent)];
  if (typeof name !== 'string' || typeof version !== 'number' || typeof file !== 'string' || typeof bytes !== 'number' || typeof sha256 !== 'string')
    return null;
  return reached === undefined || mark === undefined ? null : { name, version, file, bytes, sha256, position: reached, lastEvent: mark };
}

/** Undefined for what is none. */
function markOf(value: unknown): EventMark | null | undefined {
  if (value === null) return null;
  const { position, id } = fieldsOf(value);
  const place = positionOf(position);
  return typeof place === 'bigint' && typeof id === 'string' ? { position: place, id } : undefined;
}

/** Undefined for what is none. */
function positionOf(value: unknown): Position | null | undefined {
  if (value === null) return null;
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
