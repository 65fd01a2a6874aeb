import { randomInt, randomUUID } from 'node:crypto';
import type { EventStore, NewEvent } from '../../src/event-store/event-store.js';

/** A batch whose append was acknowledged. */
export type Acknowledged = readonly [streamId: string, revision: string, ids: readonly string[]];

/**
 * Sixteen writers append batches, each to a stream of its own at its exact revision and now and then to one that all share, until the count of batches is reached.
 * Each acknowledged batch is handed on as a line of JSON: {@link Acknowledged}.
 */
export async function appendBatches(store: EventStore, batches: number, acknowledge: (line: string) => void): Promise<void> {
  const run = randomUUID();
  let left = batches;
  await Promise.all(
    Array.from({ length: 16 }, async (_, writer) => {
      let revision: bigint | undefined;
      while (left-- > 0) {
        const shared = randomInt(4) === 0;
        const streamId = shared ? `shared-${run}` : `own-${run}-${writer}`;
        const events = batchOf(randomInt(1, 4));
        const appended = await store.appendToStream(streamId, events, shared ? 'any' : (revision ?? 'no_stream'));
        if (!shared) ({ revision } = appended);
        acknowledge(`${JSON.stringify([streamId, String(appended.revision), events.map(({ id }) => id)] satisfies Acknowledged)}\n`);
      }
    }),
  );
}

/** Reads the lines back. A last line without its end was cut by a kill. */
export function acknowledgedIn(lines: string): Acknowledged[] {
  const parse: (line: string) => Acknowledged = JSON.parse;
  return lines
    .split('\n')
    .slice(0, -1)
    .map((line) => parse(line));
}

function batchOf(size: number): NewEvent[] {
  const batch = randomUUID();
  const padding = 'x'.repeat(randomInt(2_000));
  return Array.from({ length: size }, () => ({ id: randomUUID(), type: 'Happened', data: { batch, size, padding }, metadata: {} }));
}
