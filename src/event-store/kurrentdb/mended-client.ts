import type * as library from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { StoreUnavailable } from '../event-store.js';
import type { ConnectionSettings } from './connection-string.js';
import { saysNoNodeWasFound } from './errors.js';

/** The client's library, and nothing of it before it is asked for. */
export type ClientLibrary = typeof library;
export const loadClientLibrary = (): Promise<ClientLibrary> => import('@eventstore/db-client');

/** Told of what an operator should know. */
export type Warn = (message: string, cause?: unknown) => void;

export interface MendedClient {
  readonly client: EventStoreDBClient;
  /** How many connections it has made so far. As long as the number stays the same, all calls go to one node. */
  readonly connections: () => number;
  /** `host:port` of the node that it talks to, or looked for last. */
  readonly node: () => string | undefined;
  /** Cancels its streams and closes its connections; its calls fail. */
  dispose(): void;
}

/** A node that was given up, and is not to be found again too soon. */
export interface Avoided {
  readonly node: string;
  readonly isOver: () => boolean;
  /** Called instead of connecting to it: this client knows no better, another may. */
  readonly found: () => void;
}

interface Channel {
  close(): void;
}

/** What version 6.2.1 keeps on each instance, by these names. */
interface Inside {
  handleError: (client: unknown, error: unknown) => Promise<void>;
  createChannel: () => Promise<Channel>;
  /** Finds the leader by gossip, or as another node has named it. */
  resolveUri: () => Promise<string>;
}

/**
 * Makes a client and mends what its makers left open in 6.2.1:
 * - It looks for another node behind the back of a failed call and waits for nobody, so "Failed to discover" ends the process as an unhandled rejection. Here it ends where it
 *   arises: every caller hears it by its own call. Anything else that goes wrong there is warned of.
 * - It closes a connection while other calls are on their way to it; an append that comes too late throws where nobody catches, which ends the process too, and never settles. Here a
 *   connection is closed only when those calls have begun: they fail as calls do.
 * - It connects to whomever the cluster names as leader, also when that one has just been given up for its silence. Here that is avoided for a while.
 * - `dispose` cancels streams and leaves the connections open. Here they are closed.
 */
export function makeClient({ EventStoreDBClient }: ClientLibrary, settings: ConnectionSettings, warn: Warn, avoided?: Avoided): MendedClient {
  const client = new EventStoreDBClient(...argumentsFor(settings, avoided));
  const inside = client as unknown as Partial<Inside>;
  const { handleError, createChannel, resolveUri } = inside;
  const open = new Set<Channel>();
  let [made, disposed] = [0, false];
  let node: string | undefined;
  if (handleError)
    inside.handleError = (grpcClient, error) =>
      handleError(grpcClient, error).catch((fault: unknown) => {
        if (!saysNoNodeWasFound(fault) && !(fault instanceof StoreUnavailable))
          warn('The client of the event store failed while it changed its connection. It makes a new one with the next call.', fault);
      });
  if (createChannel)
    inside.createChannel = async () => {
      const channel = await createChannel();
      const close = channel.close.bind(channel);
      channel.close = () => {
        open.delete(channel);
        setTimeout(close, lingerMilliseconds);
      };
      made++;
      if (disposed) channel.close();
      else open.add(channel);
      return channel;
    };
  if (resolveUri)
    inside.resolveUri = async () => {
      node = await resolveUri();
      if (settings.kind === 'single' || node !== avoided?.node || avoided.isOver()) return node;
      avoided.found();
      throw new StoreUnavailable('the cluster still names the leader that does not answer');
    };
  if (!handleError || !createChannel || !resolveUri)
    warn('The client of the event store has changed inside and could not be mended. Use the version of package.json.');
  return {
    client,
    connections: () => made,
    node: () => node,
    dispose() {
      disposed = true;
      client.dispose().catch((fault: unknown) => warn('A client of the event store could not be put away.', fault));
      for (const channel of open) channel.close();
    },
  };
}

/** A call that has its connection begins within the same turn; this is many turns. */
const lingerMilliseconds = 100;

function argumentsFor(settings: ConnectionSettings, avoided: Avoided | undefined): ConstructorParameters<typeof EventStoreDBClient> {
  const { endpoints, kind, tls, certificateAuthority, connectionName, keepAliveInterval, keepAliveTimeout } = settings;
  const common = { connectionName, keepAliveInterval, keepAliveTimeout };
  const { maxDiscoverAttempts, discoveryInterval, gossipTimeout } = settings;
  const discovery = { ...common, maxDiscoverAttempts, discoveryInterval, gossipTimeout, nodePreference: 'leader' as const };
  const security = { insecure: !tls, ...(certificateAuthority && { rootCertificate: certificateAuthority }) };
  const [first] = endpoints;
  // A frozen node takes the question who leads, and a second of everybody's time.
  const others = endpoints.filter(({ address, port }) => `${address}:${port}` !== avoided?.node);
  const seeds = others.length > 0 ? others : [...endpoints];
  // The constructor is declared once for each kind of connection, and its parameters are known as those of the last one.
  const connection: object =
    kind === 'single' ? { ...common, endpoint: first } : kind === 'dns' ? { ...discovery, discover: first } : { ...discovery, endpoints: seeds };
  return [connection as ConstructorParameters<typeof EventStoreDBClient>[0], security, settings.credentials];
}

/**
 * The client takes its batch path, which never recovers from an outage, unless a call brings credentials of its own. A server without TLS has no users and the client sends it none,
 * so there these stand for them.
 */
export function credentialsOf({ credentials }: ConnectionSettings): { username: string; password: string } {
  return credentials ?? { username: 'none', password: 'none' };
}
