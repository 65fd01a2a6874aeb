import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import type { ConnectionSettings, Endpoint } from '../event-store/kurrentdb/connection-string.js';

export interface NodeAnswer {
  readonly status: number;
  readonly body: string;
}

export interface NodeRequest {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** Default 5,000. */
  readonly milliseconds?: number;
}

/** What servers answer here is short; more is not read. */
const longestAnswer = 1_048_576;

/**
 * One request to the HTTP side of a server of the event store. Over TLS its certificate is verified as for gRPC.
 * @throws what node:http throws, with its code; ETIMEDOUT when the answer was not there in time.
 */
export async function requestNode(
  { tls, certificateAuthority }: ConnectionSettings,
  endpoint: Endpoint,
  { method = 'GET', path, credentials, milliseconds = 5_000 }: NodeRequest,
): Promise<NodeAnswer> {
  const host = hostOf(endpoint);
  const options = {
    host,
    port: endpoint.port,
    method,
    path,
    agent: false as const,
    headers: { Accept: 'application/json', ...(method === 'POST' && { 'Content-Length': '0' }) },
    ...(credentials && { auth: `${credentials.username}:${credentials.password}` }),
    signal: AbortSignal.timeout(milliseconds),
  };
  const trust = { ...(certificateAuthority && { ca: certificateAuthority }), ...(isIP(host) === 0 && { servername: host }), rejectUnauthorized: true };
  const request = tls ? secureRequest({ ...options, ...trust }) : plainRequest(options);
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => request.on('response', resolve).on('error', reject).end());
    let body = '';
    for await (const piece of answer.setEncoding('utf8')) if ((body += String(piece)).length > longestAnswer) break;
    return { status: answer.statusCode ?? 0, body };
  } catch (error) {
    if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'))
      throw Object.assign(new Error('The server did not answer in time.', { cause: error }), { code: 'ETIMEDOUT' });
    throw error;
  } finally {
    request.destroy();
  }
}

/** A GET of what servers tell everybody, or, as they may be set up, those alone who log in. Credentials go over TLS alone. */
export async function readNode(settings: ConnectionSettings, endpoint: Endpoint, request: Pick<NodeRequest, 'path' | 'milliseconds'>): Promise<NodeAnswer> {
  const answer = await requestNode(settings, endpoint, request);
  if (!isRefused(answer) || !settings.tls) return answer;
  return requestNode(settings, endpoint, { ...request, credentials: settings.credentials });
}

export function isRefused({ status }: NodeAnswer): boolean {
  return status === 401 || status === 403;
}

/** The host as sockets take it: an IPv6 address without its brackets. */
export function hostOf({ address }: Endpoint): string {
  return address.replaceAll(/^\[|\]$/g, '');
}

export function nameOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}
