import { EgressDenied } from '../egress/egress-denied.js';

/** What came of sending a message once. */
export type Delivery = { readonly kind: 'taken' } | { readonly kind: 'gone' } | DeliveryFailure;

export interface DeliveryFailure {
  /**
   * `refused`: the receiver answered and did not take this message, whether or not it would take another. `unavailable`: it cannot be reached, has no time, or asked to be left alone, which
   * says nothing about the message.
   */
  readonly kind: 'refused' | 'unavailable';
  /** Of HTTP; null where there was no answer. */
  readonly status: number | null;
  /** Short and of ours: `HTTP_503`, `TIMEOUT`, `ECONNREFUSED`, `EGRESS_DENIED`. */
  readonly cause: string;
  /** The same for a person: the end of a sentence that begins with "the receiver". Holds nothing of what the receiver sent. */
  readonly words: string;
  /** How long the receiver asks to be left alone; null where it does not say. */
  readonly retryAfterMilliseconds: number | null;
  /** Whether it may be this message that the receiver does not take, or ends over: false where it never saw it, or asked to be left alone. */
  readonly mayBeOfMessage: boolean;
}

/** Answers that are about the receiver and not about what was sent: too slow, too early, too many, and what a proxy says when nothing is behind it. */
const unavailable: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);
/** Of these the ones that say nothing about what is behind a proxy: whatever was sent would have been answered so. */
const leaveAlone: ReadonlySet<number> = new Set([425, 429]);
/** How a connection ends over which the message was already on its way. */
const brokenOff: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** What an answer of HTTP means. Redirects are not followed: the operator names where the receiver is. */
export function deliveryOfAnswer(status: number, retryAfterMilliseconds: number | null): Delivery {
  if (status >= 200 && status <= 299) return { kind: 'taken' };
  if (status === 410) return { kind: 'gone' };
  const isUnavailable = unavailable.has(status);
  return {
    kind: isUnavailable ? 'unavailable' : 'refused',
    status,
    cause: `HTTP_${status}`,
    words: status >= 300 && status <= 399 ? `answers with a redirect (${status}), which is not followed` : `answers with ${status}`,
    retryAfterMilliseconds,
    mayBeOfMessage: !isUnavailable || (!leaveAlone.has(status) && retryAfterMilliseconds === null),
  };
}

/** What it means that there was no answer. */
export function deliveryWithoutAnswer(error: unknown): DeliveryFailure {
  const failure = { kind: 'unavailable', status: null, retryAfterMilliseconds: null, mayBeOfMessage: false } as const;
  const causes = [...causesOf(error)];
  const denied = causes.find((each) => each instanceof EgressDenied);
  if (denied) {
    const leave = denied.allowedBy === null ? 'No setting allows that' : `${denied.allowedBy} may allow it`;
    return { ...failure, cause: denied.code, words: `is where the service may not connect to: ${denied.rule}. ${leave}` };
  }
  if (causes.some(({ name }) => name === 'TimeoutError')) return { ...failure, cause: 'TIMEOUT', words: 'does not answer in time', mayBeOfMessage: true };
  const code = causes.map(codeOf).find((each) => each !== null) ?? 'NO_ANSWER';
  return { ...failure, cause: code, words: `cannot be reached (${code})`, mayBeOfMessage: brokenOff.has(code) };
}

function* causesOf(error: unknown): Generator<Error> {
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    yield at;
  }
}

/** Codes of the system and of libraries are words in capitals; a message of theirs may hold an address, and is left out. */
function codeOf(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{1,49}$/.test(error.code) ? error.code : null;
}
