import type { FailureCode } from './failure.js';

/** The response code (RFC 5530) of an IMAP response, in upper case: `UNAVAILABLE` of `* BYE [UNAVAILABLE] …`. */
export function responseCodeOf(line: string): string | null {
  return /^\S+ (?:OK|NO|BAD|BYE) \[([A-Z0-9/-]+)/i.exec(line)?.[1]?.toUpperCase() ?? null;
}

/** What a response code says by itself, whatever the command was; null where the command decides. */
export function imapProblem(responseCode: string | null): FailureCode | null {
  switch (responseCode) {
    case 'UNAVAILABLE':
    case 'INUSE':
    case 'LIMIT':
    case 'SERVERBUG':
    case 'CONTACTADMIN':
    case 'OVERQUOTA':
      return 'SERVER_TEMPORARILY_UNAVAILABLE';
    case 'THROTTLED':
      return 'THROTTLED';
    case 'AUTHENTICATIONFAILED':
    case 'EXPIRED':
      return 'AUTHENTICATION_FAILED';
    case 'PRIVACYREQUIRED':
      return 'AUTHENTICATION_NOT_OFFERED';
    case 'AUTHORIZATIONFAILED':
    case 'NOPERM':
      return 'PERMISSION_MISSING';
    case 'NONEXISTENT':
    case 'TRYCREATE':
      return 'MAILBOX_NOT_FOUND';
    case null:
    default:
      return null;
  }
}
