import ipaddr from 'ipaddr.js';
import { EgressDenied } from './egress-denied.js';
import type { EgressSettings, PortRange } from './egress-settings.js';

/**
 * Addresses at which clouds hand out credentials to whoever asks from inside: AWS, Google Cloud, Azure, Oracle, Alibaba, Scaleway.
 * Some are link-local, some count as private or as public. No setting opens them.
 */
const metadataServices: ReadonlySet<string> = new Set(
  ['169.254.169.254', '169.254.170.2', '168.63.129.16', '192.0.0.192', '100.100.100.200', 'fd00:ec2::254', 'fd20:ce::254', 'fd00:42::42'].map((address) =>
    ipaddr.parse(address).toNormalizedString(),
  ),
);

/**
 * The rule that forbids connecting to a port of an IP address, as a noun for a sentence; null where the service may connect.
 * IPv6 forms that embed an IPv4 address are judged by what they embed.
 */
export function egressRuleAgainst(address: string, port: number, settings: EgressSettings): string | null {
  if (!ipaddr.isValid(address)) return 'what is no IP address';
  return ruleAgainst(ipaddr.parse(address), port, settings);
}

/**
 * One address that is forbidden forbids them all: a name that has such an address is not to be trusted with the others.
 * @throws {EgressDenied}
 */
export function refuseDenied(addresses: readonly string[], port: number, settings: EgressSettings): void {
  for (const address of addresses) {
    const rule = egressRuleAgainst(address, port, settings);
    if (rule !== null) throw new EgressDenied(rule, address);
  }
}

/** All but the first carry an IPv4 address, which has been judged by then. */
const allowed: ReadonlySet<string> = new Set(['unicast', 'ipv4Mapped', 'rfc6145', 'rfc6052', '6to4', 'teredo']);
const privateRanges: ReadonlySet<string> = new Set(['private', 'uniqueLocal']);

/** What ipaddr.js calls a range, for a person. A range that is named neither here nor above is reserved for something else than mail. */
const forbidden: ReadonlyMap<string, string> = new Map([
  ['loopback', 'loopback addresses'],
  ['linkLocal', 'link-local addresses'],
  ['unspecified', 'the unspecified address'],
  ['multicast', 'multicast addresses'],
  ['broadcast', 'the broadcast address'],
  ['private', 'private networks'],
  ['uniqueLocal', 'private networks'],
  ['carrierGradeNat', 'the shared address space of providers (100.64.0.0/10)'],
]);

function ruleAgainst(address: ipaddr.IPv4 | ipaddr.IPv6, port: number, settings: EgressSettings): string | null {
  if (metadataServices.has(withoutZone(address))) return 'metadata services of clouds';
  const embedded = address instanceof ipaddr.IPv6 ? embeddedIn(address) : [];
  const rule = embedded.map((inner) => ruleAgainst(inner, port, settings)).find((found) => found !== null);
  if (rule !== undefined) return rule;
  const range = address.range();
  if (range === 'loopback' && isNamed(address, port, settings)) return null;
  const { allowLoopback, allowPrivate = true } = settings;
  const mayBe = allowed.has(range) || (range === 'loopback' && allowLoopback) || (privateRanges.has(range) && allowPrivate);
  if (!mayBe) return forbidden.get(range) ?? 'reserved addresses';
  // Whatever carries another address has had its port judged with that.
  return embedded.length > 0 || isAmong(port, settings.ports ?? null) ? null : `port ${port}`;
}

/** A server that is named with its port needs no other leave. */
function isNamed(address: ipaddr.IPv4 | ipaddr.IPv6, port: number, { allowedLoopback = [] }: EgressSettings): boolean {
  return allowedLoopback.some((named) => named.port === port && ipaddr.parse(named.address).toNormalizedString() === withoutZone(address));
}

function isAmong(port: number, ranges: readonly PortRange[] | null): boolean {
  return ranges === null || ranges.some(({ first, last }) => port >= first && port <= last);
}

/** The IPv4 addresses inside an IPv6 address: IPv4-mapped, -compatible and -translated, NAT64 (RFC 6052, 8215), 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214). */
function embeddedIn(address: ipaddr.IPv6): readonly ipaddr.IPv4[] {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0, eighth = 0] = address.parts;
  const range = address.range();
  if (range === 'unspecified' || range === 'loopback') return [];
  if (range === '6to4') return [fromParts(second, third)];
  if (range === 'teredo') return [fromParts(third, fourth), fromParts(seventh ^ 0xffff, eighth ^ 0xffff)];
  const isMapped = range === 'ipv4Mapped' || range === 'rfc6145' || range === 'rfc6052';
  const isCompatible = [first, second, third, fourth, fifth, sixth].every((part) => part === 0);
  const isIsatap = (fifth === 0 || fifth === 0x200) && sixth === 0x5efe;
  return isMapped || isCompatible || isIsatap ? [fromParts(seventh, eighth)] : [];
}

function fromParts(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}

function withoutZone(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return address instanceof ipaddr.IPv6 ? new ipaddr.IPv6(address.parts).toNormalizedString() : address.toNormalizedString();
}
