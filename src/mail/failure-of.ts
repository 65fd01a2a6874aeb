import type { SecretValue } from '../secret-store/secret-value.js';
import { errorCode, socketProblem } from './classify-network-error.js';
import { ConnectionFailure } from './failure.js';
import { shownServerText } from './server-text.js';

/** Any error as a failure for a person. What no rule knows is UNKNOWN and shows the error's own words, for they are all there is. */
export function failureOf(error: unknown, secrets: readonly SecretValue[]): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  const problem = socketProblem(error);
  if (problem !== null) return new ConnectionFailure(problem);
  const text = error instanceof Error ? `${errorCode(error)} ${error.message}` : String(error);
  return new ConnectionFailure('UNKNOWN', {
    message: `It failed in a way that this version does not know: ${shownServerText(text, secrets) ?? 'without a word'}`,
  });
}
