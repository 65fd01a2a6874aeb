import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createSecureContext } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { egressFetch, type EgressFetch, type FetchSettings } from '../../src/egress/egress-fetch.js';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';

const authority = certificateAuthority('Web CA');
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const close of closing.splice(0).reverse()) await close();
});

interface Web {
  readonly port: number;
  /** The name that each TLS connection asked for; null for a connection without one. */
  readonly serverNames: readonly (string | null)[];
  readonly requests: readonly { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }[];
  readonly connections: () => number;
}

/** A web server on 127.0.0.1; over TLS when it is said what its certificate is valid for. */
async function web(names: readonly string[] | null, answer: RequestListener = (_, outgoing) => outgoing.end('ok')): Promise<Web> {
  const requests: Web['requests'][number][] = [];
  const serverNames: (string | null)[] = [];
  let connections = 0;
  const listener: RequestListener = (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      requests.push({ method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body: Buffer.concat(chunks).toString() });
      answer(incoming, outgoing);
    });
  };
  const server: Server = names === null ? createHttp(listener) : createHttps(secured(names), listener);
  server.on('connection', () => connections++);
  server.on('secureConnection', ({ servername }: { readonly servername: string | false }) => serverNames.push(servername === false ? null : servername));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(
    () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  );
  return { port: (server.address() as AddressInfo).port, serverNames, requests, connections: () => connections };
}

function secured(names: readonly string[]) {
  const { certificate, key } = authority.issue(names);
  return {
    cert: certificate,
    key,
    SNICallback: (_: string, done: (error: null, context: ReturnType<typeof createSecureContext>) => void) =>
      done(null, createSecureContext({ cert: certificate, key })),
  };
}

/** The way out as the service has it, where every name leads to this machine. */
function wayOut(settings: Partial<FetchSettings> = {}): EgressFetch {
  const fetch = egressFetch({
    egress: { allowLoopback: true },
    resolver: () => Promise.resolve(['127.0.0.1']),
    additionalRoots: [authority.certificate],
    ...settings,
  });
  closing.push(() => fetch.close());
  return fetch;
}

/** What a request came to that failed: the code of the innermost cause that has one. */
async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const codes: string[] = [];
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if ('code' in cause) codes.push(String(cause.code));
    return codes.at(-1) ?? String(error);
  }
  return 'answered';
}

describe('a request', () => {
  it('goes to the address of the name, over TLS for the name', async () => {
    const { port, serverNames, requests } = await web(['graph.example']);
    const answer = await wayOut()(`https://graph.example:${port}/v1?x=1`, { method: 'POST', body: 'Grüße', headers: { 'x-own': 'yes' } });
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
    expect(serverNames).toEqual(['graph.example']);
    expect(requests).toMatchObject([
      // A length, and no chunks: some servers take nothing else.
      { method: 'POST', url: '/v1?x=1', body: 'Grüße', headers: { host: `graph.example:${port}`, 'x-own': 'yes', 'content-length': '7' } },
    ]);
  });

  it('may be given as a Request, and be told something else beside', async () => {
    const { port, requests } = await web(['graph.example']);
    const request = new Request(`https://graph.example:${port}/x`, { method: 'PUT', body: new Uint8Array([65, 66]), headers: { authorization: 'Bearer y' } });
    await (await wayOut()(request, { signal: new AbortController().signal })).text();
    expect(requests).toMatchObject([{ method: 'PUT', body: 'AB', headers: { authorization: 'Bearer y' } }]);
  });

  it('is not made to a server whose certificate is for another name, whatever the request names as its host', async () => {
    const { port, requests } = await web(['other.example']);
    expect(await failure(wayOut()(`https://graph.example:${port}/`))).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await failure(wayOut()(`https://graph.example:${port}/`, { headers: { host: 'other.example' } }))).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(requests).toEqual([]);
  });

  it('is not made to a server that nobody trusts, also where the environment switches verification off', async () => {
    const { port, requests } = await web(['graph.example']);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(await failure(wayOut({ additionalRoots: [] })(`https://graph.example:${port}/`))).toMatch(/UNABLE_TO_|SELF_SIGNED/);
    expect(requests).toEqual([]);
  });

  it('to an IP address names no server, and takes a certificate for that address', async () => {
    const { port, serverNames } = await web(['127.0.0.1']);
    expect(await (await wayOut()(`https://127.0.0.1:${port}/`)).text()).toBe('ok');
    expect(serverNames).toEqual([null]);
  });

  it('to a name with its root is one to the name', async () => {
    const { port, serverNames } = await web(['graph.example']);
    expect(await (await wayOut()(`https://graph.example.:${port}/`)).text()).toBe('ok');
    expect(serverNames).toEqual(['graph.example']);
  });

  it('goes to nothing but web servers', async () => {
    for (const url of ['data:text/plain,x', 'file:///etc/passwd', 'blob:nodedata:1', 'ftp://graph.example/'])
      expect(await failure(wayOut()(url))).toBe('TypeError: Only http and https lead anywhere.');
  });

  it('tries one address after the other', async () => {
    const { port } = await web(null);
    const fetch = wayOut({ resolver: () => Promise.resolve(['127.0.0.2', '127.0.0.3', '127.0.0.1']) });
    expect(await (await fetch(`http://graph.example:${port}/`)).text()).toBe('ok');
    expect(await failure(wayOut({ resolver: () => Promise.resolve(['127.0.0.2', '127.0.0.3']) })(`http://graph.example:${port}/`))).toBe('ECONNREFUSED');
  });

  it('looks its name up once for each connection that is made', async () => {
    const { port, connections } = await web(null);
    const asked: string[] = [];
    const fetch = wayOut({ resolver: (host) => Promise.resolve(asked.push(host) > 0 ? ['127.0.0.1'] : []) });
    await Promise.all(Array.from({ length: 5 }, async () => (await fetch(`http://graph.example:${port}/`)).text()));
    expect([connections(), asked]).toEqual([5, Array.from({ length: 5 }, () => 'graph.example')]);
  });

  it.each([
    ['loopback', { allowLoopback: false }],
    ['the port', { allowLoopback: true, ports: [{ first: 443, last: 443 }] }],
  ])('is denied for %s, as a failure of fetch that says so', async (_, egress) => {
    const { port, connections } = await web(null);
    const denied = wayOut({ egress })(`http://graph.example:${port}/`);
    expect(await failure(denied)).toBe('EGRESS_DENIED');
    expect(connections()).toBe(0);
  });

  it('fails as the name server does', async () => {
    const fetch = wayOut({ resolver: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) });
    expect(await failure(fetch('https://graph.example/'))).toBe('ENOTFOUND');
  });
});

