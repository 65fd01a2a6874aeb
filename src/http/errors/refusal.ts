import { GraphQLError } from 'graphql';
import { InvalidCursor } from '../../../projections/paging.js';
import { refusedInput } from '../../../schema/top-level-error.js';
import { LogContradictsCheckpoint } from '../../checkpoints/checkpoints.js';
import { LogContradictsLedger } from '../../commands/audit-proofs.js';
import { RateLimited } from '../../commands/rate-limit.js';
import { CommandRefused } from '../../domain/decider.js';
import { StoreUnavailable } from '../../event-store/event-store.js';
import { SecretStoreUnavailable } from '../../secret-store/secret-store.js';
import { damagedConsistencyToken } from '../operation-context.js';
import { isTopLevelCode } from './top-level-codes.js';

/** The error at the bottom of a chain of wrappings. */
export function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? causeOf(error.originalError) : error;
}

/**
 * What the caller is told of an error that is no fault of ours: its code and words. Null for a fault.
 * @param cause as {@link causeOf} gives it.
 */
export function refusalOf(cause: unknown, isMutation: boolean): GraphQLError | null {
  if (cause instanceof GraphQLError) return ofGraphQLError(cause);
  if (cause instanceof CommandRefused) return refusedInput(cause.problems);
  if (cause instanceof RateLimited)
    return new GraphQLError(cause.message, { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: cause.retryAfterSeconds } });
  if (cause instanceof StoreUnavailable || cause instanceof SecretStoreUnavailable) return storeUnavailable(isMutation);
  if (cause instanceof LogContradictsCheckpoint || cause instanceof LogContradictsLedger)
    return new GraphQLError(cause.message, { extensions: { code: 'AUDIT_LOG_CONTRADICTED' } });
  if (cause instanceof InvalidCursor) return new GraphQLError(cause.message, { extensions: { code: 'BAD_USER_INPUT' } });
  if (cause instanceof Error && cause.name === 'InvalidConsistencyToken') return damagedConsistencyToken();
  return null;
}

function ofGraphQLError(error: GraphQLError): GraphQLError | null {
  const code = error.extensions['code'];
  if (isTopLevelCode(code)) return code === 'INTERNAL_SERVER_ERROR' ? null : error;
  // What the HTTP layer says of a request that is no GraphQL request, or is one that a browser could be tricked into. Its texts name headers and fields, never values.
  if (code === 'BAD_REQUEST' || code === 'PERSISTED_QUERY_NOT_SUPPORTED') return badRequest(error.message);
  const argument = /^Argument "([_0-9A-Za-z]+)" (?:of required type|of non-null type|has invalid value)/.exec(error.message)?.[1];
  if (code === undefined && argument !== undefined)
    return new GraphQLError(`The argument ${argument} has no value, or one that it does not take.`, { extensions: { code: 'BAD_USER_INPUT', argument } });
  return null;
}

/** The request is none that GraphQL can be done with. */
export function badRequest(message: string, status = 400): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status } } });
}

function storeUnavailable(isMutation: boolean): GraphQLError {
  const whatToDo = isMutation
    ? 'Whether the change was made is not known: send it again with the same idempotency key, which is safe.'
    : 'Try again in a few seconds.';
  return new GraphQLError(`The store does not answer. ${whatToDo}`, { extensions: { code: 'STORE_UNAVAILABLE' } });
}
