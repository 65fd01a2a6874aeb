import type { EgressFetch, FetchSettings } from '../egress/egress-fetch.js';

/** The way out over HTTP, whose client is loaded when somebody first takes it. `close` ends every connection there is. */
export function wayOutOnDemand(settings: FetchSettings): { readonly fetch: typeof globalThis.fetch; close(): Promise<void> } {
  let loaded: Promise<EgressFetch> | null = null;
  const load = async () => (await import('../egress/egress-fetch.js')).egressFetch(settings);
  return {
    fetch: async (input, init) => (await (loaded ??= load()))(input, init),
    close: async () => (await loaded)?.close(),
  };
}
