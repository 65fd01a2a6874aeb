import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Position } from '../src/event-store/event-store.js';
import { SnapshotRefused, writeManifest, type SnapshotManifest, type SnapshotView } from './snapshot-manifest.js';
import { viewCatalogue } from './view-catalogue.js';
import { copyView, progressOf, setPosition, sha256Of } from './view-copy.js';
import { ViewFiles } from './view-files.js';

export interface SnapshotOptions {
  /** Where the views are: the data directory. */
  readonly directory: string;
  /** Made if it is not there (0700); must be empty. */
  readonly destination: string;
  /** The version of the program. */
  readonly program: string;
  readonly now: () => Date;
  /** How much of a view is copied, in bytes. */
  readonly onProgress?: (view: string, done: number, total: number) => void;
}

/**
 * Copies all views, each as it is at one moment, whether or not the service runs. The files may be at different positions: each goes on from its own.
 * @throws {SnapshotRefused} a view is not built yet, or there is something in the destination, or it cannot be written. Nothing is left there.
 */
export async function takeSnapshot({ directory, destination, program, now, onProgress = () => undefined }: SnapshotOptions): Promise<SnapshotManifest> {
  if (existsSync(destination) && readdirSync(destination).length > 0) throw new SnapshotRefused(`${destination} is not empty. Name a new directory.`);
  const views = viewCatalogue.map(({ name, version }) => ({ name, version, serving: new ViewFiles(directory, name, version).serving }));
  const missing = views.find(({ serving }) => !existsSync(serving));
  if (missing)
    throw new SnapshotRefused(
      `The view ${missing.name} of this program is not in ${directory}. Start the service, wait until it listens, then make the snapshot; POSTLEDGER_DATA_DIR says where the views are.`,
    );
  mkdirSync(destination, { recursive: true, mode: 0o700 });
  const copies = views.map(({ name, version, serving }) => ({ name, version, serving, copy: join(destination, basename(serving)) }));
  try {
    for (const { name, serving, copy } of copies) await copyView(serving, copy, (done, total) => onProgress(name, done, total));
    const furthest = lastOf(copies.map(({ copy }) => progressOf(copy).lastEvent?.position ?? null));
    const copied: SnapshotView[] = [];
    for (const { name, version, copy } of copies) {
      const { position, lastEvent } = progressOf(copy);
      const proven = position === null || furthest === null ? null : position < furthest ? position : furthest;
      if (proven !== position) setPosition(copy, proven);
      copied.push({ name, version, file: basename(copy), bytes: statSync(copy).size, sha256: await sha256Of(copy), position: proven, lastEvent });
    }
    const manifest = { program, createdAt: now(), views: copied };
    writeManifest(destination, manifest);
    return manifest;
  } catch (error) {
    for (const { copy } of copies) for (const file of [copy, `${copy}-wal`, `${copy}-shm`, `${copy}-journal`]) rmSync(file, { force: true });
    throw isSqliteError(error) ? new SnapshotRefused(`The views could not be copied to ${destination}: ${error.message}.`, { cause: error }) : error;
  }
}

/**
 * The furthest event that any of the views has taken. Events alone tell whether a log is the one that the views were made from, so no copy says to be further than this one: a view
 * of few streams may have come far past its own last event.
 */
function lastOf(positions: readonly (Position | null)[]): Position | null {
  return positions.reduce((last, position) => (last === null || (position !== null && position > last) ? position : last), null);
}

function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && 'errcode' in error;
}
