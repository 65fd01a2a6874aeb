import { randomUUID } from 'node:crypto';
import { anonymousActor } from '../domain/access/actor.js';
import type { Attempt } from '../domain/security-log/events.js';
import type { Call } from './change.js';
import type { SecurityLog } from './security-log.js';
import { ToldByTheMinute } from './told-by-the-minute.js';

/** Callers and commands counted singly in one minute; what goes beyond is told by its command alone, of nobody. */
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
    const kind = `${call.actor.id} ${attempt.command}`;
    if (this.#told.takes(kind, mostKinds)) this.#told.add(kind, { call, attempt });
    else this.#told.add(attempt.command, ofMany(call, attempt), { call, attempt });
  }

  /** Records what was counted and not yet told; afterwards nothing more is counted. */
  stop(): Promise<void> {
    return this.#told.stop();
  }
}

/** What is told of many callers together is told of none of them. */
function ofMany({ role }: Call, { command }: Attempt): { readonly call: Call; readonly attempt: Attempt } {
  const id = randomUUID();
  return {
    call: { actor: anonymousActor, role, tokenId: null, requestId: id, correlationId: id, ip: null, userAgent: null, clientName: null },
    attempt: { command, entityType: 'Service', entityId: 'postledger' },
  };
}
