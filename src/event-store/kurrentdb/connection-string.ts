import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What a connection string says, checked. The password is in here: never log it whole, `describeConnection` is for people. */
export interface ConnectionSettings {
  /** The node, the seeds of a cluster, or the one name behind which DNS lists its nodes. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  /** A cluster is asked by gossip who leads; a single node is taken as it is. */
  readonly kind: 'single' | 'seeds' | 'dns';
  readonly tls: boolean;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** PEM. Undefined: the authorities that Node.js trusts. */
  readonly certificateAuthority: Buffer | undefined;
  readonly connectionName: string;
  readonly maxDiscoverAttempts: number;
  /** Milliseconds between two rounds of asking the seeds. */
  readonly discoveryInterval: number;
  /** Seconds that one seed is given to answer; the client takes whole ones only. */
  readonly gossipTimeout: number;
  /** Milliseconds. */
  readonly keepAliveInterval: number;
  readonly keepAliveTimeout: number;
}

/** The connection string cannot be used. The message names the part and what to write instead, and repeats nothing that could hold the password. */
export class ConnectionStringRefused extends Error {
  override readonly name = 'ConnectionStringRefused';
}

const schemes: Readonly<Record<string, 'hosts' | 'dns'>> = {
  esdb: 'hosts',
  kurrentdb: 'hosts',
  kdb: 'hosts',
  'esdb+discover': 'dns',
  'kurrentdb+discover': 'dns',
  'kdb+discover': 'dns',
};

/**
 * Reads `kurrentdb://user:password@host:port,host:port?tls=true&tlsCaFile=/path`, with `esdb` for `kurrentdb` and `+discover` for one name in DNS. The client's own
 * parser is not used: it prints the whole string, password included, when it does not know an option, and takes no IPv6 address.
 * @throws {ConnectionStringRefused}
 */
export function parseConnectionString(text: string): ConnectionSettings {
  const match = /^(?<scheme>[a-z+]+):\/\/(?:(?<login>[^@/?]*)@)?(?<hosts>[^@/?]+)\/?(?:\?(?<options>.*))?$/i.exec(text.trim());
  const scheme = schemes[match?.groups?.['scheme']?.toLowerCase() ?? ''];
  if (!match?.groups || !scheme)
    throw new ConnectionStringRefused(
      'Write the connection string as kurrentdb://user:password@host:2113?tls=true, with further hosts after a comma. Percent-encode @ : / ? in user and password.',
    );
  const options = optionsOf(match.groups['options'] ?? '');
  const endpoints = endpointsOf(match.groups['hosts'] ?? '');
  if (scheme === 'dns' && endpoints.length > 1) throw new ConnectionStringRefused('With +discover give one host name: DNS lists the nodes behind it.');
  const tls = options.flag('tls', true);
  if (!options.flag('tlsverifycert', true))
    throw new ConnectionStringRefused(
      'tlsVerifyCert=false is not supported. Name the authority that signed the server certificates: tlsCaFile=/path/to/ca.crt.',
    );
  const credentials = loginOf(match.groups['login']);
  if (tls && !credentials)
    throw new ConnectionStringRefused(
      'Over TLS the event store needs a user: kurrentdb://user:password@host. An insecure server for development takes ?tls=false.',
    );
  const certificateAuthority = options.file('tlscafile');
  const settings: ConnectionSettings = {
    endpoints,
    kind: scheme === 'dns' ? 'dns' : endpoints.length > 1 ? 'seeds' : 'single',
    tls,
    credentials,
    certificateAuthority,
    connectionName: options.text('connectionname') ?? 'postledger',
    maxDiscoverAttempts: options.number('maxdiscoverattempts') ?? 3,
    discoveryInterval: options.number('discoveryinterval') ?? 100,
    gossipTimeout: options.number('gossiptimeout') ?? 1,
    keepAliveInterval: options.number('keepaliveinterval') ?? 10_000,
    keepAliveTimeout: options.number('keepalivetimeout') ?? 10_000,
  };
  options.refuseUnknown();
  return settings;
}

