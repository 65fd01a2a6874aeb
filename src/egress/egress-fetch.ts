import { Agent, fetch as fetchBy } from 'undici';
import type { EgressSettings } from './egress-settings.js';
import { guardedConnector } from './guarded-connector.js';
import { systemResolver, type Resolver } from './resolve.js';

export interface FetchSettings {
  readonly egress: EgressSettings;
  readonly resolver?: Resolver;
  /** CA certificates (PEM) that are trusted beside the runtime's own and those of NODE_EXTRA_CA_CERTS. */
  readonly additionalRoots?: readonly string[];
  /** How long it may take to connect, TLS included. */
  readonly connectMilliseconds?: number;
  /** How long a server may be silent before its answer, and within it. */
  readonly silenceMilliseconds?: number;
}

/** `close` ends every connection, also those in use. */
export type EgressFetch = typeof fetch & { close(): Promise<void> };

/**
 * `fetch` for what leaves over HTTP, by the rules of egress: whenever it connects, the host is looked up once, every address of it is judged, and one of these is connected to, over TLS with a
 * certificate that is valid for the name. A connection may serve several requests to its host. No redirect is followed, whatever a request says of that, and no proxy of the environment is
 * used. How much of an answer is read is the caller's to limit.
 * It throws what `fetch` throws: where the rules forbid it a TypeError, of which {@link EgressDenied} is the cause.
 */
export function egressFetch({
  egress,
  resolver = systemResolver,
  additionalRoots = [],
  connectMilliseconds = 10_000,
  silenceMilliseconds = 30_000,
}: FetchSettings): EgressFetch {
  const dispatcher = new Agent({
    connect: guardedConnector({ egress, resolver, additionalRoots, milliseconds: connectMilliseconds }),
    headersTimeout: silenceMilliseconds,
    bodyTimeout: silenceMilliseconds,
  });
  const guarded: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    if (!/^https?:/.test(request.url)) throw new TypeError('Only http and https lead anywhere.');
    const signal = init?.signal ?? (input instanceof Request ? input.signal : null);
    const answer = await fetchBy(request.url, {
      dispatcher,
      method: request.method,
      headers: [...request.headers],
      // Whole, so that its length is told: not every server takes a request without.
      body: request.body === null ? null : new Uint8Array(await request.arrayBuffer()),
      redirect: request.redirect === 'error' ? 'error' : 'manual',
      signal,
    });
    // Not of the class that is global, whose fetch is another; the same in all else. To wrap it would let go of what keeps its body open.
    return answer as unknown as Response;
  };
  return Object.assign(guarded, { close: () => dispatcher.destroy() });
}
