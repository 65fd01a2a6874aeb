import { isIP, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import { connectToHost } from './connect-to-host.js';
import type { FetchSettings } from './egress-fetch.js';
import { systemRoots } from './system-roots.js';

interface ConnectorSettings extends Required<Pick<FetchSettings, 'egress' | 'resolver' | 'additionalRoots'>> {
  /** How long connecting may take, and TLS once more. */
  readonly milliseconds: number;
}

/** How the connections of an HTTP client are made: the socket by the rules of egress, then TLS on it with the name that the address was found under. */
export function guardedConnector({ egress, resolver, additionalRoots, milliseconds }: ConnectorSettings): buildConnector.connector {
  let secure: buildConnector.connector | null = null;
  const secureConnector = () =>
    (secure ??= buildConnector({
      secureContext: contextOf(additionalRoots),
      // Said here because it is stronger than an environment that switches verification off.
      rejectUnauthorized: true,
      timeout: milliseconds,
    }));
  return (options, callback) => {
    const { hostname, protocol, port } = options;
    const isSecure = protocol === 'https:';
    const connected = (socket: Socket) =>
      isSecure ? secureConnector()({ ...options, servername: nameIn(hostname), httpSocket: socket }, callback) : callback(null, socket);
    const failed = (error: unknown) => callback(error instanceof Error ? error : new Error('The connection failed.', { cause: error }), null);
    connectToHost(hostname, port === '' ? (isSecure ? 443 : 80) : Number(port), egress, resolver, milliseconds).then(connected, failed);
  };
}

/** What the certificate has to be valid for, whatever host a request names in its headers; an IP address is no server name (RFC 6066, section 3), nor is the root in one (`example.com.`). */
function nameIn(hostname: string): string {
  return isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : '';
}

/** It holds all roots, so one serves all connections. */
function contextOf(additionalRoots: readonly string[]): SecureContext {
  return createSecureContext({ minVersion: 'TLSv1.2', ...(additionalRoots.length === 0 ? {} : { ca: [...systemRoots(additionalRoots)] }) });
}