/** The same for one node of the cluster, as `host:port`. */
export function settingsOfNode(settings: ConnectionSettings, node: string): ConnectionSettings {
  const colon = node.lastIndexOf(':');
  return { ...settings, kind: 'single', endpoints: [{ address: node.slice(0, colon), port: Number(node.slice(colon + 1)) }] };
}

/** Where it connects, for people and logs: no password. */
export function describeConnection({ endpoints, kind, tls, credentials }: ConnectionSettings): string {
  const hosts = endpoints.map(({ address, port }) => `${address}:${port}`).join(', ');
  return `${kind === 'single' ? 'node' : 'cluster'} ${hosts}, ${tls ? 'TLS' : 'no TLS'}, ${credentials ? `user ${credentials.username}` : 'no user'}`;
}

function endpointsOf(hosts: string): [Endpoint, ...Endpoint[]] {
  const [first, ...others] = hosts.split(',').map((host) => {
    const { address, port = '2113' } = /^(?<address>\[[0-9a-f:.]+\]|[^:[\]\s]+)(?::(?<port>\d{1,5}))?$/i.exec(host.trim())?.groups ?? {};
    if (address === undefined || Number(port) < 1 || Number(port) > 65_535)
      throw new ConnectionStringRefused(
        `Host ${JSON.stringify(host)} is not a host name or address with a port from 1 to 65535, such as node1.example.com:2113.`,
      );
    return { address, port: Number(port) };
  });
  if (!first) throw new ConnectionStringRefused('The connection string names no host.');
  return [first, ...others];
}

function loginOf(login: string | undefined): ConnectionSettings['credentials'] {
  if (login === undefined || login === '') return undefined;
  const [username = '', password, ...more] = login.split(':');
  try {
    if (username !== '' && password !== undefined && more.length === 0)
      return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  throw new ConnectionStringRefused('Write the login as user:password@, each percent-encoded.');
}

/** Options by their names in lower case: the servers' documentation spells them in several ways. Some are taken and not needed: see `ignored`. */
function optionsOf(query: string) {
  const pairs = query.split('&').filter((pair) => pair !== '');
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const [name = '', value, ...more] = pair.split('=');
    if (name === '' || value === undefined || value === '' || more.length > 0) throw new ConnectionStringRefused('Write options as ?name=value&name=value.');
    values.set(name.toLowerCase().replaceAll(/[_-]/g, ''), decoded(name, value));
  }
  const take = (name: string) => {
    const value = values.get(name);
    values.delete(name);
    return value;
  };
  return {
    text: take,
    flag(name: string, otherwise: boolean): boolean {
      const value = take(name)?.toLowerCase();
      if (value !== undefined && value !== 'true' && value !== 'false') throw new ConnectionStringRefused(`Option ${name} is true or false.`);
      return value === undefined ? otherwise : value === 'true';
    },
    number(name: string): number | undefined {
      const value = take(name);
      if (value !== undefined && !/^[1-9]\d{0,8}$/.test(value)) throw new ConnectionStringRefused(`Option ${name} is a whole number above 0.`);
      return value === undefined ? undefined : Number(value);
    },
    file(name: string): Buffer | undefined {
      const path = take(name);
      if (path === undefined) return undefined;
      try {
        return readFileSync(resolve(path));
      } catch (error) {
        throw new ConnectionStringRefused(`The file of option ${name} cannot be read: ${resolve(path)}. Mount it, or correct the path.`, { cause: error });
      }
    },
    refuseUnknown(): void {
      for (const name of ignored) take(name);
      const [unknown] = values.keys();
      if (unknown !== undefined) throw new ConnectionStringRefused(`Option ${unknown} is not known. Take it out of the connection string.`);
    },
  };
}

/** What a connection string may hold for other clients, and this store decides by itself: it always asks the leader, and gives every call a deadline of its own. */
const ignored = ['nodepreference', 'defaultdeadline', 'throwonappendfailure'];

function decoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new ConnectionStringRefused(`The value of option ${name} is not percent-encoded as it should be.`, { cause: error });
  }
}
