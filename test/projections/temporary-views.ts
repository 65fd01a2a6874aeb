import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openViews, type Views, type ViewsOptions } from '../../projections/views.js';
import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.js';
import type { Projection } from '../../projections/projection.js';
import { ViewBuild } from '../../projections/view-build.js';

/** A directory that goes away with the test that asked for it. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'postledger-views-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Views that have caught up, and stop with the test that asked for them. Any fault fails the test. */
export async function viewsOf(store: EventStore, directory = temporaryDirectory(), options: Partial<ViewsOptions> = {}): Promise<Views> {
  const faults: unknown[] = [];
  const views = await openViews(store, {
    rawEvents: store,
    directory,
    readYourWritesMilliseconds: 5_000,
    listener: { stopped: (_projection, _eventId, error) => faults.push(error), storeLost: (_projection, error) => faults.push(error) },
    ...options,
  });
  onTestFinished(async () => {
    await views.stop();
    if (faults.length > 0) throw faults[0];
  });
  await views.settled();
  return views;
}

/** One view filled from a log in batches of these sizes, the last of which repeats; reopened between batches where `reopens` says so. */
export function filled<Reader>(
  projection: Projection<Reader>,
  events: readonly RecordedEvent[],
  file: string,
  { sizes = [1_000], reopens = false }: { readonly sizes?: readonly number[]; readonly reopens?: boolean } = {},
): ViewBuild<Reader> {
  const own = events.filter(({ streamId }) => projection.streamPrefixes?.some((prefix) => streamId.startsWith(prefix)) ?? true);
  let build = new ViewBuild(projection, file, 'follow');
  for (const index of projection.indexes) build.view.execute(index);
  for (let from = 0, batch = 0; from < own.length; batch++) {
    const events = own.slice(from, from + (sizes[Math.min(batch, sizes.length - 1)] ?? 1));
    from += events.length;
    build.apply(events, events.at(-1)?.position ?? 0n);
    if (!reopens) continue;
    build.close();
    build = new ViewBuild(projection, file, 'follow');
  }
  return build;
}
