import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import type { Faults } from './errors/faults.js';
import { badRequest } from './errors/refusal.js';
import { sendErrors } from './graphql-endpoint.js';

/** Whatever goes wrong before or beside GraphQL is told as GraphQL errors too, with a code and without a word of the body. */
export function answerErrors(app: FastifyInstance, bodyBytes: number, faults: Faults): void {
  app.setErrorHandler((error, request, reply) => {
    const refused = error instanceof GraphQLError ? error : refusalOfBody(error, request, bodyBytes);
    const shown = refused ?? faults.ofRequest(error, request.operation?.call.requestId ?? null);
    sendErrors(request, reply, statusOf(shown) ?? 500, [shown]);
  });
  app.setNotFoundHandler((request, reply) =>
    sendErrors(request, reply, 404, [
      badRequest('There is nothing at this path. GraphQL is at /graphql, health at /livez and /readyz, metrics at /metrics.', 404),
    ]),
  );
}

function refusalOfBody(error: unknown, request: FastifyRequest, bodyBytes: number): GraphQLError | null {
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return badRequest(`The body has more than ${bodyBytes} bytes, and no more are read. Ask for less at once.`, 413);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return badRequest('The body must be JSON, with the header Content-Type: application/json.', 415);
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return badRequest('The body is empty. Send JSON like {"query": "{ viewer { role } }"}.');
    default:
      // JSON that cannot be read, or whose length was not as announced: the error of the parser quotes it, so it goes nowhere.
      if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return null;
      return badRequest(
        request.method === 'POST' ? 'The body is not valid JSON. Send JSON like {"query": "{ viewer { role } }"}.' : 'The request is malformed.',
        statusCode,
      );
  }
}

function statusOf({ extensions }: GraphQLError): number | null {
  const { status } = (extensions['http'] ?? {}) as { readonly status?: unknown };
  return typeof status === 'number' ? status : null;
}
