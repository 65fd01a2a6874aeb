import type { AuthenticationFailure } from '../domain/security-log/events.js';
import type { Call } from './change.js';
import type { SecurityLog } from './security-log.js';
import { ToldByTheMinute } from './told-by-the-minute.js';

/** Addresses counted singly in one minute; what goes beyond is told under one heading. */
const mostAddresses = 1_000;

/** Records failed authentications in the audit trail: the first of an address, cause and token at once, the further ones of the same minute together with their count. */
export class AuthenticationFailures {
  readonly #told: ToldByTheMinute<{ readonly call: Call; readonly cause: AuthenticationFailure; readonly tokenId: string | null }>;

  constructor(
    securityLog: Pick<SecurityLog, 'authenticationFailed'>,
    /** Told of failures that could not be recorded; they are recorded with the next. */
    onFault: (error: unknown) => void,
    everyMilliseconds?: number,
  ) {
    this.#told = new ToldByTheMinute(
      ({ call, cause, tokenId }, count) => securityLog.authenticationFailed(call, cause, tokenId, count),
      onFault,
      everyMilliseconds,
    );
  }

  /** @param tokenId of the token that was shown, where it was one of ours. */
  add(call: Call, cause: AuthenticationFailure, tokenId: string | null): void {
    const kindOf = (ip: string | null) => `${cause} ${ip ?? ''} ${tokenId ?? ''}`;
    const ip = this.#told.takes(kindOf(call.ip), mostAddresses) ? call.ip : null;
    this.#told.add(kindOf(ip), { call: { ...call, ip }, cause, tokenId }, { call, cause, tokenId });
  }

  /** Records what was counted and not yet told; afterwards nothing more is counted. */
  stop(): Promise<void> {
    return this.#told.stop();
  }
}
