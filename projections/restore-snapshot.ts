import { basename, join } from 'node:path';
import type { EventStore } from '../src/event-store/event-store.js';
import { holdsEvent } from './log-mark.js';
import { readManifest, SnapshotRefused, type SnapshotManifest, type SnapshotView } from './snapshot-manifest.js';
import { viewCatalogue } from './view-catalogue.js';
import { copyFile, progressOf } from './view-copy.js';
import { ViewFiles } from './view-files.js';

export interface RestoreOptions {
  /** Where the snapshot is. */
  readonly snapshot: string;
  /** Where the views are to be: the data directory. Nobody may have them open. */
  readonly directory: string;
  /** How much of a view is copied, in bytes. */
  readonly onProgress?: (view: string, done: number, total: number) => void;
}

const otherwise = 'or start without a snapshot: the views are then built from the log.';

/**
 * Puts the views of a snapshot in the place of those that are there, if the files are as they were written, of this program's views, and made from this log. All of them or none.
 * @throws {SnapshotRefused} the views that were there stay.
 * @throws {StoreUnavailable} the log could not be asked; the views that were there stay.
 */
export async function restoreSnapshot(store: EventStore, { snapshot, directory, onProgress = () => undefined }: RestoreOptions): Promise<SnapshotManifest> {
  const manifest = readManifest(snapshot);
  refuseOtherViews(manifest);
  await refuseOtherLog(store, manifest);
  const arriving = manifest.views.map((view) => ({ view, files: new ViewFiles(directory, view.name, view.version) }));
  try {
    for (const { view, files } of arriving) {
      files.removeBuilding();
      const source = join(snapshot, basename(files.serving));
      const sha256 = await copyFile(source, files.building, (done) => onProgress(view.name, done, view.bytes)).catch((error: unknown) => {
        throw isMissing(error, source) ? new SnapshotRefused(`${source} is missing. Make another snapshot, ${otherwise}`) : error;
      });
      if (sha256 !== view.sha256 || !isAsFarAs(files.building, view))
        throw new SnapshotRefused(`${source} is not as it was written: it was changed or damaged. Make another snapshot, ${otherwise}`);
    }
  } catch (error) {
    for (const { files } of arriving) files.removeBuilding();
    throw error;
  }
  for (const { files } of arriving) files.changePlaces();
  return manifest;
}

function refuseOtherViews({ program, views }: SnapshotManifest): void {
  const [theirs, ours] = [views, viewCatalogue].map((list) => list.map(({ name, version }) => `${name} ${version}`).sort());
  if (theirs?.join() !== ours?.join())
    throw new SnapshotRefused(
      `The snapshot was made by Postledger ${program} and holds the views ${theirs?.join(', ')}; this program has ${ours?.join(', ')}. Make a snapshot with this program's version, ${otherwise}`,
    );
}

/** A log that holds the furthest event that the views have taken is the one they were made from, up to there; each view's own last event is looked for as well. */
async function refuseOtherLog(store: EventStore, { views }: SnapshotManifest): Promise<void> {
  const marks = views.flatMap(({ lastEvent }) => (lastEvent ? [lastEvent] : []));
  const furthest = marks.reduce((last, { position }) => (position > last ? position : last), 0n);
  for (const { name, position } of views)
    if (position !== null && position > furthest)
      throw new SnapshotRefused(`Nothing tells which log the view ${name} of the snapshot is of. Make another snapshot, ${otherwise}`);
  for (const mark of marks)
    if (!(await holdsEvent(store, mark)))
      throw new SnapshotRefused(
        `The snapshot was not made from this log: at position ${mark.position} the log does not hold the event ${mark.id}. Take a snapshot of a service on this very log, ${otherwise}`,
      );
}

/** Whether a file says of itself what was checked against the log. */
function isAsFarAs(file: string, { position, lastEvent }: SnapshotView): boolean {
  const found = progressOf(file);
  return found.position === position && found.lastEvent?.position === lastEvent?.position && found.lastEvent?.id === lastEvent?.id;
}

function isMissing(error: unknown, path: string): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT' && 'path' in error && error.path === path;
}
