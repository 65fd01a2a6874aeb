import { once } from 'node:events';
import { request as requestHttps, createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createSecureContext } from 'node:tls';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';

export interface WebRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly body: string;
}

/** What a web server says; it may also do as it likes with the answer, or never answer. */
export type WebAnswer =
  { readonly status?: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> } | ((answer: ServerResponse) => void) | 'SILENCE';

export interface WebServers {
  /** Connects to these servers for every host over https, by their name and with the certificate verified, and to nothing else. */
  readonly fetch: typeof globalThis.fetch;
  /** All that was asked for, also where nobody was to be found. */
  readonly asked: readonly string[];
  /** What reached a server. */
  readonly requests: readonly WebRequest[];
  close(): Promise<void>;
}

/** Web servers of several hosts on one port of 127.0.0.1, each with a certificate of the same CA. Hosts that answer nothing do not exist. */
export async function webServers(
  answer: (request: WebRequest) => WebAnswer | undefined,
  { hosts, impostors = [] }: { readonly hosts: readonly string[]; readonly impostors?: readonly string[] },
): Promise<WebServers> {
  const authority = certificateAuthority('Web CA');
  const asked: string[] = [];
  const requests: WebRequest[] = [];
  const contextOf = (host: string) => {
    const { certificate, key } = authority.issue([impostors.includes(host) ? 'other.example' : host]);
    return createSecureContext({ cert: certificate, key });
  };
  const contexts = new Map([...hosts, ...impostors].map((host) => [host, contextOf(host)]));
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = {
      method: incoming.method ?? '',
      host: incoming.headers.host ?? '',
      path: incoming.url ?? '',
      body: Buffer.concat(chunks).toString('utf8'),
    };
    requests.push(request);
    const answered = answer(request) ?? { status: 404 };
    if (answered === 'SILENCE') return;
    if (typeof answered === 'function') answered(outgoing);
    else outgoing.writeHead(answered.status ?? 200, answered.headers ?? {}).end(answered.body ?? '');
  };
  const server = createServer({ SNICallback: (name, done) => done(null, contexts.get(name)) }, (incoming, outgoing) => void serve(incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const fetchFrom: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    asked.push(request.url);
    if (url.protocol !== 'https:' || !contexts.has(url.hostname))
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(`getaddrinfo ENOTFOUND ${url.hostname}`), { code: 'ENOTFOUND' }) });
    const outgoing = requestHttps({
      host: '127.0.0.1',
      port,
      servername: url.hostname,
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: { ...Object.fromEntries(request.headers), host: url.host },
      ca: authority.certificate,
      signal: request.signal,
      agent: false,
    });
    outgoing.end(Buffer.from(await request.arrayBuffer()));
    const [incoming] = (await once(outgoing, 'response').catch((error: unknown) => {
      throw new TypeError('fetch failed', { cause: error });
    })) as [IncomingMessage];
    const { statusCode: status = 502, headers } = incoming;
    return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, {
      status,
      headers: headers.location === undefined ? {} : { location: headers.location },
    });
  };
  return {
    fetch: fetchFrom,
    asked,
    requests,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
