import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectToHost } from '../../src/egress/connect-to-host.js';
import { egressFetch } from '../../src/egress/egress-fetch.js';
import type { EgressSettings } from '../../src/egress/egress-settings.js';
import type { Resolver } from '../../src/egress/resolve.js';
import { mailServerProbe } from '../../src/discovery/mail-server-probe.js';
import { dnsServer, type DnsServer } from '../discovery/dns-server.js';
import { resolverOf, targets, type Targets } from './denied-targets.js';

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

/** A name that leads to the forbidden address every other time is followed every other time, and never there. */
describe('a name server that changes its mind', () => {
  it('leads no socket to the address that it did not tell first, in 1,000 tries', async () => {
    const connected = await attempts(async () => (await connectToHost('rebinding.example', listeners.port, egress, resolver, 5_000)).destroy());
    expect(connected).toBe(tries / 2);
    expect(seen()).toEqual({ allowed: tries / 2, denied: 0, lookups: tries });
  });

  it('leads no request there, in 1,000 tries', async () => {
    const fetch = egressFetch({ egress, resolver });
    const answered = await attempts(async () => (await fetch(`http://rebinding.example:${listeners.port}/`)).text());
    await fetch.close();
    expect(answered).toBe(tries / 2);
    expect(seen()).toEqual({ allowed: tries / 2, denied: 0, lookups: tries });
  });

  it('leads no mail connection there, nor one that finds out why the first failed, in 1,000 tries', async () => {
    const probe = mailServerProbe({ egress, resolver });
    await attempts(async () => {
      expect(await probe({ protocol: 'IMAP', host: 'rebinding.example', port: listeners.port, security: 'TLS' }, new AbortController().signal)).toBe('ABSENT');
    });
    const { allowed, denied, lookups } = seen();
    expect({ denied, lookups }).toEqual({ denied: 0, lookups: tries });
    expect(allowed).toBeGreaterThanOrEqual(tries / 2);
  });
});

/** How many of the tries came to something; the others must have been denied. Some at a time, so that answers of the name server overtake each other. */
async function attempts(work: () => Promise<unknown>): Promise<number> {
  const outcomes: PromiseSettledResult<unknown>[] = [];
  while (outcomes.length < tries) outcomes.push(...(await Promise.allSettled(Array.from({ length: 20 }, work))));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : []));
  expect(failures.filter((code) => code !== 'EGRESS_DENIED')).toEqual([]);
  return outcomes.length - failures.length;
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return 'code' in error ? error.code : codeOf(error.cause ?? error.message);
}

function questions(): number {
  return names.questions.filter(({ type }) => type === 'A').length;
}

function seen() {
  const { connections } = listeners;
  return { allowed: connections.get(allowedAddress), denied: connections.get(deniedAddress), lookups: questions() - askedBefore };
}
