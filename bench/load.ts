import autocannon from 'autocannon';
import type { ServiceProcess } from './service-process.js';

export interface Load {
  readonly requestsASecond: number;
  /** In milliseconds. */
  readonly p99: number;
}

const connections = 25;

/** Sends the same document on 25 connections for so long, with the variables that `next` makes for each request. @throws {Error} any answer was not what it should be. */
export async function load(
  { url, token }: ServiceProcess,
  document: string,
  { seconds, next = () => ({}) }: { readonly seconds: number; readonly next?: () => object },
): Promise<Load> {
  const { pathname, origin } = new URL(url);
  const result = await autocannon({
    url: origin,
    connections,
    duration: seconds,
    requests: [
      {
        method: 'POST',
        path: pathname,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        setupRequest: (request) => ({ ...request, body: JSON.stringify({ query: document, variables: next() }) }),
      },
    ],
    verifyBody: (body) => !body.includes('"code":') && body.includes('"data"'),
  });
  const wrong = result.errors + result.timeouts + result.mismatches + result.non2xx;
  if (wrong > 0) throw new Error(`${wrong} of ${result.requests.total} answers were not what they should be. The document was: ${document}`);
  return { requestsASecond: result.requests.average, p99: result.latency.p99 };
}
