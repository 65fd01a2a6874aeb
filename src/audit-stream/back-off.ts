export interface BackOff {
  readonly firstMilliseconds: number;
  readonly mostMilliseconds: number;
}

/** A receiver is left alone for as long as it asks for, up to this: what asks for more may be mistaken, and the stream would stand for good. */
const longestAsked = 3_600_000; // milliseconds

/**
 * How long to wait after so many attempts in a row that failed: twice as long each time, of which a random half, so that senders who were refused together do not come back together.
 * `asked` is what the receiver asked for, which counts where it is longer.
 */
export function waitAfter({ firstMilliseconds, mostMilliseconds }: BackOff, attempts: number, random: () => number, asked: number | null): number {
  const whole = Math.min(mostMilliseconds, firstMilliseconds * 2 ** (attempts - 1));
  return Math.round(Math.max(whole * (0.5 + random() / 2), Math.min(asked ?? 0, longestAsked)));
}
