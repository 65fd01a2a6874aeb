import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectToHost } from '../../src/egress/connect-to-host.js';
import { EgressDenied } from '../../src/egress/egress-denied.js';
import { egressFetch, type EgressFetch } from '../../src/egress/egress-fetch.js';
import type { EgressSettings } from '../../src/egress/egress-settings.js';
import { systemResolver, type Resolver } from '../../src/egress/resolve.js';
import { dnsServer, fromZone, type DnsRecord, type DnsServer } from '../discovery/dns-server.js';
import { failureIn, sender, stagesOf } from '../mail/accounts.js';
import { resolverOf, socketsBegun, targets, type Targets } from './denied-targets.js';

const strict: EgressSettings = { allowLoopback: false };
const lenient: EgressSettings = { allowLoopback: true };

const a = (...addresses: readonly string[]): readonly DnsRecord[] => addresses.map((data) => ({ type: 'A', data }));
const aaaa = (...addresses: readonly string[]): readonly DnsRecord[] => addresses.map((data) => ({ type: 'AAAA', data }));
const metadata = '169.254.169.254';
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));

/** What names answer. A resolver follows a CNAME to what stands behind it in the same answer. */
const zone = {
  'A localhost': a('127.0.0.1'),
  'AAAA localhost': aaaa('::1'),
  'A mail.localhost': a('127.0.0.1'),
  'A localtest.example': a('127.0.0.1'),
  'A six.example': [],
  'AAAA six.example': aaaa('::1'),
  'AAAA mapped.example': aaaa('::ffff:127.0.0.1'),
  'AAAA nat64.example': aaaa('64:ff9b::7f00:1'),
  'A good-and-bad.example': a('8.8.8.8', '127.0.0.1'),
  'A bad-and-good.example': a('127.0.0.2', '8.8.8.8'),
  'A good-and-metadata.example': a('127.0.0.1', metadata),
  'AAAA four-good-six-bad.example': aaaa('fe80::1'),
  'A four-good-six-bad.example': a('127.0.0.1'),
  'A metadata.google.internal': a(metadata),
  'A alias.example': [
    { type: 'CNAME', data: 'metadata.google.internal' },
    { type: 'A', data: metadata, name: 'metadata.google.internal' },
  ],
  'A alias-of-this-machine.example': [
    { type: 'CNAME', data: 'localhost' },
    { type: 'A', data: '127.0.0.1', name: 'localhost' },
  ],
  'A many.example': a(...Array.from({ length: 12 }, (_, index) => `8.8.8.${index + 1}`), metadata),
  'A unspecified.example': a('0.0.0.0'),
} satisfies Readonly<Record<string, readonly DnsRecord[]>>;

/** Beside the host: what the system makes of it, or the name server of this test. */
const loopbackHosts: readonly (readonly [host: string, by: 'SYSTEM' | 'DNS'])[] = [
  ['127.0.0.1', 'SYSTEM'],
  ['127.0.0.2', 'SYSTEM'],
  ['127.0.0.53', 'SYSTEM'],
  ['127.1', 'SYSTEM'],
  ['127.0.1', 'SYSTEM'],
  ['2130706433', 'SYSTEM'],
  ['0x7f000001', 'SYSTEM'],
  ['0x7f.0x0.0x0.0x1', 'SYSTEM'],
  ['0x7f.1', 'SYSTEM'],
  ['017700000001', 'SYSTEM'],
  ['0177.0.0.1', 'SYSTEM'],
  ['0177.0.0.01', 'SYSTEM'],
  ['127.0x0.0.1', 'SYSTEM'],
  ['１２７.０.０.１', 'SYSTEM'],
  ['127。0。0。1', 'SYSTEM'],
  ['①②⑦.0.0.1', 'SYSTEM'],
  ['localhost', 'SYSTEM'],
  ['LOCALHOST', 'SYSTEM'],
  ['::1', 'SYSTEM'],
  ['0:0:0:0:0:0:0:1', 'SYSTEM'],
  ['0000:0000:0000:0000:0000:0000:0000:0001', 'SYSTEM'],
  ['::1%lo', 'SYSTEM'],
  ['::127.0.0.1', 'SYSTEM'],
  ['::ffff:127.0.0.1', 'SYSTEM'],
  ['::ffff:7f00:1', 'SYSTEM'],
  ['::ffff:0:127.0.0.1', 'SYSTEM'],
  ['64:ff9b::7f00:1', 'SYSTEM'],
  ['64:ff9b:1::7f00:1', 'SYSTEM'],
  ['2002:7f00:1::', 'SYSTEM'],
  ['2001:0:7f00:1::', 'SYSTEM'],
  ['localhost', 'DNS'],
  ['localhost.', 'DNS'],
  ['mail.localhost', 'DNS'],
  ['localtest.example', 'DNS'],
  ['localtest.example.', 'DNS'],
  ['six.example', 'DNS'],
  ['mapped.example', 'DNS'],
  ['nat64.example', 'DNS'],
  ['good-and-bad.example', 'DNS'],
  ['bad-and-good.example', 'DNS'],
  ['alias-of-this-machine.example', 'DNS'],
];

