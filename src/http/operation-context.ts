import { GraphQLError } from 'graphql';
import type { RequestContext, Services } from '../../schema/request-context.js';
import type { AuthenticatedCaller } from '../commands/authentication.js';
import type { RunningOperation } from './running-operation.js';

/** What resolvers get, and for this layer the operation that they run in. */
export interface OperationContext extends RequestContext {
  readonly operation: RunningOperation;
}

/** Makes the contexts of operations; one a process. */
export class OperationContexts {
  /** What all contexts have in common stands behind them: copied into each, it would cost more than a small query. */
  readonly #common: Services & Pick<OperationContext, 'signal'>;

  constructor(
    services: Services,
    readonly awaitFreshness: (consistencyToken: string) => Promise<boolean>,
  ) {
    const signal: PropertyDescriptor & ThisType<OperationContext> = {
      get() {
        return this.operation.signal;
      },
    };
    this.#common = Object.create(services, { signal }) as Services & Pick<OperationContext, 'signal'>;
  }

  /**
   * @param consistencyToken as the client sent it; undefined and null are none.
   * @throws {GraphQLError} BAD_USER_INPUT: the token is no text.
   */
  of(operation: RunningOperation, caller: AuthenticatedCaller, consistencyToken: unknown): OperationContext {
    const context = Object.create(this.#common) as Services & Pick<OperationContext, 'signal'>;
    return Object.assign(context, { operation, call: operation.call, accessEndsAt: caller.expiresAt, freshness: this.#freshness(consistencyToken) });
  }

  #freshness(token: unknown): () => Promise<boolean> | null {
    if (token === undefined || token === null || token === '') return nothingToWaitFor;
    if (typeof token !== 'string' || token.length > maximumTokenLength) throw damagedConsistencyToken();
    let waiting: Promise<boolean> | null = null;
    return () => (waiting ??= this.awaitFreshness(token));
  }
}

const maximumTokenLength = 200;
const nothingToWaitFor = () => null;

/** The consistency token is not one that this service gave. */
export function damagedConsistencyToken(): GraphQLError {
  return new GraphQLError('The consistency token is damaged. Send it back exactly as a payload gave it, or leave it out to read what is there.', {
    extensions: { code: 'BAD_USER_INPUT', argument: 'consistencyToken', http: { status: 400 } },
  });
}
