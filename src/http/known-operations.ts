import { HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import { execute, getOperationAST, GraphQLError, OperationTypeNode, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { retryAfterSeconds, statusFor } from './errors/answer-status.js';
import type { ShownErrors } from './errors/shown-errors.js';
import type { GraphQLRules } from './graphql-rules.js';
import type { OperationContext } from './operation-context.js';
import type { PreparedDocuments } from './prepared-documents.js';

interface KnownOperation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
  readonly cost: number;
  readonly mediaType: string;
}

const mostMediaTypes = 100;
/** No browser sends this to another site without asking first, so there is no forged request to look for. */
const contentType = /^application\/json(?: *; *charset=utf-8)?$/i;

/**
 * Executes what clients send again and again: a plain POST of a document that was found valid before. To find out what a request is takes longer than most operations do, and
 * of these it is known. Everything else is the pipeline's, and so is an operation that comes to an end before its first resolver.
 */
export class KnownOperations {
  /** What the pipeline chose for an `Accept` header. */
  readonly #mediaTypes = new Map<string | undefined, string>();

  constructor(
    readonly rules: GraphQLRules,
    readonly documents: PreparedDocuments,
    readonly shownErrors: ShownErrors,
  ) {}

  /** To be told of each answer of the pipeline. */
  learn({ headers: { accept } }: FastifyRequest, { status = 200, headers }: HTTPGraphQLResponse): void {
    const mediaType = headers.get('content-type');
    if (status !== 200 || mediaType === undefined || this.#mediaTypes.size >= mostMediaTypes) return;
    this.#mediaTypes.set(accept, mediaType);
  }

  /** Null when the pipeline has to look at the request: nothing was executed. */
  async answer(request: FastifyRequest, context: OperationContext): Promise<HTTPGraphQLResponse | null> {
    const known = this.#find(request);
    if (known === null) return null;
    const { operation } = context;
    operation.valid = true;
    operation.resolvedTo(known.node);
    operation.cost = known.cost;
    operation.begun = true;
    const { schema } = this.rules;
    const { document, node, variables, operationName, mediaType } = known;
    const { data, errors, extensions } = await execute({ schema, document, contextValue: context, variableValues: variables, operationName });
    // Variables that do not fit.
    if (data === undefined) return null;
    const headers = new HeaderMap([['content-type', mediaType]]);
    const answered = { data, extensions: { ...extensions, cost: known.cost } };
    if (!errors) return { status: 200, headers, body: { kind: 'complete', string: JSON.stringify(answered) } };
    const shown = await this.shownErrors.of(errors, { stage: 'execution', requested: { node, variables } }, operation);
    const retryAfter = retryAfterSeconds(shown);
    if (retryAfter !== null) headers.set('retry-after', String(retryAfter));
    return { status: statusFor(errors, request.headers.accept), headers, body: { kind: 'complete', string: JSON.stringify({ errors: shown, ...answered }) } };
  }

  #find({ method, headers, body }: FastifyRequest): KnownOperation | null {
    const mediaType = this.#mediaTypes.get(headers.accept);
    if (method !== 'POST' || mediaType === undefined || !contentType.test(headers['content-type'] ?? '') || !isObject(body)) return null;
    const { query, variables = null, operationName = null, extensions = null } = body;
    if (variables !== null && !isObject(variables)) return null;
    if (operationName !== null && typeof operationName !== 'string') return null;
    if (extensions !== null && (!isObject(extensions) || 'persistedQuery' in extensions)) return null;
    const document = typeof query === 'string' ? this.documents.known(query) : null;
    const node = document && getOperationAST(document, operationName);
    if (!document || !node || node.operation === OperationTypeNode.SUBSCRIPTION) return null;
    const cost = this.#costOf(document, node, variables ?? {});
    return cost === null ? null : { document, node, variables: variables ?? {}, operationName, cost, mediaType };
  }

  /** Null when it is more than it may be, or its variables do not fit: the pipeline tells what is wrong. */
  #costOf(document: DocumentNode, node: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>): number | null {
    try {
      return this.rules.cost.check(document, node, variables);
    } catch (error) {
      if (error instanceof GraphQLError) return null;
      throw error;
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
