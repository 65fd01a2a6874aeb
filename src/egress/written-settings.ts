import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { EgressSettings, LoopbackServer, PortRange } from './egress-settings.js';

/** `true`, `false`, or the servers on this machine that may be connected to: `127.0.0.1:1025,[::1]:2525`. `localhost` stands for both of its addresses. Null where it is none of these. */
export function loopbackAsWritten(text: string): Pick<EgressSettings, 'allowLoopback' | 'allowedLoopback'> | null {
  if (text === 'true' || text === 'false') return { allowLoopback: text === 'true', allowedLoopback: [] };
  const servers = text.split(',').map((each) => loopbackServers(each.trim()));
  return servers.every((each) => each !== null) ? { allowLoopback: false, allowedLoopback: servers.flat() } : null;
}

/** `all`, or ports and ranges of them: `25,465,587,8000-8100`. Undefined where it is neither. */
export function portsAsWritten(text: string): readonly PortRange[] | null | undefined {
  if (text === 'all') return null;
  const ranges = text.split(',').map((each) => portRange(each.trim()));
  return ranges.every((each) => each !== null) ? ranges : undefined;
}

function loopbackServers(text: string): readonly LoopbackServer[] | null {
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = portNumber(digits);
  if (port === null) return null;
  const addresses = plain === 'localhost' ? ['127.0.0.1', '::1'] : [bracketed ?? plain];
  const areLoopback = addresses.every((address) => isIP(address) === (address.includes(':') ? 6 : 4) && ipaddr.parse(address).range() === 'loopback');
  return areLoopback ? addresses.map((address) => ({ address, port })) : null;
}

function portRange(text: string): PortRange | null {
  const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [portNumber(from), portNumber(to)];
  return first !== null && last !== null && first <= last ? { first, last } : null;
}

function portNumber(digits: string): number | null {
  const port = Number(digits);
  return digits !== '' && port >= 1 && port <= 65_535 ? port : null;
}