/** Forbidden whatever is allowed. */
const neverHosts: readonly (readonly [host: string, by: 'SYSTEM' | 'DNS'])[] = [
  ['0', 'SYSTEM'],
  ['0.0.0.0', 'SYSTEM'],
  ['0x0', 'SYSTEM'],
  ['::', 'SYSTEM'],
  ['::ffff:0.0.0.0', 'SYSTEM'],
  [metadata, 'SYSTEM'],
  ['2852039166', 'SYSTEM'],
  ['0xa9fea9fe', 'SYSTEM'],
  ['0251.0376.0251.0376', 'SYSTEM'],
  ['::ffff:169.254.169.254', 'SYSTEM'],
  ['64:ff9b::a9fe:a9fe', 'SYSTEM'],
  ['2002:a9fe:a9fe::', 'SYSTEM'],
  ['168.63.129.16', 'SYSTEM'],
  ['100.100.100.200', 'SYSTEM'],
  ['fd00:ec2::254', 'SYSTEM'],
  ['fe80::1', 'SYSTEM'],
  ['fe80::1%lo', 'SYSTEM'],
  ['224.0.0.1', 'SYSTEM'],
  ['255.255.255.255', 'SYSTEM'],
  ['unspecified.example', 'DNS'],
  ['metadata.google.internal', 'DNS'],
  ['metadata.google.internal.', 'DNS'],
  ['alias.example', 'DNS'],
  ['good-and-metadata.example', 'DNS'],
  ['four-good-six-bad.example', 'DNS'],
  ['many.example', 'DNS'],
];

let listeners: Targets;
let names: DnsServer;
let resolvers: Readonly<Record<'SYSTEM' | 'DNS', Resolver>>;
const fetches: EgressFetch[] = [];

beforeAll(async () => {
  listeners = await targets(['127.0.0.1', '127.0.0.2', '127.0.0.53', ...(hasIpv6 ? ['::1'] : [])]);
  if (!hasIpv6) process.stderr.write('This machine has no ::1: nobody listens there, and only the count of sockets says that none was begun.\n');
  names = await dnsServer(fromZone(zone));
  resolvers = { SYSTEM: systemResolver, DNS: resolverOf(names) };
});
afterAll(async () => {
  for (const fetch of fetches) await fetch.close();
  await listeners.close();
  await names.close();
});

/** What each of the three ways out makes of a host, and how many sockets they began to connect meanwhile. */
async function goTo(host: string, by: 'SYSTEM' | 'DNS', egress: EgressSettings) {
  const resolver = resolvers[by];
  const fetch = egressFetch({ egress, resolver });
  fetches.push(fetch);
  const { port } = listeners;
  const sockets = socketsBegun();
  try {
    const socket = await outcomeOf(connectToHost(host, port, egress, resolver, 2_000).then((connected) => connected.destroy()));
    const mail = failureIn(await stagesOf({ sender: sender({ host, port }) }, { egress, resolver }));
    const http = await outcomeOf(fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/`));
    return { socket, mail, http, sockets: sockets.count() };
  } finally {
    sockets.stop();
  }
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'CONNECTED';
  } catch (error) {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof EgressDenied) return 'EGRESS_DENIED';
      const { code } = cause as Error & { readonly code?: string };
      if (code !== undefined) return code;
    }
    return String(error);
  }
}

describe('a host that leads to this machine', () => {
  it.each(loopbackHosts)('%s, by %s, is not connected to', async (host, by) => {
    const before = total();
    expect(await goTo(host, by, strict)).toEqual(nothing(host));
    expect(total()).toBe(before);
  });

  it('is seen to be connected to where that is allowed: the listeners and the count of sockets work', async () => {
    for (const host of ['127.0.0.1', '127.1', 'localhost', ...(hasIpv6 ? ['::1'] : [])]) {
      const before = total();
      const { sockets, socket, mail } = await goTo(host, 'SYSTEM', lenient);
      expect([socket, sockets > 0, total() > before]).toEqual(['CONNECTED', true, true]);
      expect(mail).not.toContain('EGRESS_DENIED');
    }
  });
});

describe('a host that leads where nobody may go', () => {
  it.each(neverHosts)('%s, by %s, is not connected to, though this machine may be', async (host, by) => {
    const before = total();
    expect(await goTo(host, by, lenient)).toEqual(nothing(host));
    expect(total()).toBe(before);
  });
});

const total = () => [...listeners.connections.values()].reduce((sum, each) => sum + each, 0);

/** A URL has no zones in its addresses (WHATWG URL, section 3.5): it ends before anything is looked at. */
const nothing = (host: string) => ({
  socket: 'EGRESS_DENIED',
  mail: 'CONNECT EGRESS_DENIED',
  http: host.includes('%') ? 'ERR_INVALID_URL' : 'EGRESS_DENIED',
  sockets: 0,
});
