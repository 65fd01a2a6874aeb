import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContext, type GraphQLRequestListener } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { OperationTypeNode, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { isForLegacyClient, retryAfterSeconds } from './errors/answer-status.js';
import type { Faults } from './errors/faults.js';
import { badRequest, causeOf, refusalOf } from './errors/refusal.js';
import { formatted, type FailedAt, type ShownErrors } from './errors/shown-errors.js';
import type { GraphQLRules } from './graphql-rules.js';
import type { OperationContext } from './operation-context.js';
import type { PreparedDocuments } from './prepared-documents.js';

export type Apollo = ApolloServer<OperationContext>;

/** The pipeline of one HTTP request: parse, validate, limits, execute, and what is told of errors. Started. */
export async function startApollo(rules: GraphQLRules, documents: PreparedDocuments, shownErrors: ShownErrors, faults: Faults, log: Logger): Promise<Apollo> {
  const listener = requestListener(rules, documents, shownErrors);
  const server: Apollo = new ApolloServer<OperationContext>({
    schema: rules.schema,
    logger: log,
    parseOptions: rules.parseOptions,
    validationRules: [...rules.validationRules],
    validationOptions: rules.validationOptions,
    // Our own rule says whether introspection is allowed, on WebSockets as well.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: true,
    csrfPrevention: true,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    stringifyResult: (result) => JSON.stringify(result),
    formatError: (shown, error) => ofRequest(shown, error, faults),
    plugins: [
      // Its default counterpart wraps every field of the schema: 40 % of a list's time.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      { requestDidStart: () => listener } satisfies ApolloServerPlugin<OperationContext>,
    ],
  });
  await server.start();
  return server;
}

/** One for all requests: all it knows of one is in that request's context. */
function requestListener(rules: GraphQLRules, documents: PreparedDocuments, shownErrors: ShownErrors): Promise<GraphQLRequestListener<OperationContext>> {
  return Promise.resolve({
    didResolveOperation(request) {
      const { operation } = request.contextValue;
      operation.valid = true;
      documents.keep(request.source, request.document);
      if (!request.operation) throw badRequest('The document has several operations or none: name the one to run in `operationName`.');
      operation.resolvedTo(request.operation);
      if (operation.type === OperationTypeNode.SUBSCRIPTION)
        throw badRequest('Subscriptions go over a WebSocket with the protocol graphql-transport-ws, at the same path.');
      operation.cost = rules.cost.check(request.document, request.operation, request.request.variables ?? {});
      return Promise.resolve();
    },
    executionDidStart({ contextValue }) {
      contextValue.operation.begun = true;
      return Promise.resolve();
    },
    // Marks the errors as ones that willSendResponse will tell of.
    didEncounterErrors({ errors }) {
      for (const error of errors) ofOperations.add(error);
      return Promise.resolve();
    },
    async willSendResponse(request) {
      const { response, contextValue, errors } = request;
      if (response.body.kind !== 'single') return;
      const result = response.body.singleResult;
      if (errors) {
        result.errors = await shownErrors.of(errors, failedAt(request), contextValue.operation);
        if (isForLegacyClient(response.http.status, request.request.http?.headers.get('accept'))) response.http.status = 200;
        const retryAfter = retryAfterSeconds(result.errors);
        if (retryAfter !== null) response.http.headers.set('retry-after', String(retryAfter));
      }
      if (contextValue.operation.cost !== null && result.data !== undefined) result.extensions = { ...result.extensions, cost: contextValue.operation.cost };
    },
  });
}

const ofOperations = new WeakSet<object>();

/** What the caller is told of an error that no operation had: a request that is none, or a fault before or after it. */
function ofRequest(shown: GraphQLFormattedError, error: unknown, faults: Faults): GraphQLFormattedError {
  if (typeof error === 'object' && error !== null && ofOperations.has(error)) return shown;
  return formatted(refusalOf(causeOf(error), false) ?? faults.ofRequest(error, null));
}

function failedAt({ document, operation, request, contextValue }: GraphQLRequestContext<OperationContext>): FailedAt {
  if (!document) return { stage: 'parsing' };
  if (!operation && !contextValue.operation.valid) return { stage: 'validation', document };
  return { stage: 'execution', requested: operation ? { node: operation, variables: request.variables ?? {} } : null };
}
