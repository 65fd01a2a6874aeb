import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { appendBatches } from './writers.js';

/** Run as a process of its own: the writers append to the store in the directory it is given and print what is acknowledged, until somebody kills the process. */
const [directory = ''] = process.argv.slice(2);
await appendBatches(await openEmbeddedEventStore(directory), Infinity, (line) => process.stdout.write(line));
