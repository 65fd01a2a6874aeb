import type { Attempt } from '../domain/security-log/events.js';
import type { Call } from './change.js';
import type { SecurityLog } from './security-log.js';
import { ToldByTheMinute } from './told-by-the-minute.js';

/** Callers and commands counted singly in one minute; what goes beyond is told under one heading. */
const mostKinds = 1_000;

/** Records requests beyond a rate limit: the first of a caller and command at once, the further ones of the same minute together with their count. Nobody waits for it. */
export class LimitedRequests {
  readonly #told: ToldByTheMinute<{ readonly call: Call; readonly attempt: Attempt }>;

  constructor(
    securityLog: Pick<SecurityLog, 'requestsLimited'>,
    /** Told of what could not be recorded; it is recorded with the next. */
    onFault: (error: unknown) => void,
    everyMilliseconds?: number,
  ) {
    this.#told = new ToldByTheMinute(({ call, attempt }, count) => securityLog.requestsLimited(call, attempt, count), onFault, everyMilliseconds);
  }

  add(call: Call, attempt: Attempt): void {
    const kind = this.#told.kinds < mostKinds ? `${call.actor.id} ${attempt.command}` : attempt.command;
    this.#told.add(kind, { call, attempt });
  }

  /** Records what was counted and not yet told; afterwards nothing more is counted. */
  stop(): Promise<void> {
    return this.#told.stop();
  }
}
