import { randomBytes, randomUUID } from 'node:crypto';
import { env } from 'node:process';
import { openKurrentDbEventStore, type KurrentDbLog } from '../src/event-store/kurrentdb.js';
import { startKurrentDbDouble } from '../test/event-store/kurrentdb-double/kurrentdb-double.js';
import { perSecond, times, type Row } from './table.js';

const writers = 16;
const appends = 200;
const caughtUpEvents = 20_000;
const batch = 100;

/**
 * The engine of a cluster: over the double of the tests, which costs nothing itself and stores nothing, and over a real server where POSTLEDGER_TEST_KURRENTDB names one. Its streams
 * are deleted afterwards.
 * @param embedded durable commits a second of the embedded engine with one writer in the same run, to compare with.
 */
export async function clusterStoreRows(embedded: number): Promise<readonly Row[]> {
  const double = await startKurrentDbDouble();
  const rows: Row[] = [];
  try {
    rows.push(...(await rowsOf('the double', double.connectionString(), embedded)));
  } finally {
    await double.stop();
  }
  const real = env['POSTLEDGER_TEST_KURRENTDB'];
  if (real !== undefined && real !== '') rows.push(...(await rowsOf('a real server', real, embedded)));
  return rows;
}

async function rowsOf(where: string, connectionString: string, embedded: number): Promise<readonly Row[]> {
  const log = await openKurrentDbEventStore({ connectionString, warn: () => undefined });
  const category = `bench${randomBytes(6).toString('hex')}-`;
  const streams = new Set<string>();
  const named = (name: string) => {
    streams.add(`${category}${name}`);
    return `${category}${name}`;
  };
  try {
    await log.appendToStream(named('warm'), [event()], 'no_stream');
    const one = await appendRate(log, 1, named);
    const many = await appendRate(log, writers, named);
    const seen = await medianUntilSeen(log, category, named);
    const caughtUp = await catchUpRate(log, category, named);
    return [
      { what: `KurrentDB engine over ${where}: appends, 1 writer`, figure: perSecond(one), ratio: times(one / embedded, 'embedded') },
      { what: `KurrentDB engine over ${where}: appends, ${writers} writers`, figure: perSecond(many), ratio: times(many / embedded, 'embedded, 1 writer') },
      { what: `KurrentDB engine over ${where}: from acknowledged to followed, median`, figure: `${seen.toFixed(1)} ms` },
      { what: `KurrentDB engine over ${where}: catch-up`, figure: perSecond(caughtUp) },
    ];
  } finally {
    for (const stream of streams) await log.tombstoneStream(stream);
    await log.close();
  }
}

async function appendRate(log: KurrentDbLog, writing: number, named: (name: string) => string): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: writing }, async (_, writer) => {
      const stream = named(`${writing}-${writer}`);
      for (let count = 0, revision: bigint | undefined; count < appends; count++)
        ({ revision } = await log.appendToStream(stream, [event()], revision ?? 'no_stream'));
    }),
  );
  return (writing * appends) / ((performance.now() - startedAt) / 1_000);
}

/** Milliseconds from an append's answer until who follows the log has the event. */
async function medianUntilSeen(log: KurrentDbLog, category: string, named: (name: string) => string): Promise<number> {
  const stop = new AbortController();
  const seen = new Map<string, number>();
  const head = await log.headPosition();
  const following = (async () => {
    const course = { streamPrefixes: [category], signal: stop.signal, ...(head !== undefined && { after: head }) };
    for await (const message of log.subscribeToAll(course)) if (message.kind === 'event') seen.set(message.event.id, performance.now());
  })();
  const waits: number[] = [];
  for (let count = 0, revision: bigint | undefined; count < appends; count++) {
    const next = event();
    ({ revision } = await log.appendToStream(named('followed'), [next], revision ?? 'no_stream'));
    const answeredAt = performance.now();
    while (!seen.has(next.id)) await new Promise(setImmediate);
    waits.push(Math.max(0, (seen.get(next.id) ?? answeredAt) - answeredAt));
  }
  stop.abort();
  await following;
  return waits.sort((one, other) => one - other)[Math.floor(waits.length / 2)] ?? 0;
}

async function catchUpRate(log: KurrentDbLog, category: string, named: (name: string) => string): Promise<number> {
  const stream = named('long');
  for (let count = 0, revision: bigint | undefined; count < caughtUpEvents; count += batch)
    ({ revision } = await log.appendToStream(stream, Array.from({ length: batch }, event), revision ?? 'no_stream'));
  const stop = new AbortController();
  const startedAt = performance.now();
  let events = 0;
  for await (const message of log.subscribeToAll({ streamPrefixes: [category], signal: stop.signal })) {
    if (message.kind === 'event') events++;
    if (message.kind === 'caughtUp') stop.abort();
  }
  return events / ((performance.now() - startedAt) / 1_000);
}

function event() {
  return {
    id: randomUUID(),
    type: 'AccountRenamed',
    data: { accountName: 'Sales' },
    metadata: { actor: { kind: 'SYSTEM', id: 'bench', displayName: 'Bench' } },
  };
}
