import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectToHost } from '../../src/egress/connect-to-host.js';
import { egressFetch } from '../../src/egress/egress-fetch.js';
import type { EgressSettings } from '../../src/egress/egress-settings.js';
import type { Resolver } from '../../src/egress/resolve.js';
import { mailServerProbe } from '../../src/discovery/mail-server-probe.js';
import { dnsServer, type DnsServer } from '../discovery/dns-server.js';
import { resolverOf, socketsBegun, targets, type Targets } from './denied-targets.js';

/** Of the two, the settings allow the first alone. */
const allowedAddress = '127.0.0.2';
const deniedAddress = '127.0.0.3';
const tries = 1_000;

let listeners: Targets;
let names: DnsServer;
let egress: EgressSettings;
let resolver: Resolver;
let answers = 0;
let askedBefore = 0;

beforeAll(async () => {
  listeners = await targets([allowedAddress, deniedAddress], 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
  // Another answer every time, never to be kept: what asks twice gets one of each kind.
  names = await dnsServer(({ type }) => (type === 'A' ? [{ type, data: answers++ % 2 === 0 ? allowedAddress : deniedAddress, ttl: 0 }] : []));
  egress = { allowLoopback: false, allowedLoopback: [{ address: allowedAddress, port: listeners.port }] };
  resolver = resolverOf(names);
});
afterAll(async () => {
  await listeners.close();
  await names.close();
});
beforeEach(() => {
  askedBefore = questions();
  for (const address of listeners.connections.keys()) listeners.connections.set(address, 0);
});

describe('a name server that changes its mind', () => {
  it('leads no socket to the address that it did not tell first, in 1,000 tries', async () => {
    const { fulfilled, sockets } = await attempts(async () => (await connectToHost('rebinding.example', listeners.port, egress, resolver, 5_000)).destroy());
    expect([fulfilled, sockets]).toEqual([tries / 2, tries / 2]);
    expect(await seen(sockets)).toEqual({ allowed: tries / 2, denied: 0, lookups: tries });
  });

  it('leads no request there, in 1,000 tries', async () => {
    const fetch = egressFetch({ egress, resolver });
    const { fulfilled, sockets } = await attempts(async () => (await fetch(`http://rebinding.example:${listeners.port}/`)).text());
    await fetch.close();
    expect([fulfilled, sockets]).toEqual([tries / 2, tries / 2]);
    expect(await seen(sockets)).toEqual({ allowed: tries / 2, denied: 0, lookups: tries });
  });

  it('leads no mail connection there, nor one that finds out why the first failed, in 1,000 tries', async () => {
    const probe = mailServerProbe({ egress, resolver });
    const server = { protocol: 'IMAP', host: 'rebinding.example', port: listeners.port, security: 'TLS' } as const;
    const { fulfilled, sockets } = await attempts(async () => expect(await probe(server, new AbortController().signal)).toBe('ABSENT'));
    expect([fulfilled, sockets >= tries / 2]).toEqual([tries, true]);
    expect(await seen(sockets)).toEqual({ allowed: sockets, denied: 0, lookups: tries });
  });
});

/** How many of the tries came to something; the others must have been denied. Some at a time, so that answers of the name server overtake each other. */
async function attempts(work: () => Promise<unknown>): Promise<{ readonly fulfilled: number; readonly sockets: number }> {
  const begun = socketsBegun();
  const outcomes: PromiseSettledResult<unknown>[] = [];
  while (outcomes.length < tries) outcomes.push(...(await Promise.allSettled(Array.from({ length: 20 }, work))));
  begun.stop();
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : []));
  expect(failures.filter((code) => code !== 'EGRESS_DENIED')).toEqual([]);
  return { fulfilled: outcomes.length - failures.length, sockets: begun.count() };
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return 'code' in error ? error.code : codeOf(error.cause ?? error.message);
}

function questions(): number {
  return names.questions.filter(({ type }) => type === 'A').length;
}

/** What the listeners saw, once they have seen every socket that was begun. */
async function seen(sockets: number) {
  const { connections } = listeners;
  const count = (address: string) => connections.get(address) ?? 0;
  await vi.waitUntil(() => count(allowedAddress) + count(deniedAddress) >= sockets, { timeout: 5_000 });
  return { allowed: count(allowedAddress), denied: count(deniedAddress), lookups: questions() - askedBefore };
}
