import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Answers the IP addresses of a host name, best first. */
export type Resolver = (host: string) => Promise<readonly string[]>;

/** The machine's own: /etc/hosts first, then DNS, in the order that the system prefers. */
export const systemResolver: Resolver = async (host) => (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * The addresses of a host, each once. Asked for once a connection: what is classified is what is connected to.
 * @throws what the resolver throws; ENOTFOUND for an empty answer.
 */
export async function addressesOf(host: string, resolver: Resolver): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const addresses = [...new Set(await resolver(host))];
  if (addresses.length === 0) throw Object.assign(new Error('The name has no address.'), { code: 'ENOTFOUND' });
  return addresses;
}
