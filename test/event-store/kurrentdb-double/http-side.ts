import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A member of the cluster as it is told over HTTP. */
export interface ToldMember {
  readonly port: number;
  readonly leads: boolean;
  readonly isAlive: boolean;
}

/** What a node tells of itself to whoever looks after it. */
export interface Told {
  readonly isReady: boolean;
  readonly leads: boolean;
  readonly members: readonly ToldMember[];
}

/** The HTTP side of a node: `/info`, `/health/live` and `/gossip`. */
export class HttpSide {
  readonly #server;

  constructor(told: () => Told) {
    this.#server = createServer((request, response) => {
      const { isReady, leads, members } = told();
      switch (`${request.method} ${request.url}`) {
        case 'GET /info':
          return response.end(JSON.stringify({ esVersion: '23.10.6.0', state: isReady ? stateOf(leads).toLowerCase() : 'unknown' }));
        case 'GET /health/live':
          return response.writeHead(204).end();
        case 'GET /gossip':
          return response.end(JSON.stringify({ members: members.map(gossiped) }));
        default:
          return response.writeHead(404).end();
      }
    });
  }

  /** @returns the port. */
  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const stateOf = (leads: boolean) => (leads ? 'Leader' : 'Follower');

function gossiped({ port, leads, isAlive }: ToldMember) {
  return { state: stateOf(leads), isAlive, httpEndPointIp: '127.0.0.1', httpEndPointPort: port };
}
