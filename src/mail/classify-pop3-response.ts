import type { FailureCode } from './failure.js';

/** The response code (RFC 2449, section 8) of a POP3 response, in upper case: `IN-USE` of `-ERR [IN-USE] …`. */
export function pop3ResponseCodeOf(line: string): string | null {
  return /^-ERR \[([A-Z0-9/-]+)\]/i.exec(line)?.[1]?.toUpperCase() ?? null;
}

/** What a response code says by itself, whatever the command was (RFC 2449, 3206); null where the command decides. */
export function pop3Problem(responseCode: string | null): FailureCode | null {
  switch (responseCode) {
    case 'IN-USE':
    case 'SYS/TEMP':
      return 'SERVER_TEMPORARILY_UNAVAILABLE';
    case 'LOGIN-DELAY':
      return 'THROTTLED';
    case 'AUTH':
      return 'AUTHENTICATION_FAILED';
    case 'SYS/PERM':
      return 'SERVER_REFUSED_SESSION';
    case null:
    default:
      return null;
  }
}
