import { GraphQLError, type DocumentNode, type GraphQLFormattedError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { RunningOperation } from '../running-operation.js';
import type { Faults, RequestedOperation } from './faults.js';
import { isOfLiteral, literalProblems } from './literal-problems.js';
import { causeOf, refusalOf } from './refusal.js';
import { syntaxProblem } from './syntax-problem.js';
import { isTopLevelCode } from './top-level-codes.js';
import { isOfVariable, variableProblems } from './variable-problems.js';

/** How far an operation came before it failed, and what is known of it there. */
export type FailedAt =
  | { readonly stage: 'parsing' }
  | { readonly stage: 'validation'; readonly document: DocumentNode }
  | { readonly stage: 'execution'; readonly requested: RequestedOperation | null };

/**
 * What callers are told of errors, over HTTP and WebSockets alike: a code of the schema's list, words of ours, the place in the document and the path in the answer.
 * Never a value of a variable or a literal of the document, never what a fault says.
 */
export class ShownErrors {
  constructor(
    readonly schema: GraphQLSchema,
    readonly maximumTokens: number,
    readonly faults: Faults,
  ) {}

  /** Notes the codes in the operation as well. */
  async of(errors: readonly GraphQLError[], failedAt: FailedAt, operation: RunningOperation): Promise<GraphQLFormattedError[]> {
    const shown = (await this.#rewritten(errors, failedAt, operation)).map(formatted);
    for (const { extensions } of shown) operation.toldOf(extensions?.['code']);
    return shown;
  }

  async #rewritten(errors: readonly GraphQLError[], failedAt: FailedAt, operation: RunningOperation): Promise<GraphQLError[]> {
    switch (failedAt.stage) {
      case 'parsing':
        return errors.map((error) => refusalOf(causeOf(error), false) ?? syntaxProblem(error, this.maximumTokens));
      case 'validation':
        return this.#ofValidation(errors, failedAt.document);
      case 'execution':
        return this.#ofExecution(errors, failedAt.requested, operation);
    }
  }

  #ofValidation(errors: readonly GraphQLError[], document: DocumentNode): GraphQLError[] {
    const aboutNames = errors.filter((error) => hasOwnCode(error) || !isOfLiteral(error)).map(ofNames);
    const aboutLiterals = errors.length > aboutNames.length ? literalProblems(this.schema, document) : [];
    const all = [...aboutNames, ...aboutLiterals];
    return all.length > 0 ? all : [invalid('The document does not fit the schema.')];
  }

  async #ofExecution(errors: readonly GraphQLError[], requested: RequestedOperation | null, operation: RunningOperation): Promise<GraphQLError[]> {
    if (requested !== null && errors.some(isOfVariable)) return variableProblems(this.schema, requested.node, requested.variables);
    const all: GraphQLError[] = [];
    for (const error of errors) {
      const refusal = abandoned(causeOf(error), operation) ?? refusalOf(causeOf(error), operation.type === OperationTypeNode.MUTATION);
      all.push(located(refusal ?? (await this.faults.ofOperation(error, operation, requested)), error));
    }
    return all;
  }
}

/** What an operation that was given up, or whose caller has gone, threw because it was told to stop: nobody waits for that answer, and it is no fault. */
function abandoned(cause: unknown, operation: RunningOperation): GraphQLError | null {
  const isAbort = operation.aborted && cause instanceof Error && (cause === operation.signal.reason || cause.name === 'AbortError');
  return isAbort ? new GraphQLError('The operation was given up.', { extensions: { code: 'TIMEOUT' } }) : null;
}

/** A limit of ours, found while validating, keeps its code. */
function hasOwnCode(error: GraphQLError): boolean {
  return ownCodeOf(error) !== null;
}

function ownCodeOf(error: GraphQLError): GraphQLError | null {
  const cause = causeOf(error);
  const code = cause instanceof GraphQLError ? cause.extensions['code'] : undefined;
  return cause instanceof GraphQLError && code === 'COST_LIMIT_EXCEEDED' ? cause : null;
}

/** Such an error names fields, types and variables that the document names too; what the caller may have meant, it was never made to say. */
function ofNames(error: GraphQLError): GraphQLError {
  return ownCodeOf(error) ?? located(invalid(error.message), error);
}

function invalid(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
}

/** The same error at the place and path of another. */
function located(error: GraphQLError, at: GraphQLError): GraphQLError {
  const { nodes, path, source, positions } = at;
  const place = nodes ? { nodes } : source && positions ? { source, positions } : {};
  return new GraphQLError(error.message, { ...place, ...(path && { path }), extensions: error.extensions });
}

/** As it goes out: with a code of the list, without what is for the HTTP layer alone. */
export function formatted(error: GraphQLError): GraphQLFormattedError {
  const { http: _http, stacktrace: _stacktrace, ...extensions } = error.extensions;
  return { ...error.toJSON(), extensions: { ...extensions, code: isTopLevelCode(extensions['code']) ? extensions['code'] : 'INTERNAL_SERVER_ERROR' } };
}
