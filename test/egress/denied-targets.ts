import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Resolver as DnsResolver } from 'node:dns/promises';
import type { Resolver } from '../../src/egress/resolve.js';
import type { DnsServer } from '../discovery/dns-server.js';

/** Listeners on one port of several addresses of this machine: what connects to any of them is seen. */
export interface Targets {
  readonly port: number;
  /** How many connections came, by address. */
  readonly connections: Map<string, number>;
  close(): Promise<void>;
}

/** @param greeting what is said to whoever comes; the connection is closed after it. */
export async function targets(addresses: readonly string[], greeting = '220 target\r\n'): Promise<Targets> {
  const sockets = new Set<Socket>();
  const connections = new Map(addresses.map((address) => [address, 0]));
  const listen = async (address: string, port: number) => {
    const server = createServer((socket) => {
      connections.set(address, (connections.get(address) ?? 0) + 1);
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.end(greeting);
    }).listen(port, address);
    await once(server, 'listening');
    return server;
  };
  const servers: Server[] = [];
  let port = 0;
  for (const address of addresses) {
    const server = await listen(address, port);
    servers.push(server);
    ({ port } = server.address() as AddressInfo);
  }
  return {
    port,
    connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) await new Promise((closed) => server.close(closed));
    },
  };
}

/** Every socket that the caller begins to connect, and whatever it has done, wherever to, until `stop`. What earlier tests left to itself, such as a client that goes on connecting, is not counted. */
export function socketsBegun(): { readonly count: () => number; stop(): void } {
  let begun = 0;
  const caller = new AsyncLocalStorage<true>();
  caller.enterWith(true);
  const count = () => {
    if (caller.getStore()) begun++;
  };
  subscribe('net.client.socket', count);
  return { count: () => begun, stop: () => void unsubscribe('net.client.socket', count) };
}

/** Asks a name server for A and AAAA records, each time anew, and follows its CNAMEs. */
export function resolverOf({ address }: DnsServer): Resolver {
  const resolver = new DnsResolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([address]);
  const orNone = async (records: Promise<readonly string[]>) => records.catch(() => []);
  return async (host) => [...(await orNone(resolver.resolve4(host))), ...(await orNone(resolver.resolve6(host)))];
}
