import { isIPv6, type Socket } from 'node:net';
import { hostname } from 'node:os';

/** How this machine names itself to an SMTP server: by its full name, or else by the address it connects from (RFC 5321, section 4.1.3). */
export function clientName(socket: Socket): string {
  const name = hostname();
  if (/^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/.test(name)) return name;
  const address = (socket.localAddress ?? '127.0.0.1').replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  return isIPv6(address) ? `[IPv6:${address}]` : `[${address}]`;
}
