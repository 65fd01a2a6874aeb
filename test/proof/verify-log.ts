import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { prepare } from '../../src/event-store/statement.js';
import type { Acknowledged } from './writers.js';

/** What is wrong with a log after a crash; all zero and `ok` when it kept its promises. */
export interface Verdict {
  /** Acknowledged events that are missing or at another place. */
  readonly lost: number;
  /** Streams with a hole in their revisions. */
  readonly holes: number;
  /** Batches of which only a part is there. */
  readonly torn: number;
  /** What SQLite's own check says. */
  readonly integrity: string;
}

/** Opens the store as the next start would, and compares the log with what was acknowledged. Leaves the store closed. */
export async function verifyLog(directory: string, acknowledged: readonly Acknowledged[]): Promise<Verdict> {
  const store = await openEmbeddedEventStore(directory);
  const places = new Map<string, string>();
  const lengths = new Map<string, bigint>();
  const batches = new Map<unknown, number>();
  const holes = new Set<string>();
  for await (const { id, streamId, revision, data } of store.readAll()) {
    places.set(id, `${streamId} ${revision}`);
    if (revision !== (lengths.get(streamId) ?? 0n)) holes.add(streamId);
    lengths.set(streamId, revision + 1n);
    batches.set(data['batch'], (batches.get(data['batch']) ?? Number(data['size'])) - 1);
  }
  await store.close();

  let lost = 0;
  for (const [streamId, revision, ids] of acknowledged) {
    const first = BigInt(revision) - BigInt(ids.length - 1);
    for (const [index, id] of ids.entries()) if (places.get(id) !== `${streamId} ${first + BigInt(index)}`) lost++;
  }
  return { lost, holes: holes.size, torn: [...batches.values()].filter((missing) => missing !== 0).length, integrity: integrityOf(directory) };
}

function integrityOf(directory: string): string {
  const database = new DatabaseSync(join(directory, 'events.db'));
  const result = String(prepare(database, 'PRAGMA integrity_check').get()?.[0]);
  database.close();
  return result;
}
