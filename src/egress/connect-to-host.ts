import type { Socket } from 'node:net';
import { refuseDenied } from './egress-rules.js';
import type { EgressSettings } from './egress-settings.js';
import { openSocket } from './open-socket.js';
import { addressesOf, type Resolver } from './resolve.js';

/** A name with more addresses than this is a farm of servers: those that come first speak for it. */
const mostAddresses = 8;

/**
 * A connected socket to a host. Its name is looked up once, every address of it is judged, and one of these is connected to: the first that answers.
 * @param milliseconds how long all of it may take; each address has its part.
 * @throws {EgressDenied} where one of the addresses is forbidden: none is connected to then.
 * @throws what looking up the name or connecting to the last address ends with; ETIMEDOUT.
 */
export async function connectToHost(host: string, port: number, settings: EgressSettings, resolver: Resolver, milliseconds: number): Promise<Socket> {
  const addresses = await within(milliseconds, (signal) => Promise.race([addressesOf(host, resolver), end(signal)]));
  refuseDenied(addresses, port, settings);
  const tried = addresses.slice(0, mostAddresses);
  let failure: unknown;
  for (const address of tried) {
    try {
      return await within(milliseconds / tried.length, (signal) => openSocket(address, port, settings, signal));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function within<Result>(milliseconds: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(Object.assign(new Error('It did not answer in time.'), { code: 'ETIMEDOUT' })), milliseconds);
  try {
    return await work(patience.signal);
  } finally {
    clearTimeout(timer);
  }
}

function end(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}
