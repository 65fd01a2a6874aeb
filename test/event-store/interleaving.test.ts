import { randomUUID } from 'node:crypto';
import { array, assert, asyncProperty, boolean, constantFrom, integer, nat, option, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConcurrencyConflict, type NewEvent } from '../../src/event-store/event-store.js';
import { collect, newEvent } from './contract.js';
import { openStore, temporaryDirectory } from './temporary-store.js';

describe('any interleaving of appends', () => {
  const append = record({
    stream: integer({ min: 0, max: 3 }),
    size: integer({ min: 1, max: 4 }),
    expected: constantFrom<'any' | 'no_stream' | 'stream_exists' | 'actual' | 'stale'>('any', 'any', 'no_stream', 'stream_exists', 'actual', 'stale'),
    /** Sends an earlier batch of the run again in place of a new one. */
    repeats: option(nat(20), { freq: 3 }),
    /** Waits for all that is under way first. */
    settles: boolean(),
  });

  it('gives dense revisions, one order in the log and in the streams, and one answer to one batch', async () => {
    const directory = await temporaryDirectory();
    let store = await openStore(directory);
    await assert(
      asyncProperty(array(append, { maxLength: 40 }), boolean(), async (appends, reopens) => {
        const run = randomUUID();
        const sent: { streamId: string; events: NewEvent[] }[] = [];
        const answers = new Map<NewEvent[], Set<string>>();
        const lengths = new Map<string, number>();
        const underWay: Promise<unknown>[] = [];
        for (const { stream, size, expected, repeats, settles } of appends) {
          const fresh = { streamId: `${run}-${stream}`, events: Array.from({ length: size }, () => newEvent()) };
          const batch = (repeats !== null && sent[repeats]) || fresh;
          if (batch === fresh) sent.push(fresh);
          const length = lengths.get(batch.streamId) ?? 0;
          const revision = expected === 'actual' ? (length === 0 ? 'no_stream' : BigInt(length - 1)) : expected === 'stale' ? BigInt(length + 7) : expected;
          underWay.push(
            store.appendToStream(batch.streamId, batch.events, revision).then(
              ({ revision, position }) => {
                lengths.set(batch.streamId, Math.max(lengths.get(batch.streamId) ?? 0, Number(revision) + 1));
                answers.set(batch.events, (answers.get(batch.events) ?? new Set()).add(`${revision} ${position}`));
              },
              (error: unknown) => {
                if (!(error instanceof ConcurrencyConflict)) throw error;
              },
            ),
          );
          if (settles) await Promise.all(underWay.splice(0));
        }
        await Promise.all(underWay);
        if (reopens) {
          await store.close();
          store = await openStore(directory);
        }

        const log = await collect(store.readAll({ streamPrefixes: [run] }));
        const streams = new Map<string, typeof log>();
        for (const event of log) streams.set(event.streamId, [...(streams.get(event.streamId) ?? []), event]);
        for (const [streamId, inLog] of streams) {
          expect(inLog.map(({ revision }) => revision)).toEqual(inLog.map((_, index) => BigInt(index)));
          expect(await collect(store.readStream(streamId))).toEqual(inLog);
        }
        // Every batch is there whole and once if any of its sends was answered with a place, and not at all otherwise.
        for (const { streamId, events } of sent) {
          const places = [...(answers.get(events) ?? [])];
          const stored = (streams.get(streamId) ?? []).filter(({ id }) => events.some((event) => event.id === id));
          const last = stored.at(-1);
          expect(places).toEqual(last ? [`${last.revision} ${last.position}`] : []);
          expect(stored.map(({ id }) => id)).toEqual(last ? events.map(({ id }) => id) : []);
        }
        expect(log).toHaveLength([...answers.keys()].flat().length);
      }),
      { numRuns: 60 },
    );
  });
});
