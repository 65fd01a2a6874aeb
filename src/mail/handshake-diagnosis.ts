import type { TlsSession } from '../domain/email-account/connection-test.js';
import { errorCode } from './classify-network-error.js';
import { certificateProblem, isAboutVersion, isClearText, isWordless } from './classify-tls-error.js';
import { ConnectionFailure, type FailureCode } from './failure.js';
import { greetsInClearText, spokenVersionBelowFloor, type ProbeTarget } from './probe.js';
import { meanings } from './meanings.js';
import { HandshakeFailed } from './tls-handshake.js';
import { tlsVersionName } from './tls-context.js';

/** A certificate may have any number of names. */
const longestMessage = 500;

/** Why a handshake failed. A bare reset or alert hides more than it tells; what it hides is asked for on a second connection. */
export async function handshakeFailure(error: unknown, target: ProbeTarget): Promise<unknown> {
  if (!(error instanceof HandshakeFailed)) return error;
  const { cause, seen } = error;
  const { endpoint } = target;
  const problem = certificateProblem(cause);
  if (problem !== null) return new ConnectionFailure(problem, { ...certificateMessage(problem, seen, endpoint.host), tls: seen });
  const implicit = endpoint.security === 'IMPLICIT';
  if (implicit && isClearText(cause)) return new ConnectionFailure('TLS_NOT_SPOKEN_ON_PORT');

  const spoken = await spokenVersionBelowFloor(target);
  const floor = tlsVersionName(endpoint.minimumTlsVersion);
  if (spoken !== null)
    return new ConnectionFailure('TLS_VERSION_TOO_LOW', { message: `The server speaks ${spoken} at most, and the account asks for ${floor} or higher.` });
  if (isAboutVersion(cause)) return new ConnectionFailure('TLS_VERSION_TOO_LOW');
  if (implicit && isWordless(cause) && (await greetsInClearText(target))) return new ConnectionFailure('TLS_NOT_SPOKEN_ON_PORT');
  const code = errorCode(cause);
  return new ConnectionFailure('TLS_HANDSHAKE_FAILED', code === '' ? {} : { message: `Client and server could not agree on TLS (${code}).` });
}

function certificateMessage(problem: FailureCode, seen: TlsSession | null, host: string): { readonly message?: string } {
  const own = seen?.certificates[0];
  if (own === undefined) return {};
  const names = own.subjectAlternativeNames.length > 0 ? own.subjectAlternativeNames.join(', ') : own.subject;
  if (problem === 'CERTIFICATE_HOSTNAME_MISMATCH') return { message: `The certificate is for ${names}, and not for ${host}.`.slice(0, longestMessage) };
  // It may be one of its issuers that has expired, or is not valid yet.
  if (problem === 'CERTIFICATE_EXPIRED' && Date.parse(own.notAfter) < Date.now()) return { message: `The certificate expired at ${own.notAfter}.` };
  if (problem === 'CERTIFICATE_NOT_YET_VALID' && Date.parse(own.notBefore) > Date.now())
    return { message: `The certificate becomes valid at ${own.notBefore}.` };
  if (problem === 'CERTIFICATE_UNTRUSTED') return { message: `${meanings[problem].message} It was issued by: ${own.issuer}.`.slice(0, longestMessage) };
  return {};
}
