import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { restoreSnapshot } from '../projections/restore-snapshot.js';
import { takeSnapshot } from '../projections/take-snapshot.js';
import { openEmbeddedEventStore } from '../src/event-store/embedded.js';
import { ProgressBar } from '../src/start/progress-bar.js';
import { version } from '../src/start/version.js';
import { startServiceProcess } from './service-process.js';
import { times, type Row } from './table.js';

/** How soon a node listens that has the log and no views: when it builds them, and when it has them from a snapshot. */
export async function newNode(directory: string, events: number): Promise<readonly Row[]> {
  const snapshot = join(directory, 'snapshot');
  const bar = new ProgressBar('Snapshot', 'bytes');
  const { views } = await takeSnapshot({
    directory,
    destination: snapshot,
    program: version,
    now: () => new Date(),
    onProgress: (_view, done, total) => bar.show(done, total),
  });
  bar.finish();
  const megabytes = Math.round(views.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6);

  removeViews(directory);
  const built = await secondsFor(() => listens(directory));
  removeViews(directory);
  const restored = await secondsFor(async () => {
    const store = await openEmbeddedEventStore(directory);
    try {
      await restoreSnapshot(store, { snapshot, directory });
    } finally {
      await store.close();
    }
    await listens(directory);
  });
  const what = `a new node over ${events.toLocaleString('en')} events listens,`;
  return [
    { what: `${what} views built from the log`, figure: `${built.toFixed(1)} s` },
    {
      what: `${what} views from a snapshot (${megabytes.toLocaleString('en')} MB)`,
      figure: `${restored.toFixed(1)} s`,
      ratio: times(restored / built, 'building'),
    },
  ];
}

async function listens(directory: string): Promise<void> {
  const service = await startServiceProcess(directory);
  await service.stop();
}

function removeViews(directory: string): void {
  for (const name of readdirSync(directory)) if (name.startsWith('views-')) rmSync(join(directory, name));
}

async function secondsFor(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}
