import type { AuthenticationFailure } from '../domain/security-log/events.js';
import type { Call } from './change.js';
import type { SecurityLog } from './security-log.js';

const toldTogether = 60_000; // milliseconds
/** Addresses counted singly in one minute; what goes beyond is told under one heading. */
const mostAddresses = 1_000;

interface Counted {
  /** The latest call: what the entry says of the origin. */
  call: Call;
  readonly cause: AuthenticationFailure;
  count: number;
}

/**
 * Records failed authentications in the audit trail: the first of an address and cause at once, the further ones of the same minute together with their count,
 * so that a flood of wrong tokens is told of and does not become a flood of writes.
 */
export class AuthenticationFailures {
  readonly #further = new Map<string, Counted>();
  readonly #writing = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    readonly securityLog: Pick<SecurityLog, 'authenticationFailed'>,
    /** Told of failures that could not be recorded. */
    readonly onFault: (error: unknown) => void,
    everyMilliseconds = toldTogether,
  ) {
    this.#timer = setInterval(() => this.#tellFurther(), everyMilliseconds);
    this.#timer.unref();
  }

  add(call: Call, cause: AuthenticationFailure): void {
    const ip = this.#further.size < mostAddresses ? call.ip : null;
    const key = `${cause} ${ip ?? ''}`;
    const counted = this.#further.get(key);
    if (counted) {
      counted.count++;
      counted.call = { ...call, ip };
      return;
    }
    this.#further.set(key, { call: { ...call, ip }, cause, count: 0 });
    this.#record(call, cause, 1);
  }

  /** Records what was counted and not yet told; afterwards nothing more is counted. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#tellFurther();
    await Promise.all(this.#writing);
  }

  #tellFurther(): void {
    const counted = [...this.#further.values()];
    this.#further.clear();
    for (const { call, cause, count } of counted) if (count > 0) this.#record(call, cause, count);
  }

  #record(call: Call, cause: AuthenticationFailure, count: number): void {
    const writing: Promise<unknown> = this.securityLog
      .authenticationFailed(call, cause, count)
      .catch(this.onFault)
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }
}
