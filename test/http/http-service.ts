import { PassThrough } from 'node:stream';
import { createClient, type Client } from 'graphql-ws';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import type { Services } from '../../schema/request-context.js';
import { AuthenticationRefused, type AuthenticatedCaller } from '../../src/commands/authentication.js';
import type { Call } from '../../src/commands/change.js';
import { readConfig, type HttpConfig } from '../../src/config.js';
import type { Attempt, AuthenticationFailure } from '../../src/domain/security-log/events.js';
import { startHttpServer, type HttpServer } from '../../src/http/server.js';
import { recordingContext } from '../schema/recording-context.js';

/** A server on a free port over services that answer as the test wants. `admin-token` is an administrator's, `viewer-token` a viewer's. */
export interface HttpService {
  readonly url: string;
  readonly server: HttpServer;
  /** What the services do from now on; what is not named answers as little as it can. */
  behave(services: Partial<Services>): void;
  /** Tokens that no longer stand. */
  readonly revoked: Set<string>;
  readonly failures: { readonly call: Call; readonly cause: AuthenticationFailure }[];
  readonly failedCommands: { readonly call: Call; readonly attempt: Attempt; readonly reference: string }[];
  readonly freshness: { await: (token: string) => Promise<boolean> };
  readonly readiness: { ready: boolean };
  readonly logged: () => string;
  post(body: unknown, headers?: Record<string, string>): Promise<Answer>;
  query(document: string, variables?: Record<string, unknown>, headers?: Record<string, string>): Promise<Answer>;
  /** A client of graphql-ws that does not come back when its connection is closed. */
  connect(token?: string | null, onClosed?: (code: number, reason: string) => void): Client;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly AnsweredError[];
  readonly codes: readonly string[];
  readonly extensions: Record<string, unknown> | undefined;
}

export interface AnsweredError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
}

const roles: Readonly<Record<string, AuthenticatedCaller['role']>> = { 'admin-token': 'ADMIN', 'viewer-token': 'VIEWER' };

export async function startHttpService({
  limits,
  ...config
}: Partial<Omit<HttpConfig, 'limits'>> & { limits?: Partial<HttpConfig['limits']> } = {}): Promise<HttpService> {
  const usual = readConfig({ POSTLEDGER_PORT: '0' }).http;
  const idle: Services = recordingContext('ADMIN').context;
  let behaviour: Partial<Services> = {};
  const services = new Proxy(idle, { get: (target, name) => Reflect.get({ ...target, ...behaviour }, name) as unknown });
  const lines: string[] = [];
  const log = new PassThrough().on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const revoked = new Set<string>();
  const failures: HttpService['failures'] = [];
  const failedCommands: HttpService['failedCommands'] = [];
  const freshness: HttpService['freshness'] = { await: () => Promise.resolve(true) };
  const readiness = { ready: true };
  const server = await startHttpServer({
    config: { ...usual, ...config, limits: { ...usual.limits, ...limits } },
    services,
    authentication: {
      authenticate: (authorization) => {
        const token = authorization.replace(/^Bearer /, '');
        const role = roles[token];
        if (role === undefined) throw new AuthenticationRefused('UNKNOWN');
        if (revoked.has(token)) throw new AuthenticationRefused('REVOKED');
        return { actor: { kind: 'API_TOKEN', id: `id-of-${token}`, displayName: token }, role, tokenId: token, expiresAt: null };
      },
      stillStands: ({ tokenId }) => !revoked.has(tokenId),
    },
    authenticationFailed: (call, cause) => failures.push({ call, cause }),
    commandFailed: (call, attempt, reference) => Promise.resolve(failedCommands.push({ call, attempt, reference })),
    awaitFreshness: (token) => freshness.await(token),
    readiness: () => Promise.resolve({ ready: readiness.ready, detail: { accounts: readiness.ready ? 'CURRENT' : 'STOPPED' } }),
    finishConsent: () => Promise.resolve({ granted: false, profile: null, message: 'There is nothing to finish here.' }),
    registry: new Registry(),
    log: pino({ level: 'debug' }, log),
  });
  const post: HttpService['post'] = async (body, headers = {}) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer admin-token', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return answerOf(response);
  };
  return {
    url: server.url,
    server,
    behave: (services) => (behaviour = services),
    revoked,
    failures,
    failedCommands,
    freshness,
    readiness,
    logged: () => lines.join(''),
    post,
    query: (query, variables, headers) => post({ query, variables }, headers),
    connect: (token = 'admin-token', onClosed = () => undefined) =>
      createClient({
        url: server.url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        lazy: false,
        retryAttempts: 0,
        onNonLazyError: () => undefined,
        ...(token !== null && { connectionParams: { authorization: `Bearer ${token}` } }),
        on: {
          closed: (event) => {
            const { code, reason } = event as { readonly code: number; readonly reason: string };
            onClosed(code, reason);
          },
        },
      }),
    stop: () => server.stop(0),
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = JSON.parse(text) as { data?: Record<string, unknown> | null; errors?: AnsweredError[]; extensions?: Record<string, unknown> };
  const errors = body.errors ?? [];
  return {
    status: response.status,
    headers: response.headers,
    text,
    data: body.data,
    errors,
    codes: errors.map(({ extensions }) => extensions.code),
    extensions: body.extensions,
  };
}

export interface Outcome {
  readonly data?: unknown;
  readonly errors: readonly AnsweredError[];
  readonly text: string;
}

/** The one result of a query or mutation over a WebSocket, or the errors that it was refused with. */
export function once(client: Client, query: string, variables: Record<string, unknown> = {}, extensions: Record<string, unknown> = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let result: Outcome | null = null;
    client.subscribe(
      { query, variables, extensions },
      {
        next: (value) => (result = { data: value.data, errors: (value.errors ?? []) as unknown as readonly AnsweredError[], text: JSON.stringify(value) }),
        error: (errors) => {
          if (Array.isArray(errors)) resolve({ errors: errors as AnsweredError[], text: JSON.stringify(errors) });
          else reject(new Error(`The connection failed: ${JSON.stringify(errors)}`));
        },
        complete: () => (result === null ? reject(new Error('There was no result.')) : resolve(result)),
      },
    );
  });
}

type Ask = (service: HttpService, query: string, variables?: Record<string, unknown>, extensions?: Record<string, unknown>) => Promise<Outcome>;

/** What holds over one of them has to hold over the other. */
export const transports: readonly (readonly [string, Ask])[] = [
  ['HTTP', (service, query, variables, extensions) => service.post({ query, variables, extensions })],
  [
    'WebSockets',
    async (service, query, variables, extensions) => {
      const client = service.connect();
      const outcome = await once(client, query, variables, extensions);
      await client.dispose();
      return outcome;
    },
  ],
];
