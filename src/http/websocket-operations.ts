import {
  execute,
  getOperationAST,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  OperationTypeNode,
} from 'graphql';
import type { ServerOptions, SubscribePayload } from 'graphql-ws';
import type { AuthenticatedCaller } from '../commands/authentication.js';
import { calledBy, callOf } from './call-of-request.js';
import type { Faults } from './errors/faults.js';
import { badRequest } from './errors/refusal.js';
import { formatted, type FailedAt, type ShownErrors } from './errors/shown-errors.js';
import type { GraphQLRules } from './graphql-rules.js';
import { timedOut, withinDeadline } from './limits/deadline.js';
import { limitExceeded } from './limits/limit-exceeded.js';
import type { OperationContext, OperationContexts } from './operation-context.js';
import type { PreparedDocuments } from './prepared-documents.js';
import type { Recognition } from './recognition.js';
import type { FinishedOperations } from './request-log.js';
import { RunningOperation } from './running-operation.js';
import { closeCodes, type WebSocketConnection } from './websocket-connection.js';
import type { WebSocketExtra } from './websocket-transport.js';

/** On one connection at a time. */
const maximumOperations = 100;

/** A client has so long to say who it is, in milliseconds. */
const initialisationWait = 10_000;

export interface WebSocketOperationsParts {
  readonly rules: GraphQLRules;
  readonly documents: PreparedDocuments;
  readonly recognition: Recognition;
  readonly contexts: OperationContexts;
  readonly shownErrors: ShownErrors;
  readonly faults: Faults;
  readonly finished: FinishedOperations;
}

type Refused = FailedAt & { readonly errors: readonly GraphQLError[] };

/** Queries, mutations and subscriptions over one WebSocket, held to the same rules as over HTTP. */
export class WebSocketOperations {
  /** What was told of operations that were refused before they ran. */
  readonly #refused = new WeakMap<object, readonly GraphQLFormattedError[]>();

  constructor(readonly parts: WebSocketOperationsParts) {}

  /** For graphql-ws. */
  options(): ServerOptions<Record<string, unknown>, WebSocketExtra> {
    return {
      connectionInitWaitTimeout: initialisationWait,
      onConnect: ({ extra, connectionParams }) => this.#recognise(extra.connection, connectionParams),
      onSubscribe: ({ extra }, id, payload) => this.#begin(extra.connection, id, payload),
      execute: (args) => this.#execute(args),
      onNext: (_context, _id, _payload, args, result) => this.#told(result, args),
      onError: ({ extra }, _id, payload, errors) => this.#refused.get(payload) ?? this.#toldOfStream(errors, extra.connection.running(payload)),
      onComplete: ({ extra }, _id, payload) => this.#finish(extra.connection, payload),
    };
  }

  #recognise(connection: WebSocketConnection, parameters: Readonly<Record<string, unknown>> | undefined): boolean {
    const call = callOf(connection.request.headers, connection.ip);
    const given = parameters?.['authorization'] ?? parameters?.['Authorization'] ?? connection.request.headers.authorization;
    const recognised = this.parts.recognition.recognise(typeof given === 'string' ? given : undefined, call);
    if ('error' in recognised) {
      connection.close(closeCodes.forbidden, recognised.error.message);
      return false;
    }
    connection.caller = recognised;
    return true;
  }

  async #begin(connection: WebSocketConnection, id: string, payload: SubscribePayload): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { caller } = connection;
    if (caller === null || !this.parts.recognition.stillStands(caller)) {
      connection.close(closeCodes.forbidden, 'The token is no longer valid.');
      return [new GraphQLError('The token is no longer valid.', { extensions: { code: 'UNAUTHENTICATED' } })];
    }
    const operation = new RunningOperation(calledBy(callOf(connection.request.headers, connection.ip), caller));
    connection.started(payload, id, operation);
    const began = this.#prepare(connection, payload, operation, caller);
    if (!('errors' in began)) return began;
    this.#refused.set(payload, await this.parts.shownErrors.of(began.errors, began, operation));
    this.#finish(connection, payload);
    return began.errors;
  }

  #prepare(connection: WebSocketConnection, payload: SubscribePayload, operation: RunningOperation, caller: AuthenticatedCaller): ExecutionArgs | Refused {
    const { rules, documents, contexts } = this.parts;
    const variableValues = payload.variables ?? {};
    try {
      if (connection.runningCount > maximumOperations) throw limitExceeded('operations', connection.runningCount, maximumOperations);
      const prepared = documents.prepare(payload.query);
      if ('errors' in prepared) return prepared;
      operation.valid = true;
      const { document } = prepared;
      const node = getOperationAST(document, payload.operationName);
      if (!node) throw badRequest('The document has several operations or none: name the one to run in `operationName`.');
      operation.resolvedTo(node);
      operation.cost = rules.cost.check(document, node, variableValues);
      const contextValue = contexts.of(operation, caller, payload.extensions?.['consistencyToken']);
      return { schema: rules.schema, document, variableValues, contextValue, ...(payload.operationName && { operationName: payload.operationName }) };
    } catch (error) {
      if (error instanceof GraphQLError) return { stage: 'execution', requested: null, errors: [error] };
      throw error;
    }
  }

  #execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const { operation } = args.contextValue as OperationContext;
    const { rules, faults } = this.parts;
    operation.begun = true;
    return withinDeadline<ExecutionResult>(
      operation,
      rules.operationSeconds,
      async () => {
        const result = await execute(args);
        // Nobody is answered any more; what failed is put on record all the same.
        if (operation.aborted) await this.#told(result, args);
        return result;
      },
      () => ({ errors: [timedOut(operation, rules.operationSeconds)], data: null }),
      (error) => faults.ofRequest(error, operation.call.requestId),
    );
  }

  async #told({ data, errors }: Parameters<NonNullable<ServerOptions['onNext']>>[4], args: ExecutionArgs): Promise<FormattedExecutionResult> {
    const { operation } = args.contextValue as OperationContext;
    const answered = data === undefined ? {} : { data };
    const cost = operation.cost === null || operation.type === OperationTypeNode.SUBSCRIPTION ? {} : { extensions: { cost: operation.cost } };
    if (!errors) return { ...answered, ...cost };
    const node = getOperationAST(args.document, args.operationName);
    const requested = node ? { node, variables: args.variableValues ?? {} } : null;
    return { errors: await this.parts.shownErrors.of(errors, { stage: 'execution', requested }, operation), ...answered, ...cost };
  }

  /** A stream that broke. */
  #toldOfStream(
    errors: readonly GraphQLError[],
    operation: RunningOperation | null,
  ): Promise<readonly GraphQLFormattedError[]> | readonly GraphQLFormattedError[] {
    if (operation !== null) return this.parts.shownErrors.of(errors, { stage: 'execution', requested: null }, operation);
    return errors.map((error) => formatted(this.parts.faults.ofRequest(error, null)));
  }

  #finish(connection: WebSocketConnection, payload: SubscribePayload): void {
    const operation = connection.running(payload);
    if (operation === null) return;
    connection.ended(payload);
    this.parts.finished.note(operation, { transport: 'websocket', method: 'WS', path: '/graphql', status: operation.aborted ? 0 : 200 });
  }
}
