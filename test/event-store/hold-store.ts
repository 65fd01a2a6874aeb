import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';

/** Run as a process of its own: opens the store in the directory it is given, says so, and keeps it until it is killed. */
await openEmbeddedEventStore(process.argv[2] ?? '');
process.stdout.write('open\n');
setInterval(() => undefined, 60_000);
