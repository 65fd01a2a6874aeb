import { EgressDenied } from '../egress/egress-denied.js';
import { errorCode, resolutionProblem, socketProblem } from './classify-network-error.js';
import { certificateProblem } from './classify-tls-error.js';
import { failureOf } from './failure-of.js';
import { ConnectionFailure, type FailureCode } from './failure.js';
import { egressDenied } from './mail-connection.js';

/** Why `fetch` came to no answer, or an answer to no end. The signal tells whether somebody ended it. */
export function networkFailure(error: unknown, signal: AbortSignal): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  if (signal.aborted) return endedBy(signal);
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ConnectionFailure) return cause;
    if (cause instanceof EgressDenied) return egressDenied(cause);
    const code = problemOf(cause);
    if (code !== null) return new ConnectionFailure(code);
  }
  // `fetch` gives no other reason than that.
  if (error instanceof TypeError) return new ConnectionFailure('CONNECTION_CLOSED', { message: 'The connection failed before there was an answer.' });
  return failureOf(error, []);
}

/** A deadline says itself what it is; anybody else who aborts cancels. */
export function endedBy(signal: AbortSignal): ConnectionFailure {
  const reason: unknown = signal.reason;
  return reason instanceof ConnectionFailure ? reason : new ConnectionFailure('CANCELLED');
}

function problemOf(error: Error): FailureCode | null {
  const code = errorCode(error);
  const { syscall } = error as Error & { readonly syscall?: unknown };
  if (syscall === 'getaddrinfo' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return resolutionProblem(error);
  if (code.startsWith('UND_ERR_')) return code.endsWith('_TIMEOUT') ? 'TIMEOUT' : code === 'UND_ERR_SOCKET' ? 'CONNECTION_CLOSED' : null;
  return certificateProblem(error) ?? socketProblem(error);
}
