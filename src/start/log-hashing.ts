import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { auditedStreamPrefixes } from '../domain/streams.js';
import { EmbeddedLogReading, isUnreadable, type Extent, type UnreadableRow } from '../event-store/embedded-reading.js';
import { recorded, type Row } from '../event-store/row.js';
import { loggedEvent, unreadableEvent, type LoggedEvent } from '../ledger/logged-event.js';
import { fromColumns, type HashedColumns } from './hashed-columns.js';

/** Events that are hashed at once. */
const pageSize = 2_000;
/** From so many events on it is worth to start threads. */
const worthThreads = 100_000;

export const isAudited = (streamId: string): boolean => auditedStreamPrefixes.some((prefix) => streamId.startsWith(prefix));

/** @param threads how many hash. Default: as many as the machine has processors, for a log that is long enough. */
export async function* hashedLog(directory: string, threads?: number): AsyncGenerator<readonly LoggedEvent[], void> {
  const reading = new EmbeddedLogReading(directory);
  try {
    const extent = reading.extent();
    if (extent === null) return;
    const wanted = threads ?? (extent.events < worthThreads ? 1 : availableParallelism());
    // Positions that are far apart are none that the service gave: a stretch of them says nothing of how many events are in it.
    const isDense = extent.last - extent.first < 2 * extent.events;
    if (wanted > 1 && isDense) yield* hashedByThreads(directory, extent, wanted);
    else yield* hashedHere(reading, extent);
  } finally {
    reading.close();
  }
}

/** The leaf of a row as it lies in the log. */
export function hashedRow(row: Row | UnreadableRow): LoggedEvent {
  if (isUnreadable(row)) return { kind: 'unreadable', ...row };
  try {
    return loggedEvent(recorded(row), isAudited);
  } catch (error) {
    // No JSON any more, or no number: what the service never writes.
    return unreadableEvent(BigInt(row[0]), error);
  }
}

async function* hashedHere(reading: EmbeddedLogReading, { first, last }: Extent): AsyncGenerator<readonly LoggedEvent[], void> {
  for (let after: number | bigint = first - 1; ;) {
    const rows = reading.rows(after, last, pageSize);
    const newest = rows.at(-1);
    if (newest === undefined) return;
    yield await Promise.resolve(rows.map(hashedRow));
    after = isUnreadable(newest) ? newest.position : newest[0];
  }
}

/** Stretches of the log go round the threads, each of which has the next one waiting while the last is looked at here. */
async function* hashedByThreads(directory: string, { first, last }: Extent, threads: number): AsyncGenerator<readonly LoggedEvent[], void> {
  const workers = Array.from({ length: threads }, () => new HashingThread(directory));
  const waiting: Promise<HashedColumns>[] = [];
  let next = first - 1;
  let turn = 0;
  const ask = () => {
    if (next >= last) return;
    const upTo = Math.min(next + pageSize, last);
    const asked = workers[turn++ % threads]?.hash(next, upTo);
    if (!asked) return;
    // What becomes of it is told when it is its turn, which may be after a failure of one before.
    asked.catch(() => undefined);
    waiting.push(asked);
    next = upTo;
  };
  try {
    for (let ahead = 0; ahead < 3 * threads; ahead++) ask();
    for (let hashed = waiting.shift(); hashed; hashed = waiting.shift()) {
      const columns = await hashed;
      ask();
      yield fromColumns(columns);
    }
  } finally {
    // A thread that is stopped within a read of the database takes the process with it: first all ends that was asked for.
    await Promise.allSettled(waiting);
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** Answers in the order in which it is asked. */
class HashingThread {
  readonly #worker: Worker;
  readonly #waiting: { readonly resolve: (columns: HashedColumns) => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(directory: string) {
    this.#worker = new Worker(new URL('log-hashing-thread.js', import.meta.url), { workerData: { directory } });
    this.#worker.on('message', (columns: HashedColumns) => this.#waiting.shift()?.resolve(columns));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('A thread that hashes the log has ended.')));
  }

  hash(after: number, upTo: number): Promise<HashedColumns> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage({ after, upTo }, []);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
