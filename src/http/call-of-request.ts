import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AuthenticatedCaller } from '../commands/authentication.js';
import type { Call } from '../commands/change.js';
import { anonymousActor } from '../domain/access/actor.js';

/**
 * Where a call comes from, for the metadata of its events. Nobody is recognised yet: the actor is anonymous, with the least of the roles.
 * The request id is our own, new each time; the correlation id is the caller's if it is a plain word, else the request id.
 */
export function callOf(headers: IncomingHttpHeaders, ip: string | null): Call {
  const requestId = randomUUID();
  return {
    actor: anonymousActor,
    role: 'VIEWER',
    tokenId: null,
    requestId,
    correlationId: plainWord(headers['x-correlation-id']) ?? requestId,
    ip,
    userAgent: cleaned(headers['user-agent'], 200),
    clientName: cleaned(headers['apollographql-client-name'] ?? headers['graphql-client-name'], 64),
  };
}

/** The same call, now that it is known who calls. */
export function calledBy(call: Call, { actor, role, tokenId }: AuthenticatedCaller): Call {
  return { ...call, actor, role, tokenId };
}

function plainWord(header: string | readonly string[] | undefined): string | null {
  return typeof header === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(header) ? header : null;
}

/** Without control, format and unassigned characters, which could forge lines and directions wherever it is shown. */
function cleaned(header: string | readonly string[] | undefined, maximumLength: number): string | null {
  if (typeof header !== 'string') return null;
  const text = header.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim();
  return text === '' ? null : text.slice(0, maximumLength);
}
