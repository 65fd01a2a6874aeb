import { argv } from 'node:process';
import { Deadline } from '../src/mail/deadline.js';
import { imapEndpoint } from '../src/mail/endpoint.js';
import { openMailConnection } from '../src/mail/mail-connection.js';
import { roadOf } from '../src/mail/mail-settings.js';
import { StageRun } from '../src/mail/stage-run.js';

/** Started by `tls-memory.ts`: opens IMAP connections over TLS, and sends what its memory grew by to who started it, in bytes. */
const [, , contexts = 'shared', connections = '', port = '', authority = ''] = argv;

const settings = { egress: { allowLoopback: true }, additionalRoots: [authority] };
const deadline = new Deadline(120_000, new AbortController().signal);
const connection = {
  host: '127.0.0.1',
  port: Number(port),
  startTls: 'DISABLED',
  minimumTlsVersion: 'TLS_1_2',
  truststore: null,
  authenticationProfile: null,
} as const;
const endpoint = imapEndpoint({ ...connection, useTls: true }, null);

async function open(road: ReturnType<typeof roadOf>) {
  return (await openMailConnection(endpoint, new StageRun('RECEIVER', [], endpoint.port, [], () => undefined), road, deadline)).socket;
}

function memory(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

// Loads the code, which is the same for all.
const kept = [await open(roadOf(settings))];
const before = memory();
const shared = roadOf(settings);
for (let count = 0; count < Number(connections); count++) kept.push(await open(contexts === 'shared' ? shared : roadOf(settings)));
process.send?.(memory() - before);
for (const socket of kept) socket.destroy();
deadline.end();
process.disconnect();
