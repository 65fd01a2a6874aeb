import { errorCode, resolutionProblem, socketProblem } from '../mail/classify-network-error.js';
import { certificateProblem } from '../mail/classify-tls-error.js';
import type { FailureCode } from '../mail/failure.js';
import type { Means } from './means.js';
import { SourceFailed } from './source.js';
import { Stopped, TimeIsUp } from './time-limit.js';
import { largestDocument } from './xml.js';

export interface DocumentRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const mostRedirects = 3;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * A document of at most 256 KiB that a web server gives to everybody; null where it has none, or there is no such host. Over https alone, wherever redirects lead: what
 * decides where passwords go must not be changed on its way. A redirect asks the same there, so nothing goes to a host that the one before did not name.
 * @throws {SourceFailed} with what a person should know.
 */
export async function httpsDocument(
  address: string,
  fetch: Means['fetch'],
  signal: AbortSignal,
  { method = 'GET', headers = {}, body }: DocumentRequest = {},
): Promise<string | null> {
  let url = new URL(address);
  for (let redirected = 0; ; redirected++) {
    if (url.protocol !== 'https:') throw new SourceFailed(`${url.hostname} was to be asked without TLS, which this service never does.`);
    const answer = await answerOf(url, fetch, { method, headers, signal, redirect: 'manual', credentials: 'omit', ...(body === undefined ? {} : { body }) });
    if (answer === null) return null;
    if (answer.ok) return textOf(answer, url, signal);
    await answer.body?.cancel();
    if (answer.status === 404 || answer.status === 410) return null;
    if (answer.status === 401 || answer.status === 403) throw new SourceFailed(`${url.hostname} tells of settings only to who has logged in.`);
    const next = redirects.has(answer.status) ? answer.headers.get('location') : null;
    if (next === null || !URL.canParse(next, url)) throw new SourceFailed(`${url.hostname} answered with HTTP status ${answer.status}.`);
    if (redirected === mostRedirects) throw new SourceFailed(`${new URL(address).hostname} redirects more than ${mostRedirects} times.`);
    url = new URL(next, url);
  }
}

async function answerOf(url: URL, fetch: Means['fetch'], request: RequestInit): Promise<Response | null> {
  try {
    return await fetch(url, request);
  } catch (error) {
    if (causesOf(error).some((cause) => resolutionProblem(cause) === 'DNS_FAILED')) return null;
    throw new SourceFailed(`${url.hostname} could not be asked: ${reasonOf(error)}`, { cause: error });
  }
}

async function textOf(answer: Response, url: URL, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const body: AsyncIterable<Uint8Array> | null = answer.body;
    for await (const chunk of body ?? []) {
      signal.throwIfAborted();
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length > largestDocument) throw new SourceFailed(`${url.hostname} answers with more than ${largestDocument / 1024} KiB, which no settings are.`);
    }
  } catch (error) {
    throw error instanceof SourceFailed ? error : new SourceFailed(`The answer of ${url.hostname} broke off: ${reasonOf(error)}`, { cause: error });
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An error and what caused it, in that order: `fetch` keeps what happened behind an error of its own. */
function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 8; cause = cause.cause) causes.push(cause);
  return causes;
}

const reasons: Readonly<Partial<Record<FailureCode, string>>> = {
  DNS_TEMPORARY: 'its name could not be looked up for now.',
  CONNECTION_REFUSED: 'no web server listens there.',
  HOST_UNREACHABLE: 'no way leads there.',
  TIMEOUT: 'it did not answer in time.',
  CONNECTION_CLOSED: 'it hung up.',
  TLS_HANDSHAKE_FAILED: 'the two sides could not agree on TLS.',
};

function reasonOf(error: unknown): string {
  const causes = causesOf(error);
  if (causes.some(isOutOfTime)) return 'it did not answer in time.';
  if (causes.some((cause) => certificateProblem(cause) !== null)) return 'its certificate cannot be trusted, so nothing was read.';
  const problem = causes.map((cause) => resolutionProblem(cause) ?? socketProblem(cause)).find((found) => found !== null);
  return (problem && reasons[problem]) ?? unnamed(causes);
}

function isOutOfTime(cause: unknown): boolean {
  return cause instanceof TimeIsUp || cause instanceof Stopped || (cause instanceof Error && cause.name === 'AbortError');
}

/** The words of the innermost error that has any; what the egress rules forbid is among them. */
function unnamed(causes: readonly unknown[]): string {
  const [innermost] = [...causes].reverse().filter((cause): cause is Error => cause instanceof Error && cause.message !== '');
  const text = innermost?.message ?? errorCode(causes[0]);
  return `${text.replace(/[.\s]*$/, '').slice(0, 200)}.`;
}
