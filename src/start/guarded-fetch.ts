import { once } from 'node:events';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { egressRuleAgainst } from '../egress/egress-rules.js';
import { addressesOf, systemResolver } from '../egress/resolve.js';
import type { MailSettings } from '../mail/mail-settings.js';

/**
 * `fetch` for what leaves over HTTP, under the rules of egress: the name is resolved once, every address of it is judged, and the one that is connected to is one of these. Redirects are not
 * followed, and nothing is kept open.
 * @throws {TypeError} as `fetch` does, where no answer comes; its message tells which rule forbids the host.
 */
export function guardedFetch({
  egress,
  additionalRoots = [],
  resolver = systemResolver,
}: Pick<MailSettings, 'egress' | 'additionalRoots' | 'resolver'>): typeof fetch {
  const ca = additionalRoots.length === 0 ? {} : { ca: [...rootCertificates, ...additionalRoots] };
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const address = await allowedAddress(host, egress, resolver);
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const outgoing = send({
      method: request.method,
      host: address,
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      headers: { ...Object.fromEntries(request.headers), host: url.host },
      servername: host,
      signal: request.signal,
      agent: false,
      ...ca,
    });
    outgoing.end(Buffer.from(await request.arrayBuffer()));
    return responseOf(await answerTo(outgoing, request.signal));
  };
}

async function allowedAddress(host: string, rules: MailSettings['egress'], resolver: (host: string) => Promise<readonly string[]>): Promise<string> {
  const addresses = await resolved(host, resolver);
  for (const each of addresses) {
    const rule = egressRuleAgainst(each, 443, rules);
    if (rule !== null) throw new TypeError(`The service does not connect to ${rule}, and ${host} is at one.`);
  }
  return addresses[0] ?? host;
}

async function resolved(host: string, resolver: (host: string) => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await addressesOf(host, resolver);
  } catch (error) {
    throw new TypeError(`The host ${host} has no address.`, { cause: error });
  }
}

async function answerTo(outgoing: ReturnType<typeof requestHttp>, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answer;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new TypeError('No answer came.', { cause: error });
  }
}

function responseOf(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) for (const value of values ?? []) headers.append(name, value);
  const status = answer.statusCode ?? 502;
  const isEmpty = status === 204 || status === 205 || status === 304;
  if (isEmpty) answer.resume();
  return new Response(isEmpty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>), { status, headers });
}
