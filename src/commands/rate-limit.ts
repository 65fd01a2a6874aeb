import type { Attempt } from '../domain/security-log/events.js';
import type { Call } from './change.js';

/** The caller asked for more than its share. `retryAfterSeconds` says when to come back. */
export class RateLimited extends Error {
  override readonly name = 'RateLimited';
  constructor(readonly retryAfterSeconds: number) {
    super(`Too many of these in a short time. Try again in ${retryAfterSeconds} s.`);
  }
}

/** At most so many a minute for each caller: a leaky bucket that fills as time goes by. */
export class RateLimit {
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(
    readonly perMinute: number,
    readonly now: () => Date,
    /** Told of each that went beyond. */
    readonly onLimited: (call: Call, attempt: Attempt) => void,
  ) {}

  /** @throws {RateLimited} */
  take(call: Call, attempt: Attempt): void {
    const { id: caller } = call.actor;
    const at = this.now().getTime();
    const bucket = this.#buckets.get(caller) ?? { left: this.perMinute, at };
    const left = Math.min(this.perMinute, bucket.left + ((at - bucket.at) * this.perMinute) / 60_000);
    this.#buckets.set(caller, { left: Math.max(0, left - 1), at });
    if (this.#buckets.size > 10_000) this.#forgetFull(at);
    if (left >= 1) return;
    this.onLimited(call, attempt);
    throw new RateLimited(Math.ceil(((1 - left) * 60) / this.perMinute));
  }

  #forgetFull(at: number): void {
    for (const [caller, bucket] of this.#buckets) if (at - bucket.at > 60_000) this.#buckets.delete(caller);
  }
}
