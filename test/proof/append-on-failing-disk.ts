import { randomUUID } from 'node:crypto';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { StoreUnavailable, type Appended, type NewEvent } from '../../src/event-store/event-store.js';
import type { Acknowledged } from './writers.js';

/** What the process says at its end. */
export interface Outcome {
  readonly acknowledged: readonly Acknowledged[];
  /** Why appends were refused at their first attempt. */
  readonly refusals: readonly string[];
  /** Appends that were refused again when they were sent a second time. */
  readonly refusedAgain: number;
}

/** Run as a process of its own on a disk that fails: four writers append forty times each, send what is refused once more, and print the {@link Outcome}. */
const store = await openEmbeddedEventStore(process.argv[2] ?? '');
const acknowledged: Acknowledged[] = [];
const refusals: string[] = [];
let refusedAgain = 0;

for (let round = 0; round < 40; round++) {
  await Promise.all(
    [0, 1, 2, 3].map(async (writer) => {
      const streamId = `own-${writer}`;
      const batch = randomUUID();
      const events = [0, 1].map(() => ({ id: randomUUID(), type: 'Happened', data: { batch, size: 2 }, metadata: {} }));
      const appended = (await attempt(streamId, events, (message) => refusals.push(message))) ?? (await attempt(streamId, events, () => refusedAgain++));
      if (appended) acknowledged.push([streamId, String(appended.revision), events.map(({ id }) => id)]);
    }),
  );
}
process.stdout.write(JSON.stringify({ acknowledged, refusals, refusedAgain } satisfies Outcome));

async function attempt(streamId: string, events: readonly NewEvent[], refused: (message: string) => void): Promise<Appended | undefined> {
  try {
    return await store.appendToStream(streamId, events, 'any');
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    refused(error.message);
    return undefined;
  }
}
