import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EgressDenied } from '../../src/egress/egress-denied.js';
import { openSocket } from '../../src/egress/open-socket.js';
import { freePorts } from '../mail/lab/free-ports.js';
import { socketsBegun } from './denied-targets.js';

let server: Server;
let port: number;
const never = new AbortController().signal;

beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => new Promise((closed) => server.close(closed)));

describe('a socket', () => {
  it('is connected to the address, and lives on when what could have ended the attempt comes later', async () => {
    const attempt = new AbortController();
    const socket = await openSocket('127.0.0.1', port, { allowLoopback: true }, attempt.signal);
    attempt.abort();
    expect([socket.remoteAddress, socket.remotePort, socket.destroyed]).toEqual(['127.0.0.1', port, false]);
    socket.destroy();
  });

  it.each(['127.0.0.1', '169.254.169.254', 'localhost', ''])('is not even begun to what nobody allowed: "%s"', async (address) => {
    const sockets = socketsBegun();
    await expect(openSocket(address, port, { allowLoopback: false }, never)).rejects.toBeInstanceOf(EgressDenied);
    sockets.stop();
    expect(sockets.count()).toBe(0);
  });

  it('fails as connecting does', async () => {
    const [closed = 0] = await freePorts(1);
    await expect(openSocket('127.0.0.1', closed, { allowLoopback: true }, never)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  // Closing the server waits for every connection to end.
  it('is left by the end of its attempt with the reason of that, and is destroyed', async () => {
    const attempt = new AbortController();
    const opening = openSocket('127.0.0.1', port, { allowLoopback: true }, attempt.signal);
    attempt.abort(new RangeError('enough'));
    await expect(opening).rejects.toThrow('enough');
    await expect(openSocket('127.0.0.1', port, { allowLoopback: true }, attempt.signal)).rejects.toThrow('enough');
  });
});
