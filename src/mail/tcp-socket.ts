import { connect, type Socket } from 'node:net';
import type { Deadline } from './deadline.js';

/**
 * A connected socket to an IP address that the egress rules allow. No name is looked up any more: what was classified is what is connected to.
 * @throws what connecting ends with; {ConnectionFailure} TIMEOUT, CANCELLED
 */
export async function openSocket(address: string, port: number, deadline: Deadline, limitMilliseconds = deadline.step): Promise<Socket> {
  const socket = deadline.keep(connect({ host: address, port, noDelay: true }));
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' })));
  });
  try {
    await deadline.within(connected, limitMilliseconds);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
