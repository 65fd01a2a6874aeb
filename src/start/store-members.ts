import type { ConnectionSettings, Endpoint } from '../event-store/kurrentdb/connection-string.js';
import { nameOf, readNode } from './store-node-request.js';

export interface Member {
  /** `host:port`, as the servers call it among themselves and in the records of their scavenges. */
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly isAlive: boolean;
  readonly leads: boolean;
}

interface Gossip {
  readonly members: readonly { readonly state: string; readonly isAlive: boolean; readonly httpEndPointIp: string; readonly httpEndPointPort: number }[];
}

/** The servers of the cluster as one of them knows them. A server that stands alone is reached as the connection string says, whatever it calls itself. */
export async function membersKnownTo(settings: ConnectionSettings, endpoint: Endpoint): Promise<readonly Member[]> {
  const { body } = await readNode(settings, endpoint, { path: '/gossip' });
  const { members } = JSON.parse(body) as Gossip;
  const voters = members.filter(({ state }) => state !== 'Manager');
  return voters.map(({ state, isAlive, httpEndPointIp: address, httpEndPointPort: port }) => ({
    name: nameOf({ address, port }),
    endpoint: voters.length === 1 ? endpoint : { address, port },
    isAlive,
    leads: isAlive && state === 'Leader',
  }));
}
