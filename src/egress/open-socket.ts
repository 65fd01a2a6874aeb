import { connect, type Socket } from 'node:net';
import { refuseDenied } from './egress-rules.js';
import type { EgressSettings } from './egress-settings.js';

/**
 * A connected socket to a port of an IP address. Everything that leaves goes through here: no name is looked up any more, and no address is connected to that was not judged.
 * @param signal ends the attempt; of a socket that is connected its owner takes care.
 * @throws {EgressDenied} @throws what connecting ends with; the signal's reason.
 */
export async function openSocket(address: string, port: number, settings: EgressSettings, signal: AbortSignal): Promise<Socket> {
  refuseDenied([address], port, settings);
  signal.throwIfAborted();
  const socket = connect({ host: address, port, noDelay: true });
  let stop = () => undefined as void;
  try {
    await new Promise<void>((resolve, reject) => {
      stop = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' })));
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
