import autocannon from 'autocannon';
import type { ServiceProcess } from './service-process.js';

export interface Load {
  readonly requestsASecond: number;
  /** In milliseconds. */
  readonly p99: number;
  /** Processor time of the service alone, in microseconds a request: what is left to compare when others use the machine too. */
  readonly cpuMicroseconds: number;
}

const connections = 25;

/** Sends the same document on 25 connections for so long, with the variables that `next` makes for each request. @throws {Error} any answer was not what it should be. */
export async function load(
  service: ServiceProcess,
  document: string,
  { seconds, next = () => ({}) }: { readonly seconds: number; readonly next?: () => object },
): Promise<Load> {
  const { pathname, origin } = new URL(service.url);
  const cpuBefore = service.cpuSeconds();
  const result = await autocannon({
    url: origin,
    connections,
    duration: seconds,
    requests: [
      {
        method: 'POST',
        path: pathname,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${service.token}` },
        setupRequest: (request) => ({ ...request, body: JSON.stringify({ query: document, variables: next() }) }),
      },
    ],
    verifyBody: (body) => !body.includes('"code":') && body.includes('"data"'),
  });
  const wrong = result.errors + result.timeouts + result.mismatches + result.non2xx;
  if (wrong > 0) throw new Error(`${wrong} of ${result.requests.total} answers were not what they should be. The document was: ${document}`);
  const cpuMicroseconds = ((service.cpuSeconds() - cpuBefore) * 1e6) / result.requests.total;
  return { requestsASecond: result.requests.average, p99: result.latency.p99, cpuMicroseconds };
}
