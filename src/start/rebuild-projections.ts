import { stdout } from 'node:process';
import { openViews } from '../../projections/views.js';
import { callOfOperator } from './command-line-token.js';
import { CommandFailed } from './command-failed.js';
import type { Stores } from './open-stores.js';
import { recordRebuild } from './operation-records.js';
import { ProgressBar } from './progress-bar.js';

/**
 * Builds the named views, or all, anew from the log, and records that. The present ones stay until the new ones are complete.
 * @throws {CommandFailed} there is no view of such a name, or an event cannot be applied.
 */
export async function rebuildProjections(
  { events, rawEvents }: Pick<Stores, 'events' | 'rawEvents'>,
  directory: string,
  names: readonly string[],
): Promise<void> {
  const faults: string[] = [];
  const built: { readonly name: string; readonly events: number }[] = [];
  const views = await openViews(events, {
    rawEvents,
    directory,
    readYourWritesMilliseconds: 0,
    follow: false,
    listener: { stopped: (projection, eventId) => faults.push(`${projection} cannot take event ${eventId}`), storeLost: () => undefined },
  });
  try {
    const unknown = names.find((name) => !views.names.includes(name));
    if (unknown !== undefined) throw new CommandFailed(`There is no view named ${unknown}. The views are: ${views.names.join(', ')}.`);
    for (const name of names.length > 0 ? names : views.names) {
      const bar = new ProgressBar(name.padEnd(16), 'events');
      const startedAt = performance.now();
      const { events: applied } = await views.rebuild(name, (done, total) => bar.show(done, total));
      bar.finish();
      built.push({ name, events: applied });
      const seconds = (performance.now() - startedAt) / 1000;
      stdout.write(`${name}: ${applied.toLocaleString('en')} events in ${seconds.toFixed(1)} s\n`);
    }
    if (faults.length > 0) throw new CommandFailed(faults.join('\n'));
  } finally {
    await views.stop();
    await recordRebuild(events, callOfOperator(), built);
  }
}
