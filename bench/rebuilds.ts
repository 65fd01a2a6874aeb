import { cpuUsage } from 'node:process';
import { openViews } from '../projections/views.js';
import { ProgressBar } from '../src/start/progress-bar.js';
import { openSealedLog } from './sealed-log.js';
import { microseconds, perSecond, type Row } from './table.js';

/** A view that looks at so few events says nothing of how fast it is built. */
const tooFew = 1_000;

interface Rebuilt {
  readonly name: string;
  readonly events: number;
  readonly milliseconds: number;
  /** User and system time of this process. */
  readonly cpuMicroseconds: number;
}

/** Builds each view of the directory anew, and tells how many events a second that were. */
export async function rebuilds(directory: string): Promise<readonly Row[]> {
  const { events, rawEvents, close } = await openSealedLog(directory);
  const views = await openViews(events, {
    rawEvents,
    directory,
    follow: false,
    readYourWritesMilliseconds: 0,
    listener: { stopped: () => undefined, storeLost: () => undefined },
  });
  try {
    const measured: Rebuilt[] = [];
    for (const name of views.names) {
      const bar = new ProgressBar(name.padEnd(16), 'events');
      const [startedAt, cpuBefore] = [performance.now(), cpuUsage()];
      const { events } = await views.rebuild(name, (done, total) => bar.show(done, total));
      bar.finish();
      const { user, system } = cpuUsage(cpuBefore);
      measured.push({ name, events, milliseconds: performance.now() - startedAt, cpuMicroseconds: user + system });
    }
    const alone = measured
      .filter(({ events }) => events > tooFew)
      .map((view) => ({ ...rebuildRow(`rebuild of ${view.name}`, view), goal: '≥ 40,000/s', met: view.events / view.milliseconds >= 40 }));
    const sum = (of: (view: Rebuilt) => number) => measured.reduce((total, view) => total + of(view), 0);
    const all = {
      milliseconds: sum((view) => view.milliseconds),
      cpuMicroseconds: sum((view) => view.cpuMicroseconds),
      events: Math.max(...measured.map(({ events }) => events)),
    };
    return [...alone, rebuildRow('rebuild of all views, one after the other', all)];
  } finally {
    await views.stop();
    await close();
  }
}

function rebuildRow(what: string, { events, milliseconds, cpuMicroseconds }: Omit<Rebuilt, 'name'>): Row {
  const figure = perSecond((events / milliseconds) * 1_000);
  return { what: `${what}, ${events.toLocaleString('en')} events`, figure, cpu: microseconds(cpuMicroseconds / events) };
}
