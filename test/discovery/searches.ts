import { addressOf, type Address } from '../../src/discovery/address.js';
import type { Discovery, DiscoveryProgress } from '../../src/discovery/discovery-port.js';
import { settingsDiscoverer, type DiscoveryLimits } from '../../src/discovery/discover-settings.js';
import type { Means, ProbedServer } from '../../src/discovery/means.js';
import type { Finding, Source } from '../../src/discovery/source.js';

const nobody: Means = {
  fetch: () => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('There is no such host.'), { code: 'ENOTFOUND' }) })),
  nameServers: { srv: () => Promise.resolve([]), mx: () => Promise.resolve([]) },
  probe: () => Promise.resolve('ABSENT'),
  asksThunderbird: true,
};

/** A world in which nobody is to be found, but for what is given. */
export function means(some: Partial<Means> = {}): Means {
  return { ...nobody, ...some };
}

export const anna: Address = addressOf('anna.meier@example.com');

export function search(source: Source, some: Partial<Means>, address: Address = anna): Promise<Finding> {
  return source.search(address, means(some), new AbortController().signal);
}

/** Enough for a machine under load; who waits for a silent source passes less. */
export const unhurried: DiscoveryLimits = { sourceMilliseconds: 10_000, overallMilliseconds: 20_000 };

export async function discover(
  some: Partial<Means>,
  limits: DiscoveryLimits = unhurried,
  emailAddress = anna.address,
): Promise<{ readonly progress: readonly DiscoveryProgress[]; readonly discovery: Discovery }> {
  const progress: DiscoveryProgress[] = [];
  for await (const each of settingsDiscoverer(means(some), limits)(emailAddress, new AbortController().signal)) progress.push(each);
  const last = progress.at(-1);
  if (last === undefined || !('discovery' in last)) throw new Error('The discovery ended without a result.');
  return { progress, discovery: last.discovery };
}

/** `IMAP imap.example.com:993 TLS` */
export function inWords({
  protocol,
  host,
  port,
  security,
}: {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly security: string;
}): string {
  return `${protocol} ${host}:${port} ${security}`;
}

/** A probe that finds these and nothing else, and keeps in mind what it was asked. */
export function probeFinding(...there: readonly string[]): { readonly probe: Means['probe']; readonly probed: readonly ProbedServer[] } {
  const probed: ProbedServer[] = [];
  return {
    probed,
    probe: (server) => {
      probed.push(server);
      return Promise.resolve(there.includes(inWords(server)) ? 'VERIFIED' : 'ABSENT');
    },
  };
}

/** `fetch` of a world in which these pages answer at once, and all others never: they end with their signal. */
export function fetchOf(pages: Readonly<Record<string, string>>): Means['fetch'] {
  return (input, init) => {
    const { host, pathname } = new URL(new Request(input).url);
    const page = pages[`${host}${pathname}`];
    if (page !== undefined) return Promise.resolve(new Response(page));
    return new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new DOMException('This operation was aborted', 'AbortError'))));
  };
}
