import { existsSync } from 'node:fs';
import { stdout } from 'node:process';
import { restoreSnapshot } from '../../projections/restore-snapshot.js';
import type { SnapshotManifest } from '../../projections/snapshot-manifest.js';
import { takeSnapshot } from '../../projections/take-snapshot.js';
import { lockDataDirectory, StoreLocked } from '../event-store/embedded-lock.js';
import type { EventStore } from '../event-store/event-store.js';
import { CommandFailed } from './command-failed.js';
import { callOfOperator } from './command-line-token.js';
import { recordOperation } from './operation-records.js';
import { ProgressBar } from './progress-bar.js';
import { version } from './version.js';

/**
 * Copies the views, also beside a running service; one that does not run cannot be started meanwhile.
 * @throws {SnapshotRefused} @throws {CommandFailed} there is no data directory.
 */
export async function snapshotViews(dataDirectory: string, destination: string): Promise<void> {
  if (!existsSync(dataDirectory)) throw new CommandFailed(`There is no data directory ${dataDirectory}. POSTLEDGER_DATA_DIR says where it is.`);
  const lock = lockUnlessRunning(dataDirectory);
  const bars = new ViewBars();
  const startedAt = performance.now();
  try {
    const manifest = await takeSnapshot({ directory: dataDirectory, destination, program: version, now: () => new Date(), onProgress: bars.show });
    tell(`${destination} holds`, manifest, startedAt);
  } finally {
    bars.finish();
    lock?.release();
  }
}

/**
 * Puts the views of a snapshot into the data directory, which its caller holds the lock of, and records that.
 * @throws {SnapshotRefused} it is damaged, or of other views or another log.
 */
export async function restoreViews(events: EventStore, dataDirectory: string, snapshot: string): Promise<void> {
  const bars = new ViewBars();
  const startedAt = performance.now();
  try {
    const manifest = await restoreSnapshot(events, { snapshot, directory: dataDirectory, onProgress: bars.show });
    await recordOperation(events, callOfOperator(), 'views restore', {
      type: 'ViewsRestored',
      data: {
        views: manifest.views.map(({ name, position }) => ({ name, position: position?.toString() ?? null })),
        takenAt: manifest.createdAt.toISOString(),
        programVersion: manifest.program,
      },
    });
    tell(`${dataDirectory} now has`, manifest, startedAt);
  } finally {
    bars.finish();
  }
}

/** A bar for each view, one after the other. */
class ViewBars {
  #view: string | null = null;
  #bar: ProgressBar | null = null;

  readonly show = (view: string, done: number, total: number): void => {
    if (view !== this.#view) this.#bar?.finish();
    if (view !== this.#view || this.#bar === null) this.#bar = new ProgressBar(view.padEnd(16), 'kB');
    this.#view = view;
    this.#bar.show(Math.ceil(done / 1_000), Math.ceil(total / 1_000));
  };

  finish(): void {
    this.#bar?.finish();
  }
}

/** Null when the service, or another command, has the data directory. */
function lockUnlessRunning(directory: string): { release(): void } | null {
  try {
    return lockDataDirectory(directory);
  } catch (error) {
    if (error instanceof StoreLocked) return null;
    throw error;
  }
}

function tell(what: string, { views, program, createdAt }: SnapshotManifest, startedAt: number): void {
  const lines = views.map(({ name, version: of, position, bytes }) => `  ${name} ${of}  up to position ${position ?? 'none'}, ${(bytes / 1e6).toFixed(1)} MB`);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  stdout.write(`${what} the views of ${createdAt.toISOString()}, made by Postledger ${program}, after ${seconds} s\n${lines.join('\n')}\n`);
}
