import type { FailureCode } from './failure.js';

/** The code of a system or library error; nodemailer keeps the system's beside its own. Empty when there is none. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code, originalCode } = error as Error & { readonly code?: unknown; readonly originalCode?: unknown };
  return typeof originalCode === 'string' ? originalCode : typeof code === 'string' ? code : '';
}

/** What an error of node:dns or getaddrinfo comes to. */
export function resolutionProblem(error: unknown): FailureCode | null {
  switch (errorCode(error)) {
    case 'ENOTFOUND':
    case 'ENODATA':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
    case 'EAI_FAIL':
    case 'ENONAME':
    case 'EBADNAME':
      return 'DNS_FAILED';
    case 'EAI_AGAIN':
    case 'ESERVFAIL':
    case 'EREFUSED':
    case 'ETIMEOUT':
    case 'ECONNREFUSED':
    case 'ECANCELLED':
      return 'DNS_TEMPORARY';
    default:
      return null;
  }
}

/** What an error of a socket comes to, while connecting and later. */
export function socketProblem(error: unknown): FailureCode | null {
  const code = errorCode(error);
  switch (code) {
    case 'ECONNREFUSED':
      return 'CONNECTION_REFUSED';
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
    case 'EPERM':
      return 'HOST_UNREACHABLE';
    case 'ETIMEDOUT':
    case 'ETIMEOUT':
    case 'CONNECT_TIMEOUT':
    case 'GREETING_TIMEOUT':
      return 'TIMEOUT';
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
    case 'ECONNECTION':
    case 'ERR_STREAM_DESTROYED':
    case 'ERR_STREAM_PREMATURE_CLOSE':
    case 'NoConnection':
    case 'EConnectionClosed':
    case 'StateLogout':
    case 'ClosedAfterConnectText':
    case 'ClosedAfterConnectTLS':
      return 'CONNECTION_CLOSED';
    default:
      // Alerts that come after the handshake, as for a client certificate that is missing (RFC 8446, section 4.4.2.4).
      return code.startsWith('ERR_SSL_') || code === 'EPROTO' ? 'TLS_HANDSHAKE_FAILED' : null;
  }
}
