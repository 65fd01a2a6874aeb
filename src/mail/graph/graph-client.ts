import type { SecretValue } from '../../secret-store/secret-value.js';
import { ConnectionFailure, type FailureCode } from '../failure.js';
import { TokenUnavailable, type AccessTokens } from '../mail-port.js';
import { tokenFailure } from '../oauth-login.js';
import { Exchange, refusalIn, type GraphWay } from './exchange.js';
import { failureOfRefusal, GraphFailure, withOutcomeUnknown } from './graph-failure.js';
import { objectIn, type JsonObject } from './json.js';
import { endedBy, networkFailure } from '../network-failure.js';
import type { GraphPermission } from './permissions.js';
import { pauseBefore } from './repetition.js';

export interface GraphRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the version, as `/users/…`, or a link that Graph gave. */
  readonly path: string;
  readonly needs: readonly GraphPermission[];
  readonly body?: { readonly type: 'application/json' | 'text/plain'; readonly text: string };
  readonly prefer?: string;
  /** How many of the mailbox's places it takes. Default: one. */
  readonly places?: number;
}

export interface GraphAnswer {
  readonly status: number;
  /** What Microsoft's support finds the request by. */
  readonly requestId: string | null;
}

type Tried<Result> = { readonly result: Result; readonly failure: null } | { readonly result: null; readonly failure: ConnectionFailure };

/** Far more than any page of a folder. */
const mostJsonBytes = 8_388_608;

/** After these a request may have been carried out. */
const undecided: ReadonlySet<FailureCode> = new Set(['TIMEOUT', 'CANCELLED', 'CONNECTION_CLOSED', 'PROTOCOL_ERROR', 'UNKNOWN']);

/**
 * Talks to Microsoft Graph about one mailbox. A refused access token is replaced once; requests that Graph asks to repeat are repeated, those whose outcome is not known are not
 * unless they change nothing by being repeated. Every error is a {@link ConnectionFailure} that holds no token.
 */
export class GraphClient {
  constructor(
    readonly way: GraphWay,
    readonly accessTokens: AccessTokens,
    /** The user principal name, as the sign-in has it. */
    readonly mailbox: string,
  ) {}

  /** The mailbox's own path. */
  get path(): string {
    return `/users/${encodeURIComponent(this.mailbox)}`;
  }

  /** @throws {ConnectionFailure} {@link GraphFailure} where Graph refused. */
  async json(request: GraphRequest, signal: AbortSignal): Promise<JsonObject> {
    const leave = await this.place(signal, request.places);
    try {
      return await this.#answered(request, signal, async (exchange) => objectIn(await exchange.text(mostJsonBytes)));
    } finally {
      leave();
    }
  }

  /** For what is done when Graph says so, whatever comes with it. @throws {ConnectionFailure} */
  async done(request: GraphRequest, signal: AbortSignal): Promise<GraphAnswer> {
    const leave = await this.place(signal, request.places);
    try {
      return await this.#answered(request, signal, async (exchange) => {
        await exchange.leave();
        const { status, headers } = exchange.response;
        return { status, requestId: headers.get('request-id') };
      });
    } finally {
      leave();
    }
  }

  /** An answer's bytes as they come. The mailbox's place is held until they are read, or no more of them is wanted. @throws {ConnectionFailure} */
  async *bytes(request: GraphRequest, maximum: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const leave = await this.place(signal, request.places);
    try {
      yield* await this.#answered(request, signal, (exchange) => Promise.resolve(exchange.bytes(maximum)));
    } finally {
      leave();
    }
  }

  /** A link that Graph gave, as a path. The access token goes with it, so it must lead back to Graph. @throws {ConnectionFailure} PROTOCOL_ERROR */
  link(url: string): string {
    const base = `${this.way.baseUrl}/v1.0/`;
    if (!url.startsWith(base))
      throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'Microsoft Graph gave a link that leads elsewhere. It was not followed.' });
    return url.slice(base.length - 1);
  }

  /** Waits for a place at the mailbox; answers how to give it back. @throws {ConnectionFailure} TIMEOUT, CANCELLED */
  async place(signal: AbortSignal, places = 1): Promise<() => void> {
    try {
      return await this.way.places.take(`${this.way.baseUrl} ${this.mailbox.toLowerCase()}`, places, signal);
    } catch (error) {
      throw signal.aborted ? endedBy(signal) : error;
    }
  }

  /** What is read of the first answer that is one. */
  async #answered<Result>(request: GraphRequest, signal: AbortSignal, read: (exchange: Exchange) => Promise<Result>): Promise<Result> {
    let tokenRefused = false;
    for (let attempt = 1; ; attempt++) {
      const token = await this.#token(signal);
      const { result, failure } = await this.#tried(request, token, signal, read);
      if (failure === null) return result;
      if (failure instanceof GraphFailure && failure.refusal?.status === 401) {
        this.accessTokens.refused(token);
        if (tokenRefused) throw failure;
        tokenRefused = true;
      } else await pauseBefore(attempt, request.method !== 'POST', failure, this.way, signal);
    }
  }

  async #token(signal: AbortSignal): Promise<SecretValue> {
    try {
      const token = await this.accessTokens.current(signal);
      // RFC 6750, section 2.1; anything else would end up in an error of the HTTP client, and that in a log.
      if (/^[\x21-\x7e]+$/.test(token.reveal())) return token;
      throw new TokenUnavailable(
        'OAUTH_TOKEN_FAILED',
        `The access token of authentication profile ${this.accessTokens.profile} cannot be sent: it has characters that no token has.`,
      );
    } catch (error) {
      throw signal.aborted ? endedBy(signal) : tokenFailure(error);
    }
  }

  async #tried<Result>(request: GraphRequest, token: SecretValue, signal: AbortSignal, read: (exchange: Exchange) => Promise<Result>): Promise<Tried<Result>> {
    if (signal.aborted) throw endedBy(signal);
    const repeatable = request.method !== 'POST';
    try {
      const exchange = await Exchange.begin(this.way, this.#request(request, token), signal);
      if (exchange.response.ok) return { result: await read(exchange), failure: null };
      const refusal = await refusalIn(exchange, token);
      const failure = failureOfRefusal(refusal, request.needs, this.mailbox);
      // Who names a time to come back has done nothing; other faults of a server come at any time.
      const mayBeDone = refusal.status >= 500 && !(refusal.status === 503 && refusal.retryAfterMilliseconds !== null);
      return { result: null, failure: !repeatable && mayBeDone ? withOutcomeUnknown(failure) : failure };
    } catch (error) {
      const failure = networkFailure(error, signal);
      return { result: null, failure: !repeatable && undecided.has(failure.code) ? withOutcomeUnknown(failure) : failure };
    }
  }

  #request({ method, path, body, prefer }: GraphRequest, token: SecretValue): Request {
    // Immutable ids: a message keeps its id when it is moved.
    const preferences = ['IdType="ImmutableId"', ...(prefer === undefined ? [] : [prefer])].join(', ');
    return new Request(`${this.way.baseUrl}/v1.0${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token.reveal()}`,
        accept: 'application/json',
        prefer: preferences,
        ...(body && { 'content-type': body.type }),
      },
      ...(body && { body: body.text }),
      redirect: 'manual',
    });
  }
}
