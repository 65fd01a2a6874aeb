import type { SecureContext, SecureVersion } from 'node:tls';
import { clientName } from './client-name.js';
import { Conversation } from './conversation.js';
import type { Deadline } from './deadline.js';
import type { Endpoint } from './endpoint.js';
import type { Road } from './mail-settings.js';
import { openMailSocket } from './mail-socket.js';
import { tlsVersionName, tlsVersions } from './tls-context.js';
import { HandshakeFailed, secure } from './tls-handshake.js';

/** What is asked a second time, on a connection of its own that is closed before anybody logs in. */
export interface ProbeTarget {
  /** The address that the first connection went to. */
  readonly address: string;
  readonly endpoint: Endpoint;
  readonly road: Road;
  readonly deadline: Deadline;
}

/** A probe answers what the first connection left open; it is not worth waiting for longer. */
const longestMilliseconds = 1_500;

/** The highest TLS version below the account's lowest that the server speaks; null when it speaks none. */
export async function spokenVersionBelowFloor(target: ProbeTarget): Promise<SecureVersion | null> {
  const floor = tlsVersions.indexOf(tlsVersionName(target.endpoint.minimumTlsVersion));
  for (const version of tlsVersions.slice(0, floor).reverse()) if (await handshakes(target, target.road.tlsContexts.only(version))) return version;
  return null;
}

/** Whether the port answers a TLS handshake from the start, of any version and with any certificate. */
export async function answersTls(target: ProbeTarget): Promise<boolean> {
  const endpoint = { ...target.endpoint, security: 'IMPLICIT' as const };
  return handshakes({ ...target, endpoint }, target.road.tlsContexts.from('TLSv1'));
}

/** Whether the server greets in clear text without being asked. */
export async function greetsInClearText({ address, endpoint, road, deadline }: ProbeTarget): Promise<boolean> {
  const limit = limitOf(deadline);
  try {
    const conversation = new Conversation(await openMailSocket(address, endpoint.port, road, deadline, limit));
    const greeting = await deadline.within(conversation.line(), limit).finally(() => conversation.socket.destroy());
    return /^(?:220[ -]|\* (?:OK|BYE|PREAUTH)\b|\+OK)/i.test(greeting);
  } catch {
    // Whatever keeps it from greeting, it did not.
    deadline.throwIfOver();
    return false;
  }
}

/** Whether a handshake comes as far as a certificate; how that is judged is no question here. */
async function handshakes({ address, endpoint, road, deadline }: ProbeTarget, secureContext: SecureContext): Promise<boolean> {
  const limit = limitOf(deadline);
  try {
    const socket = await openMailSocket(address, endpoint.port, road, deadline, limit);
    if (endpoint.security !== 'IMPLICIT') {
      const conversation = new Conversation(socket);
      const upgrade = endpoint.opening.greet(conversation, clientName(socket)).then(() => endpoint.opening.startTls(conversation));
      await deadline.within(upgrade, limit).finally(() => conversation.release());
    }
    const secured = await secure(socket, endpoint.host, secureContext, deadline, limit);
    secured.socket.destroy();
    return true;
  } catch (error) {
    deadline.throwIfOver();
    return error instanceof HandshakeFailed && error.seen !== null;
  }
}

function limitOf(deadline: Deadline): number {
  return Math.min(longestMilliseconds, deadline.step / 2);
}
