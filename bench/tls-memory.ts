import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { argv } from 'node:process';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { Deadline } from '../src/mail/deadline.js';
import { imapEndpoint } from '../src/mail/endpoint.js';
import { openMailConnection } from '../src/mail/mail-connection.js';
import { roadOf } from '../src/mail/mail-settings.js';
import { StageRun } from '../src/mail/stage-run.js';
import { certificateAuthority } from '../test/mail/lab/certificate-authority.js';
import type { Row } from './table.js';

const connections = 200;

/** What the process of a client grows by, in bytes, that has 200 IMAP connections over TLS open: with one TLS context for all of them, as the service has it, and with one for each. */
export async function tlsMemoryRows(): Promise<readonly Row[]> {
  const authority = certificateAuthority('Bench CA');
  const { certificate, key } = authority.issue(['127.0.0.1']);
  const server = createServer({ cert: certificate, key }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const shared = await grownBy('shared', port, authority.certificate);
  const single = await grownBy('single', port, authority.certificate);
  await new Promise((closed) => server.close(closed));
  return [
    {
      what: `memory of ${connections} IMAP connections over TLS, shared contexts`,
      figure: `${mebibytes(shared)} MiB`,
      ratio: `${(shared / single).toFixed(2)} × a context each (${mebibytes(single)} MiB)`,
    },
  ];
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

/** In a process of its own, so that nothing else grows meanwhile: the server least of all. */
async function grownBy(contexts: 'shared' | 'single', port: number, authority: string): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), [contexts, String(port), authority], { execArgv: ['--expose-gc'] });
  const [bytes] = (await once(child, 'message')) as [number];
  if (child.exitCode === null) await once(child, 'exit');
  return bytes;
}

async function measure(contexts: string, port: number, authority: string): Promise<number> {
  const settings = { egress: { allowLoopback: true }, additionalRoots: [authority] };
  const one = roadOf(settings);
  const endpoint = imapEndpoint(
    { host: '127.0.0.1', port, useTls: true, startTls: 'DISABLED', minimumTlsVersion: 'TLS_1_2', truststore: null, authenticationProfile: null },
    null,
  );
  const deadline = new Deadline(120_000, new AbortController().signal);
  const open = async () => {
    const road = contexts === 'shared' ? one : roadOf(settings);
    return (await openMailConnection(endpoint, new StageRun('RECEIVER', [], port, [], () => undefined), road, deadline)).socket;
  };
  // The first loads code; its context is not counted where all others take it too, which is to the good of none: it is one in two hundred.
  const kept = [await open()];
  const before = settled();
  for (let count = 0; count < connections; count++) kept.push(await open());
  const after = settled();
  for (const socket of kept) socket.destroy();
  deadline.end();
  return after - before;
}

function settled(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

const [, script, contexts, port, authority] = argv;
if (script === fileURLToPath(import.meta.url) && contexts !== undefined && port !== undefined && authority !== undefined) {
  process.send?.(await measure(contexts, Number(port), authority));
  process.disconnect();
}
