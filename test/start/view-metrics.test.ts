import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lagOf } from '../../projections/lag.js';
import { openViews, type Views } from '../../projections/views.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import { serviceFacts } from '../../src/start/service-facts.js';
import { viewMetrics } from '../../src/start/view-metrics.js';
import { MemoryLog } from '../projections/memory-log.js';
import { temporaryDirectory } from '../projections/temporary-views.js';

const noon = Date.parse('2026-11-25T12:00:00.000Z');
let serial = 0;

function record(log: MemoryLog, streamId: string, count: number, at: number): void {
  log.record(
    streamId,
    Array.from({ length: count }, () => ({ id: `event-${++serial}`, type: 'OfAnotherTime', data: {}, metadata: {} })),
    new Date(at),
  );
}

/** The figures of the views of a log as a scrape finds them, by name and labels. */
async function scraped(log: MemoryLog, views: Views): Promise<(name: string) => number | undefined> {
  const registry = new Registry();
  viewMetrics(registry, serviceFacts({ engine: 'EMBEDDED', events: log, views, startedAt: new Date(noon), warnings: () => Promise.resolve([]) }));
  const text = await registry.metrics();
  const figures = new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
  return (name) => figures.get(`postledger_${name}`);
}

async function viewsOf(log: MemoryLog): Promise<Views> {
  const views = await openViews(log, {
    rawEvents: log,
    directory: temporaryDirectory(),
    readYourWritesMilliseconds: 1,
    listener: { stopped: () => undefined, storeLost: () => undefined },
    follow: false,
    now: () => new Date(noon),
  });
  onTestFinished(() => views.stop());
  for (const name of views.names) await views.rebuild(name);
  return views;
}

describe('the metrics of the views', () => {
  it('tell where the log and each view are, and how far behind: in events and in seconds', async () => {
    const log = new MemoryLog();
    record(log, 'securityLog-2026-11', 3, noon - 60_000);
    const views = await viewsOf(log);
    const abreast = await scraped(log, views);
    expect([abreast('log_available'), abreast('log_head_position')]).toEqual([1, 3]);
    for (const projection of views.names) {
      expect(abreast(`projection_position{projection="${projection}"}`)).toBe(3);
      expect(abreast(`projection_events_behind{projection="${projection}"}`)).toBe(0);
      expect(abreast(`projection_seconds_behind{projection="${projection}"}`)).toBe(0);
    }

    record(log, 'securityLog-2026-11', 2, noon - 7_000);
    record(log, 'emailAccount-a', 1, noon - 5_000);
    const behind = await scraped(log, views);
    expect(behind('log_head_position')).toBe(6);
    const of = (projection: string) => ['position', 'events_behind', 'seconds_behind'].map((what) => behind(`projection_${what}{projection="${projection}"}`));
    expect(of('audit-trail')).toEqual([3, 3, 7]);
    expect(of('email-accounts')).toEqual([3, 1, 5]);
    expect(of('api-tokens')).toEqual([3, 0, 0]);
  });

  it('tell of each view that it is in one state', async () => {
    const log = new MemoryLog();
    record(log, 'emailAccount-a', 1, noon);
    const views = await viewsOf(log);
    const told = await scraped(log, views);
    const inStates = ['CURRENT', 'CATCHING_UP', 'BUILDING', 'STOPPED'].map((state) => told(`projection_state{projection="audit-trail",state="${state}"}`));
    expect(inStates).toEqual([0, 1, 0, 0]);
  });

  it('leave out what cannot be known while the log does not answer, rather than to say 0', async () => {
    const log = new MemoryLog();
    record(log, 'emailAccount-a', 1, noon);
    const views = await viewsOf(log);
    log.lose();
    const told = await scraped(log, views);
    expect(told('log_available')).toBe(0);
    expect(told('log_head_position')).toBeUndefined();
    expect(told('projection_position{projection="audit-trail"}')).toBe(1);
    expect(told('projection_events_behind{projection="audit-trail"}')).toBeUndefined();
    expect(told('projection_seconds_behind{projection="audit-trail"}')).toBeUndefined();
  });
});

describe('how far a view is behind', () => {
  const streams = ['emailAccount-a', 'emailAccount-b', 'apiToken-c', 'securityLog-d'];
  /** A thousand events, 130 apart as in a log whose positions are bytes; one each second until noon. */
  const events = Array.from({ length: 1_000 }, (_, n): RecordedEvent => {
    const position = BigInt(130 * (n + 1));
    return {
      id: `e${n}`,
      type: 'T',
      data: {},
      metadata: {},
      streamId: streams[n % 4] ?? '',
      revision: 0n,
      position,
      recordedAt: new Date(noon - 1_000 * (1_000 - n)),
    };
  });
  const log = {
    async *readAll({ after = 0n, maxCount = Infinity }: { readonly after?: bigint; readonly maxCount?: number } = {}) {
      await Promise.resolve();
      yield* events.filter(({ position }) => position > after).slice(0, maxCount);
    },
  };
  const lag = (position: bigint | null, streamPrefixes?: readonly string[], head: bigint | null = 130_000n) =>
    lagOf(log, { position, head, streamPrefixes, now: new Date(noon) });

  it('is counted when it is little', async () => {
    expect(await lag(130_000n - 130n * 8n)).toEqual({ eventsBehind: 8, secondsBehind: 8 });
    expect(await lag(130_000n - 130n * 8n, ['apiToken-'])).toEqual({ eventsBehind: 2, secondsBehind: 6 });
    expect(await lag(130_000n - 130n, ['apiToken-'])).toEqual({ eventsBehind: 0, secondsBehind: 0 });
    expect(await lag(130_000n)).toEqual({ eventsBehind: 0, secondsBehind: 0 });
  });

  it('is estimated from the next events when it is much: positions have gaps', async () => {
    expect(await lag(null)).toEqual({ eventsBehind: 1_000, secondsBehind: 1_000 });
    expect(await lag(65_000n, ['emailAccount-'])).toEqual({ eventsBehind: 250, secondsBehind: 500 });
  });

  it('is not told as none while none of the next events is its own', async () => {
    expect(await lag(null, ['truststore-'])).toEqual({ eventsBehind: 1, secondsBehind: 1_000 });
  });

  it('is none where there is no head', async () => expect(await lag(null, undefined, null)).toEqual({ eventsBehind: 0, secondsBehind: 0 }));
});
