import { describe, expect, it } from 'vitest';
import { EgressDenied } from '../../src/egress/egress-denied.js';
import { egressRuleAgainst, refuseDenied } from '../../src/egress/egress-rules.js';
import type { EgressSettings } from '../../src/egress/egress-settings.js';

const strict: EgressSettings = { allowLoopback: false };

/** Every switch there is, in both positions. */
const allSettings: readonly EgressSettings[] = [true, false].flatMap((allowLoopback) =>
  [true, false].flatMap((allowPrivate) =>
    [[], [{ address: '127.0.0.1', port: 25 }]].flatMap((allowedLoopback) =>
      [null, [{ first: 1, last: 65_535 }]].map((ports) => ({ allowLoopback, allowPrivate, allowedLoopback, ports })),
    ),
  ),
);

describe('an address', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.25',
    '2606:4700::1111',
    'fd12:3456:789a::1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
  ])('may be %s', (address) => {
    expect(egressRuleAgainst(address, 25, strict)).toBeNull();
  });

  it.each([
    ['127.0.0.1', 'loopback addresses'],
    ['127.255.255.254', 'loopback addresses'],
    ['::1', 'loopback addresses'],
    ['::ffff:127.0.0.1', 'loopback addresses'],
    ['::ffff:7f00:1', 'loopback addresses'],
    ['::127.0.0.1', 'loopback addresses'],
    ['::ffff:0:127.0.0.1', 'loopback addresses'],
    ['64:ff9b::7f00:1', 'loopback addresses'],
    ['64:ff9b:1::127.0.0.1', 'loopback addresses'],
    ['2002:7f00:1::', 'loopback addresses'],
    ['2001:0:7f00:1::1', 'loopback addresses'],
    ['2001:0:808:808:0:0:80ff:fffe', 'loopback addresses'], // Teredo: the client's address, inverted
    ['2001:db8:1::5efe:7f00:1', 'loopback addresses'], // ISATAP
  ])('may be %s where loopback is allowed alone', (address, rule) => {
    expect(egressRuleAgainst(address, 25, strict)).toBe(rule);
  });

  it.each([
    ['169.254.169.254', 'metadata services of clouds'],
    ['::ffff:169.254.169.254', 'metadata services of clouds'],
    ['::169.254.169.254', 'metadata services of clouds'],
    ['64:ff9b::a9fe:a9fe', 'metadata services of clouds'],
    ['2002:a9fe:a9fe::', 'metadata services of clouds'],
    ['168.63.129.16', 'metadata services of clouds'],
    ['100.100.100.200', 'metadata services of clouds'],
    ['192.0.0.192', 'metadata services of clouds'],
    ['fd00:ec2::254', 'metadata services of clouds'],
    ['fd00:0ec2:0:0:0:0:0:0254', 'metadata services of clouds'],
    ['169.254.1.1', 'link-local addresses'],
    ['fe80::1', 'link-local addresses'],
    ['fe80::1%eth0', 'link-local addresses'],
    ['fe80::5efe:8.8.8.8', 'link-local addresses'],
    ['0.0.0.0', 'the unspecified address'],
    ['0.1.2.3', 'the unspecified address'],
    ['::', 'the unspecified address'],
    ['::ffff:0.0.0.0', 'the unspecified address'],
    ['224.0.0.1', 'multicast addresses'],
    ['ff02::1', 'multicast addresses'],
    ['255.255.255.255', 'the broadcast address'],
    ['100.64.0.1', 'the shared address space of providers (100.64.0.0/10)'],
    ['192.0.2.1', 'reserved addresses'],
    ['198.18.0.1', 'reserved addresses'],
    ['240.0.0.1', 'reserved addresses'],
    ['2001:db8::1', 'reserved addresses'],
    ['fec0::1', 'reserved addresses'],
    ['100::1', 'reserved addresses'],
    ['mail.example.com', 'what is no IP address'],
    ['[::1]', 'what is no IP address'],
    ['', 'what is no IP address'],
  ])('is never %s, whatever is allowed', (address, rule) => {
    for (const settings of allSettings) expect([settings, egressRuleAgainst(address, 25, settings)]).toEqual([settings, rule]);
  });
});

