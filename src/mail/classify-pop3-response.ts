import type { FailureCode } from './failure.js';

/** The response code (RFC 2449, section 8) of a POP3 response, in upper case: `IN-USE` of `-ERR [IN-USE] …`. */
export function pop3ResponseCodeOf(line: string): string | null {
  return /^-ERR \[([A-Z0-9/-]+)\]/i.exec(line)?.[1]?.toUpperCase() ?? null;
}

/** What a refusal says by itself, whatever the command was; null where the command decides. The response code comes first (RFC 2449, 3206), and the words count where there is none. */
export function pop3Problem(line: string): FailureCode | null {
  switch (pop3ResponseCodeOf(line)) {
    case 'IN-USE':
    case 'SYS/TEMP':
      return 'SERVER_TEMPORARILY_UNAVAILABLE';
    case 'LOGIN-DELAY':
      return 'THROTTLED';
    case 'AUTH':
      return 'AUTHENTICATION_FAILED';
    case null:
      return problemByWords(line);
    // A fault that lasts, of the server's or of the account (SYS/PERM): whom it concerns, the command tells.
    default:
      return null;
  }
}

/** What a refused login comes to that was not about the password. The user ID comes first: servers that take no login in clear text say so to it already. */
export function pop3LoginProblem(line: string, command: string): FailureCode {
  if (command === 'USER' && /clear.?text|plain.?text|encrypt|secure|\b(?:SSL|TLS|STLS)\b/i.test(line)) return 'AUTHENTICATION_NOT_OFFERED';
  // Such as an account that may not be read by POP3.
  if (pop3ResponseCodeOf(line) === 'SYS/PERM') return 'PERMISSION_MISSING';
  return pop3Problem(line) ?? 'AUTHENTICATION_FAILED';
}

/** Most servers are older than the codes: "-ERR maildrop already locked" stands in RFC 1939 itself, as an answer to a right password. */
function problemByWords(line: string): FailureCode | null {
  if (/\btoo (?:many|often|frequent)|\brate.?limit|throttl/i.test(line)) return 'THROTTLED';
  const isHeld =
    /\b(?:mail ?drop|mail ?box)\b.*\b(?:locked|in use|busy)\b|\block(?:ed)? (?:the )?(?:mail ?drop|mail ?box)\b|\block busy\b|\banother (?:POP3? )?session\b/i;
  return isHeld.test(line) || /\btemporar|\btry (?:again|later)\b/i.test(line) ? 'SERVER_TEMPORARILY_UNAVAILABLE' : null;
}
