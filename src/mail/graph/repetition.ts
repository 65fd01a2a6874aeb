import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionFailure } from '../failure.js';
import type { GraphWay } from './exchange.js';
import { GraphFailure } from './graph-failure.js';
import { endedBy } from '../network-failure.js';

const mostAttempts = 4;

/**
 * Waits until the request may be repeated. A request that changes something is repeated only after Graph has said that nothing was done: 429, and 503 with the time to come back.
 * @throws the failure, when it may not be repeated, or only later than anybody would wait for.
 */
export async function pauseBefore(
  attempt: number,
  repeatable: boolean,
  failure: ConnectionFailure,
  { firstPauseMilliseconds, patienceMilliseconds }: Pick<GraphWay, 'firstPauseMilliseconds' | 'patienceMilliseconds'>,
  signal: AbortSignal,
): Promise<void> {
  const pause = pauseOf(firstPauseMilliseconds * 2 ** (attempt - 1), repeatable, failure);
  if (pause === null || pause > patienceMilliseconds || attempt >= mostAttempts) throw failure;
  try {
    await delay(pause, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? endedBy(signal) : error;
  }
}

/** In milliseconds; null for a failure that repetition does not mend. */
function pauseOf(usual: number, repeatable: boolean, failure: ConnectionFailure): number | null {
  const refusal = failure instanceof GraphFailure ? failure.refusal : null;
  if (refusal === null) return repeatable && failure.code === 'CONNECTION_CLOSED' ? usual : null;
  if (refusal.status === 429) return refusal.retryAfterMilliseconds ?? usual;
  if (refusal.status === 503) return refusal.retryAfterMilliseconds ?? (repeatable ? usual : null);
  return refusal.status >= 500 && repeatable ? usual : null;
}
