import { refuse } from '../domain/decider.js';
import { checkEmailAddress } from '../domain/text/email-address.js';
import type { DiscoverSettings, Discovery, DiscoveryProgress } from '../discovery/discovery-port.js';
import type { Call } from './change.js';
import type { RateLimit } from './rate-limit.js';

/** Finds the settings of an address for a caller. Nothing changes by it, and nothing is recorded. */
export class SettingsDiscoveries {
  constructor(
    readonly discover: DiscoverSettings,
    readonly rateLimit: RateLimit,
  ) {}

  /** @throws {CommandRefused} it is no email address. @throws {RateLimited} too many by this caller. */
  async whole(call: Call, emailAddress: string, signal: AbortSignal): Promise<Discovery> {
    for await (const progress of this.progress(call, emailAddress, signal)) if ('discovery' in progress) return progress.discovery;
    throw new Error('A discovery ended without a result.');
  }

  /**
   * The sources as they end, then the whole. Who stops listening stops it.
   * @throws {CommandRefused} @throws {RateLimited} as `whole` does, before anybody is asked.
   */
  async *progress(call: Call, emailAddress: string, signal: AbortSignal): AsyncGenerator<DiscoveryProgress, void> {
    const checked = checkEmailAddress(emailAddress);
    const address = checked.ok ? checked.value : refuse(checked.code, checked.message, ['emailAddress']);
    this.rateLimit.take(call.actor.id);
    yield* this.discover(address, signal);
  }
}
