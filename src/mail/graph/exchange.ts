import type { SecretValue } from '../../secret-store/secret-value.js';
import { shownServerText } from '../server-text.js';
import type { GraphRefusal } from './graph-failure.js';
import { isObject, objectOrEmpty, textOrNull } from './json.js';
import { networkFailure } from '../network-failure.js';
import type { Places } from './places.js';
import { bytesOf, textOf } from './response-body.js';
import { retryAfterMilliseconds } from '../retry-after.js';
import { Silence } from './silence.js';

/** The way to Graph, the same for every mailbox of a national cloud. */
export interface GraphWay {
  readonly fetch: typeof globalThis.fetch;
  /** Without the version and a closing slash. */
  readonly baseUrl: string;
  /** Microsoft serves an application four requests at once for each mailbox. */
  readonly places: Places;
  /** How long an answer, and each piece of it, may be waited for. */
  readonly silenceMilliseconds: number;
  /** Before the first repetition where Graph names no time; doubled for each further one. */
  readonly firstPauseMilliseconds: number;
  /** The longest pause that Graph may ask for before a request is repeated; a longer one fails as THROTTLED. */
  readonly patienceMilliseconds: number;
}

const mostRefusalBytes = 65_536;

/** One request and its answer, with an eye on how long there has been silence. */
export class Exchange {
  private constructor(
    readonly response: Response,
    readonly signal: AbortSignal,
    readonly silence: Silence,
  ) {}

  /** @throws {ConnectionFailure} what the network comes to; TIMEOUT for silence */
  static async begin(
    { fetch, silenceMilliseconds }: Pick<GraphWay, 'fetch' | 'silenceMilliseconds'>,
    request: Request,
    caller: AbortSignal,
  ): Promise<Exchange> {
    const silence = new Silence(silenceMilliseconds);
    const signal = AbortSignal.any([caller, silence.signal]);
    silence.begin();
    try {
      return new Exchange(await fetch(request, { signal }), signal, silence);
    } catch (error) {
      throw networkFailure(error, signal);
    } finally {
      silence.end();
    }
  }

  /** @throws {ConnectionFailure} */
  text(maximum: number): Promise<string> {
    return textOf(this.response, maximum, this.silence, this.signal);
  }

  bytes(maximum: number): AsyncGenerator<Uint8Array, void> {
    return bytesOf(this.response, maximum, this.silence, this.signal);
  }

  /** For who does not want what comes with the answer. */
  async leave(): Promise<void> {
    await this.response.body?.cancel();
  }
}

/** What is shown of it has no token in it, should the answer repeat it. */
export async function refusalIn(exchange: Exchange, token: SecretValue | null): Promise<GraphRefusal> {
  const { status, headers } = exchange.response;
  const { error } = objectOrEmpty(await exchange.text(mostRefusalBytes));
  const told = isObject(error) ? error : {};
  const shown = (text: string | null) => shownServerText(text, token === null ? [] : [token]);
  return {
    status,
    graphCode: shown(textOrNull(told, 'code')) ?? '',
    text: shown(textOrNull(told, 'message')) ?? '',
    requestId: shown(headers.get('request-id')),
    retryAfterMilliseconds: retryAfterMilliseconds(headers.get('retry-after'), new Date()),
  };
}
