import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../src/event-store/embedded-database.js';
import { EmbeddedEventStore } from '../../src/event-store/embedded.js';
import { appendBatches } from './writers.js';

/**
 * Run as a process of its own whose file accesses are traced: the writers append so many batches, and what is acknowledged goes to a file, so that the trace shows
 * it in its place between the writes and syncs. Checkpoints come forty times as often as in earnest, so that a short trace has many.
 */
const [directory = '', acknowledgedFile = '', batches = '', synchronous = ''] = process.argv.slice(2);
const database = openDatabase(join(directory, 'events.db'));
database.exec(`PRAGMA wal_autocheckpoint = 100; PRAGMA synchronous = ${synchronous}`);
const store = new EmbeddedEventStore(database, { now: () => new Date(), released: () => undefined });
const acknowledged = openSync(acknowledgedFile, 'w');
await appendBatches(store, Number(batches), (line) => writeSync(acknowledged, line));
await store.close();
