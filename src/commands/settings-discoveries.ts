import { CommandRefused, refuse } from '../domain/decider.js';
import type { Attempt } from '../domain/security-log/events.js';
import { checkEmailAddress } from '../domain/text/email-address.js';
import type { DiscoverSettings, Discovery, DiscoveryProgress } from '../discovery/discovery-port.js';
import type { Call } from './change.js';
import type { CommandHandler } from './command-handler.js';
import type { RateLimit } from './rate-limit.js';

/** Finds the settings of an address for a caller. It connects to wherever the address leads, so it is limited and recorded as connection tests are. */
export class SettingsDiscoveries {
  constructor(
    readonly handler: CommandHandler,
    readonly discover: DiscoverSettings,
    readonly rateLimit: RateLimit,
  ) {}

  /** @throws {CommandRefused} it is no email address; it is on record then. @throws {RateLimited} too many by this caller. */
  async whole(call: Call, emailAddress: string, signal: AbortSignal): Promise<Discovery> {
    for await (const progress of this.progress(call, emailAddress, signal, 'discoverEmailSettings')) if ('discovery' in progress) return progress.discovery;
    throw new Error('A discovery ended without a result.');
  }

  /**
   * The sources as they end, then the whole, once it is on record. Who stops listening stops it, and that is on record as well.
   * @throws {CommandRefused} @throws {RateLimited} as `whole` does, before anybody is asked.
   */
  async *progress(call: Call, emailAddress: string, signal: AbortSignal, command = 'emailSettingsDiscovered'): AsyncGenerator<DiscoveryProgress, void> {
    const attempt = { command, entityType: 'Service', entityId: 'postledger' };
    const address = await this.#checked(call, attempt, emailAddress);
    this.rateLimit.take(call, attempt);
    const domain = address.replace(/^.*@/, '');
    let recorded = false;
    const record = (candidates: number | null) => {
      recorded = true;
      return this.handler.securityLog.settingsDiscovered(call, { ...attempt, domain, candidates });
    };
    try {
      for await (const progress of this.discover(address, signal)) {
        if ('discovery' in progress) await record(progress.discovery.candidates.length);
        yield progress;
      }
    } finally {
      if (!recorded) await record(null);
    }
  }

  /** @throws {CommandRefused} it is no email address; it is on record then. */
  async #checked(call: Call, attempt: Attempt, emailAddress: string): Promise<string> {
    try {
      const checked = checkEmailAddress(emailAddress);
      return checked.ok ? checked.value : refuse(checked.code, checked.message, ['emailAddress']);
    } catch (error) {
      if (error instanceof CommandRefused) await this.handler.refused({ call, attempt, options: {} }, error.problems);
      throw error;
    }
  }
}
