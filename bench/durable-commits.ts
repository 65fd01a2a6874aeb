import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbeddedEventStore } from '../src/event-store/embedded.js';

/** How many appends of one event a second are durable, with so many writers that each wait for their own acknowledgement. */
export async function durableCommitsASecond(directory: string, writers: number, seconds: number): Promise<number> {
  const data = mkdtempSync(join(directory, 'commits-'));
  const store = await openEmbeddedEventStore(data);
  try {
    const startedAt = performance.now();
    let count = 0;
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let revision: bigint | undefined; performance.now() - startedAt < seconds * 1_000; count++) {
          const event = {
            id: randomUUID(),
            type: 'AccountRenamed',
            data: { accountName: `Name ${count}` },
            metadata: { actor: { kind: 'SYSTEM', id: 'bench' } },
          };
          ({ revision } = await store.appendToStream(`emailAccount-${writer}`, [event], revision ?? 'no_stream'));
        }
      }),
    );
    return count / ((performance.now() - startedAt) / 1_000);
  } finally {
    await store.close();
    rmSync(data, { recursive: true });
  }
}
