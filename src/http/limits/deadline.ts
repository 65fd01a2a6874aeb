import { GraphQLError, OperationTypeNode } from 'graphql';
import type { RunningOperation } from '../running-operation.js';

/**
 * The work's outcome, or that of `late` once so many seconds have passed: then the operation's signal aborts, and what the work comes to after that is not waited for.
 * @param overdue gets what the work throws when it is late already.
 */
export async function withinDeadline<Outcome>(
  operation: RunningOperation,
  seconds: number,
  work: () => Promise<Outcome>,
  late: () => Outcome,
  overdue: (error: unknown) => void,
): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  const deadline = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      operation.abort();
      resolve(late());
    }, seconds * 1000);
  });
  const working = work();
  working.catch((error: unknown) => {
    if (isLate) overdue(error);
  });
  try {
    return await Promise.race([working, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** The operation's time is up. */
export function timedOut(operation: RunningOperation, seconds: number): GraphQLError {
  const unknown = operation.type === OperationTypeNode.MUTATION && operation.begun;
  const whatToDo = unknown
    ? 'It had begun, so whether the change was made is not known: send it again with the same idempotency key, or read the state.'
    : 'Ask for less at once, or try again later.';
  return new GraphQLError(`The operation took longer than ${seconds} s and was given up. ${whatToDo}`, { extensions: { code: 'TIMEOUT', seconds } });
}
