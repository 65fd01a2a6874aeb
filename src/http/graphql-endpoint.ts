import { HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLError } from 'graphql';
import type { Apollo } from './apollo-server.js';
import type { AuthenticatedCaller } from '../commands/authentication.js';
import { calledBy, callOf } from './call-of-request.js';
import type { ClientAddress } from './client-address.js';
import type { Faults } from './errors/faults.js';
import { badRequest } from './errors/refusal.js';
import { formatted } from './errors/shown-errors.js';
import type { GraphQLRules } from './graphql-rules.js';
import type { KnownOperations } from './known-operations.js';
import { timedOut, withinDeadline } from './limits/deadline.js';
import { accepts, answerMediaType } from './media-type.js';
import type { OperationContext, OperationContexts } from './operation-context.js';
import type { Recognition } from './recognition.js';
import type { FinishedOperations } from './request-log.js';
import { RunningOperation } from './running-operation.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on the GraphQL endpoint alone. */
    operation: RunningOperation | null;
    caller: AuthenticatedCaller | null;
  }
}

export interface GraphQLEndpoint {
  readonly apollo: Apollo;
  readonly knownOperations: KnownOperations;
  readonly rules: GraphQLRules;
  readonly recognition: Recognition;
  readonly contexts: OperationContexts;
  readonly addresses: ClientAddress;
  readonly faults: Faults;
  readonly finished: FinishedOperations;
  /** Sends the IDE's page; null when there is none. */
  readonly ide: ((reply: FastifyReply) => void) | null;
}

export const graphqlPath = '/graphql';

/** What GraphQL answers are: for this caller, now, and for no page to show. */
const headersOfAnswers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** GraphQL over HTTP: POST, and GET for queries. Whoever is not recognised learns nothing more, and their body is not read. */
export function serveGraphQL(app: FastifyInstance, endpoint: GraphQLEndpoint): void {
  app.decorateRequest('operation', null);
  app.decorateRequest('caller', null);
  app.route({
    method: ['GET', 'POST'],
    url: graphqlPath,
    onRequest: (request, reply, done) => {
      if (endpoint.ide !== null && request.method === 'GET' && accepts(request.headers.accept, 'text/html')) return endpoint.ide(reply);
      begin(request, reply, endpoint);
      const recognised = endpoint.recognition.recognise(request.headers.authorization, operationOf(request).call);
      if ('error' in recognised) {
        void reply.header('www-authenticate', recognised.authenticate);
        sendErrors(request, reply, 401, [recognised.error]);
        return;
      }
      request.caller = recognised;
      operationOf(request).call = calledBy(operationOf(request).call, recognised);
      done();
    },
    handler: (request, reply) => answer(request, reply, endpoint),
  });
  app.route({
    method: ['DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'PUT'],
    url: graphqlPath,
    onRequest: (request, reply) => {
      begin(request, reply, endpoint);
      void reply.header('allow', 'GET, POST');
      sendErrors(request, reply, 405, [badRequest('GraphQL takes POST, and GET for queries.', 405)]);
    },
    handler: () => undefined,
  });
}

/** An answer that is errors alone, of a request that did not get as far as GraphQL. */
export function sendErrors(request: FastifyRequest, reply: FastifyReply, status: number, errors: readonly GraphQLError[], data?: null): void {
  const shown = errors.map(formatted);
  for (const { extensions } of shown) request.operation?.toldOf(extensions?.['code']);
  // What is left of a body is not read: no other request can follow it on this connection.
  if (status === 401 || status === 405 || status === 413) if (hasBody(request)) void reply.header('connection', 'close');
  void reply
    .code(status)
    .headers(headersOfAnswers)
    .type(answerMediaType(request.headers.accept))
    .send(JSON.stringify({ errors: shown, data }));
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function begin(request: FastifyRequest, reply: FastifyReply, { addresses, finished }: GraphQLEndpoint): void {
  const ip = addresses.of(request.socket.remoteAddress, request.headers['x-forwarded-for']);
  const operation = new RunningOperation(callOf(request.headers, ip));
  request.operation = operation;
  void reply.header('x-request-id', operation.call.requestId);
  reply.raw.once('close', () => {
    const gotOut = reply.raw.writableFinished;
    if (!gotOut) operation.abort();
    finished.note(operation, { transport: 'http', method: request.method, path: graphqlPath, status: gotOut ? reply.raw.statusCode : 0 });
  });
}

function operationOf({ operation }: FastifyRequest): RunningOperation {
  if (operation === null) throw new Error('The request was not begun.');
  return operation;
}

async function answer(request: FastifyRequest, reply: FastifyReply, endpoint: GraphQLEndpoint): Promise<void> {
  const { rules, contexts, faults } = endpoint;
  const { caller } = request;
  const operation = operationOf(request);
  if (caller === null) throw new Error('A request got here whose caller was not recognised.');
  const context = contexts.of(operation, caller, consistencyToken(request));
  const response = await withinDeadline<HTTPGraphQLResponse | GraphQLError>(
    operation,
    rules.operationSeconds,
    async () => (await endpoint.knownOperations.answer(request, context)) ?? throughPipeline(request, context, endpoint),
    () => timedOut(operation, rules.operationSeconds),
    (error) => faults.ofRequest(error, operation.call.requestId),
  );
  if ('message' in response) return sendErrors(request, reply, 200, [response], null);
  if (response.body.kind !== 'complete') throw new Error('No operation of this schema is answered in parts.');
  const status = response.status ?? 200;
  if (status >= 400 && operation.codes.length === 0) operation.toldOf(status < 500 ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR');
  for (const [name, value] of response.headers) void reply.header(name, value);
  void reply.code(status).headers(headersOfAnswers).send(response.body.string);
}

async function throughPipeline(request: FastifyRequest, context: OperationContext, { apollo, knownOperations }: GraphQLEndpoint): Promise<HTTPGraphQLResponse> {
  const httpGraphQLRequest = { method: request.method, headers: headersFor(request), search: searchOf(request), body: request.body };
  const response = await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: () => Promise.resolve(context) });
  knownOperations.learn(request, response);
  return response;
}

/** What the pipeline looks at: the media types, and what tells a browser's cross-site request from one that JavaScript of ours or no browser made. */
const headersThatMatter = ['accept', 'content-type', 'x-apollo-operation-name', 'apollo-require-preflight'];

function headersFor({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const name of headersThatMatter) {
    const value = headers[name];
    if (value !== undefined) map.set(name, String(value));
  }
  return map;
}

function searchOf({ raw: { url = '' } }: FastifyRequest): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}

/** The header, or `consistencyToken` in the extensions of the request. What is no JSON here, the pipeline refuses. */
function consistencyToken(request: FastifyRequest): unknown {
  const header = request.headers['consistency-token'];
  if (header !== undefined) return header;
  const extensions: unknown =
    request.method === 'GET' ? jsonOf(new URLSearchParams(searchOf(request)).get('extensions')) : propertyOf(request.body, 'extensions');
  return propertyOf(extensions, 'consistencyToken');
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function jsonOf(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
