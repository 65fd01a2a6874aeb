import { randomInt, randomUUID } from 'node:crypto';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import type { NewEvent } from '../../src/event-store/event-store.js';

/**
 * Run as a process of its own: 16 writers append batches to the store in the directory it is given, each to a stream of its own at its exact revision and to one that
 * all share, until somebody kills the process or the count of batches is reached. An acknowledged batch is printed as one line of JSON: [stream, revision, ids].
 */
const [directory = '', batches = 'Infinity'] = process.argv.slice(2);
const store = await openEmbeddedEventStore(directory);
const run = randomUUID();
let left = Number(batches);

await Promise.all(
  Array.from({ length: 16 }, async (_, writer) => {
    for (let revision: bigint | undefined; left > 0; left--) {
      const shared = randomInt(4) === 0;
      const streamId = shared ? `shared-${run}` : `own-${run}-${writer}`;
      const events = batchOf(randomInt(1, 4));
      const appended = await store.appendToStream(streamId, events, shared ? 'any' : (revision ?? 'no_stream'));
      if (!shared) ({ revision } = appended);
      process.stdout.write(`${JSON.stringify([streamId, String(appended.revision), events.map(({ id }) => id)])}\n`);
    }
  }),
);
await store.close();

function batchOf(size: number): NewEvent[] {
  const batch = randomUUID();
  const padding = 'x'.repeat(randomInt(2_000));
  return Array.from({ length: size }, () => ({ id: randomUUID(), type: 'Happened', data: { batch, size, padding }, metadata: {} }));
}
