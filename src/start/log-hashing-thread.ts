import { parentPort, workerData } from 'node:worker_threads';
import { EmbeddedLogReading } from '../event-store/embedded-reading.js';
import { toColumns } from './hashed-columns.js';
import { hashedRow } from './log-hashing.js';

/** A thread that hashes stretches of a log: it is told where they begin and end, and answers in order. */
const { directory } = workerData as { readonly directory: string };
const reading = new EmbeddedLogReading(directory);

parentPort?.on('message', ({ after, upTo }: { readonly after: number; readonly upTo: number }) => {
  const columns = toColumns(reading.rows(after, upTo, upTo - after).map(hashedRow));
  const { positions, revisions, times, hashes } = columns;
  parentPort?.postMessage(columns, [positions.buffer, revisions.buffer, times.buffer, hashes.buffer]);
});