describe('a redirect', () => {
  it('is not followed, whatever the request says', async () => {
    const { port, requests } = await web(null, (_, outgoing) => outgoing.writeHead(302, { location: '/next' }).end());
    for (const init of [{}, { redirect: 'follow' }, { redirect: 'manual' }] as const) {
      const answer = await wayOut()(`http://graph.example:${port}/`, init);
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/next']);
      await answer.body?.cancel();
    }
    expect(await failure(wayOut()(`http://graph.example:${port}/`, { redirect: 'error' }))).toContain('TypeError');
    expect(requests.map(({ url }) => url)).toEqual(['/', '/', '/', '/']);
  });
});

describe('a proxy of the environment', () => {
  it('is not used', async () => {
    const proxy = await web(null);
    const { port } = await web(null);
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']) vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    expect(await (await wayOut()(`http://graph.example:${port}/`)).text()).toBe('ok');
    expect(proxy.connections()).toBe(0);
  });
});

describe('waiting', () => {
  it('ends for whatever is silent: name server, server before TLS, before its answer, within its answer', async () => {
    const silent = await web(null, () => undefined);
    const halting = await web(null, (_, outgoing) => void outgoing.write('half'));
    const mute = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const hungUp = once(mute, 'connection').then(([socket]: Socket[]) => socket && once(socket, 'close'));
    const fetch = wayOut({ connectMilliseconds: 100, silenceMilliseconds: 100 });
    const nameless = wayOut({ connectMilliseconds: 50, resolver: () => new Promise(() => undefined) });
    // All at once: the client counts in seconds.
    const ended = await Promise.all([
      failure(nameless('https://graph.example/')),
      failure(fetch(`https://graph.example:${(mute.address() as AddressInfo).port}/`)),
      failure(fetch(`http://graph.example:${silent.port}/`)),
      failure(fetch(`http://graph.example:${halting.port}/`).then((answer) => answer.text())),
    ]);
    expect(ended).toEqual(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
    await hungUp;
    await new Promise((done) => mute.close(done));
  });

  it('ends with the caller, who hears the own reason: before the answer and within it', async () => {
    const { port } = await web(null, (incoming, outgoing) => (incoming.url === '/half' ? void outgoing.write('half') : undefined));
    const fetch = wayOut();
    const before = new AbortController();
    const waiting = fetch(`http://graph.example:${port}/`, { signal: before.signal });
    before.abort(new RangeError('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const within = new AbortController();
    const answer = await fetch(`http://graph.example:${port}/half`, { signal: within.signal });
    const reading = answer.text();
    within.abort(new RangeError('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('an answer', () => {
  it('is unpacked', async () => {
    const { port } = await web(null, (_, outgoing) => outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed')));
    expect(await (await wayOut()(`http://graph.example:${port}/`)).text()).toBe('packed');
  });
});

describe('the end of the way out', () => {
  it('closes what is kept open, and what is in use', async () => {
    const ended: Promise<unknown>[] = [];
    const { port } = await web(null, (incoming, outgoing) => {
      ended.push(once(incoming.socket, 'close'));
      if (incoming.url === '/') outgoing.end('ok');
    });
    const fetch = wayOut();
    await (await fetch(`http://graph.example:${port}/`)).text();
    const waiting = failure(fetch(`http://127.0.0.1:${port}/silent`));
    await vi.waitUntil(() => ended.length === 2);
    await fetch.close();
    expect(await waiting).toBe('UND_ERR_DESTROYED');
    await Promise.all(ended);
    expect(await failure(fetch(`http://graph.example:${port}/`))).toBe('UND_ERR_DESTROYED');
  });
});
