import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionFailure } from '../failure.js';
import { failureOfRefusal, type GraphFailure } from './graph-failure.js';
import type { GraphClient } from './graph-client.js';
import { isObject, objectsIn, textOrNull, type JsonObject } from './json.js';
import { endedBy } from '../network-failure.js';
import type { GraphPermission } from './permissions.js';
import { retryAfterMilliseconds } from '../retry-after.js';

/** One request of a batch. Each must be such that it may be repeated: after a lost connection nobody knows which of them were carried out. */
export interface BatchItem {
  readonly method: 'GET' | 'PATCH' | 'DELETE' | 'POST';
  /** Below the version, as a request's. */
  readonly path: string;
  readonly body?: JsonObject;
  readonly needs: readonly GraphPermission[];
}

export type BatchResult = { readonly ok: true; readonly status: number; readonly body: JsonObject } | { readonly ok: false; readonly failure: GraphFailure };

const mostItems = 20;
const mostRounds = 4;
const usualPause = 1_000;

/**
 * Sends up to 20 requests as one (JSON batching). Each counts for itself: one that is throttled is repeated when Graph says so, with the others of its kind; results come in the order of the items.
 * A batch takes all places of its mailbox, as Graph works on four of its requests at once.
 * @throws {RangeError} there are none, or more than 20. @throws {ConnectionFailure} the batch as a whole failed.
 */
export async function batch(graph: GraphClient, items: readonly BatchItem[], signal: AbortSignal): Promise<readonly BatchResult[]> {
  if (items.length === 0 || items.length > mostItems) throw new RangeError(`A batch has 1 to ${mostItems} requests; this one has ${items.length}.`);
  const results = new Map<number, BatchResult>();
  let open = items.map((_, index) => index);
  for (let round = 1; ; round++) {
    const answers = await answersTo(graph, items, open, signal);
    let pause = 0;
    const throttled: number[] = [];
    for (const index of open) {
      const result = resultOf(graph, answers.get(String(index)), items[index]?.needs ?? []);
      results.set(index, result);
      const refusal = result.ok ? null : result.failure.refusal;
      if (refusal?.status !== 429 && refusal?.status !== 503) continue;
      throttled.push(index);
      pause = Math.max(pause, refusal.retryAfterMilliseconds ?? usualPause);
    }
    if (throttled.length === 0 || round === mostRounds || pause > graph.way.patienceMilliseconds)
      return items.map((_, index) => results.get(index) ?? missing(graph));
    open = throttled;
    await paused(pause, signal);
  }
}

async function answersTo(
  graph: GraphClient,
  items: readonly BatchItem[],
  open: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, JsonObject>> {
  const requests = open.flatMap((index) => {
    const item = items[index];
    if (item === undefined) return [];
    const { method, path, body } = item;
    const headers = { Prefer: 'IdType="ImmutableId"', ...(body && { 'Content-Type': 'application/json' }) };
    return [{ id: String(index), method, url: path, headers, ...(body && { body }) }];
  });
  const text = JSON.stringify({ requests });
  const answer = await graph.json(
    { method: 'POST', path: '/$batch', body: { type: 'application/json', text }, needs: [], places: graph.way.places.perKey },
    signal,
  );
  return new Map(objectsIn(answer, 'responses').map((response) => [textOrNull(response, 'id') ?? '', response]));
}

function resultOf(graph: GraphClient, response: JsonObject | undefined, needs: readonly GraphPermission[]): BatchResult {
  if (response === undefined) return missing(graph);
  const body = isObject(response['body']) ? response['body'] : {};
  const status = typeof response['status'] === 'number' ? response['status'] : 0;
  if (status >= 200 && status < 300) return { ok: true, status, body };
  const error = isObject(body['error']) ? body['error'] : {};
  const headers = new Map(Object.entries(isObject(response['headers']) ? response['headers'] : {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
  const refusal = {
    status,
    graphCode: textOrNull(error, 'code') ?? '',
    text: textOrNull(error, 'message') ?? '',
    requestId: headers.get('request-id') ?? null,
    retryAfterMilliseconds: retryAfterMilliseconds(headers.get('retry-after') ?? null, new Date()),
  };
  return { ok: false, failure: failureOfRefusal(refusal, needs, graph.mailbox) };
}

function missing({ mailbox }: GraphClient): never {
  throw new ConnectionFailure('PROTOCOL_ERROR', { message: `Microsoft Graph left answers out of a batch for the mailbox of ${mailbox}.` });
}

async function paused(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? endedBy(signal) : error;
  }
}
