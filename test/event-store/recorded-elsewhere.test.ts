import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EventStore, NewEvent, RecordedEvent } from '../../src/event-store/event-store.js';
import { openKurrentDbEventStore } from '../../src/event-store/kurrentdb.js';
import { startKurrentDbDouble } from './kurrentdb-double/kurrentdb-double.js';
import { openStore, temporaryDirectory } from './temporary-store.js';

const engines: readonly (readonly [string, () => Promise<EventStore>])[] = [
  ['the embedded store', async () => openStore(await temporaryDirectory())],
  [
    'KurrentDB, over the double',
    async () => {
      const double = await startKurrentDbDouble();
      const store = await openKurrentDbEventStore({ connectionString: double.connectionString() });
      onTestFinished(async () => {
        await store.close();
        await double.stop();
      });
      return store;
    },
  ],
];

const then = (minute: number) => new Date(Date.UTC(2026, 0, 15, 9, minute, 30, 123));
const event = (more: Partial<NewEvent> = {}): NewEvent => ({ id: randomUUID(), type: 'Noted', data: {}, metadata: { reason: 'Test' }, ...more });

async function collect(events: AsyncIterable<RecordedEvent>): Promise<readonly RecordedEvent[]> {
  const read: RecordedEvent[] = [];
  for await (const each of events) read.push(each);
  return read;
}

describe.each(engines)('the time that another store recorded an event at: %s', (_, open) => {
  it('stays its time in every way of reading, and later events get their own', async () => {
    const store = await open();
    await store.appendToStream('emailAccount-a', [event({ recordedAt: then(1) }), event({ recordedAt: then(2) })], 'no_stream');
    await store.appendToStream('emailAccount-b', [event({ recordedAt: then(3) })], 'no_stream');
    const before = Date.now();
    await store.appendToStream('emailAccount-a', [event()], 1n);

    const all = await collect(store.readAll({ streamPrefixes: ['emailAccount-'] }));
    expect(all.slice(0, 3).map(({ recordedAt }) => recordedAt)).toEqual([then(1), then(2), then(3)]);
    expect(all[3]?.recordedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(all.map(({ metadata }) => metadata)).toEqual(all.map(() => ({ reason: 'Test' })));

    const [first, second, third] = all;
    expect(await collect(store.readAll())).toEqual(all);
    expect(await collect(store.readStream('emailAccount-a', { from: 1n, maxCount: 1 }))).toEqual([second]);
    const ended = new AbortController();
    const followed: RecordedEvent[] = [];
    for await (const message of store.subscribeToAll({ after: first?.position ?? 0n, streamPrefixes: ['emailAccount-'], signal: ended.signal })) {
      if (message.kind === 'event' && followed.push(message.event) === 3) ended.abort();
    }
    expect(followed.slice(0, 2)).toEqual([second, third]);
  });

  it('is never before that of an earlier event, also when its clock was ahead of ours', async () => {
    const store = await open();
    const ahead = new Date(Date.now() + 3_600_000);
    await store.appendToStream('emailAccount-a', [event({ recordedAt: ahead })], 'no_stream');
    await store.appendToStream('emailAccount-b', [event()], 'no_stream');
    expect((await collect(store.readAll({ streamPrefixes: ['emailAccount-'] }))).map(({ recordedAt }) => recordedAt)).toEqual([ahead, ahead]);
  });

  it('cannot be given by way of the metadata, nor be no time', async () => {
    const store = await open();
    for (const wrong of [event({ metadata: { $recordedAt: then(1).toISOString() } }), event({ recordedAt: new Date(Number.NaN) })])
      await expect(store.appendToStream('emailAccount-a', [wrong], 'any')).rejects.toThrow(TypeError);
    expect(await collect(store.readStream('emailAccount-a'))).toEqual([]);
  });
});
