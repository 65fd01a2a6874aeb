import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
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
  const child = fork(fileURLToPath(new URL('./open-connections.js', import.meta.url)), [contexts, String(connections), String(port), authority], {
    execArgv: ['--expose-gc'],
  });
  const [bytes] = (await once(child, 'message')) as [number];
  if (child.exitCode === null) await once(child, 'exit');
  return bytes;
}