describe('a server on this machine that is named', () => {
  const settings: EgressSettings = {
    allowLoopback: false,
    allowedLoopback: [
      { address: '127.0.0.1', port: 1025 },
      { address: '::1', port: 2525 },
    ],
  };

  it.each([
    ['127.0.0.1', 1025],
    ['::ffff:127.0.0.1', 1025],
    ['::1', 2525],
    ['0:0:0:0:0:0:0:1', 2525],
  ])('may be connected to: %s, port %d', (address, port) => expect(egressRuleAgainst(address, port, settings)).toBeNull());

  it.each([
    ['127.0.0.1', 1026],
    ['127.0.0.1', 2525],
    ['127.0.0.2', 1025],
    ['::1', 1025],
    ['::1', 25],
  ])('opens nothing else: not %s, port %d', (address, port) => expect(egressRuleAgainst(address, port, settings)).toBe('loopback addresses'));

  it('needs not be among the ports that are allowed', () => {
    const limited = { ...settings, ports: [{ first: 587, last: 587 }] };
    expect(egressRuleAgainst('127.0.0.1', 1025, limited)).toBeNull();
    expect(egressRuleAgainst('8.8.8.8', 1025, limited)).toBe('port 1025');
  });
});

describe('private networks', () => {
  it.each(['10.0.0.1', '172.16.0.1', '192.168.1.25', 'fd12:3456:789a::1', '::ffff:10.0.0.1', '64:ff9b::10.0.0.1', '2002:a00:1::'])(
    'are not connected to where they are not allowed: %s',
    (address) => {
      expect(egressRuleAgainst(address, 25, { allowLoopback: false, allowPrivate: false })).toBe('private networks');
      expect(egressRuleAgainst(address, 25, { allowLoopback: true, allowPrivate: false })).toBe('private networks');
    },
  );

  it('do not take public addresses with them', () => expect(egressRuleAgainst('8.8.8.8', 25, { allowLoopback: false, allowPrivate: false })).toBeNull());
});

describe('ports', () => {
  const settings: EgressSettings = {
    allowLoopback: true,
    ports: [
      { first: 25, last: 25 },
      { first: 8_000, last: 8_100 },
    ],
  };

  it.each([25, 8_000, 8_050, 8_100])('that are allowed may be connected to: %d', (port) => {
    for (const address of ['8.8.8.8', '10.0.0.1', '127.0.0.1', '2606:4700::1111', '64:ff9b::8.8.8.8'])
      expect(egressRuleAgainst(address, port, settings)).toBeNull();
  });

  it.each([24, 26, 22, 7_999, 8_101, 6_379])('that are not allowed are not connected to: %d', (port) => {
    for (const address of ['8.8.8.8', '10.0.0.1', '127.0.0.1', '2606:4700::1111', '64:ff9b::8.8.8.8'])
      expect(egressRuleAgainst(address, port, settings)).toBe(`port ${port}`);
  });
});

describe('several addresses', () => {
  it.each([
    ['127.0.0.1', 'POSTLEDGER_EGRESS_ALLOW_LOOPBACK'],
    ['10.0.0.1', 'POSTLEDGER_EGRESS_ALLOW_PRIVATE'],
    ['169.254.169.254', null],
  ])('are refused for one that is forbidden, %s, with the setting that would allow it', (address, allowedBy) => {
    const settings = { allowLoopback: false, allowPrivate: false };
    for (const addresses of [
      [address, '8.8.8.8'],
      ['8.8.8.8', address],
    ]) {
      const refused = errorOf(() => refuseDenied(addresses, 25, settings));
      expect(refused).toBeInstanceOf(EgressDenied);
      expect(refused).toMatchObject({ address, allowedBy });
      expect(refused?.message).not.toContain(address);
    }
  });

  it('are refused for their port', () => {
    expect(errorOf(() => refuseDenied(['8.8.8.8'], 22, { allowLoopback: false, ports: [] }))).toMatchObject({
      message: 'The service may not connect to port 22.',
      allowedBy: 'POSTLEDGER_EGRESS_PORTS',
    });
  });
});

function errorOf(work: () => void): Error | null {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return null;
}
