import { emailAccountStream } from '../domain/streams.js';
import type { RecordedEvent } from '../event-store/event-store.js';
import { momentOfVersion, type Moment } from './moment.js';
import { PastConfiguration, type ReadableLog } from './past-configuration.js';

/** What there was, whenever it was: read from the streams themselves, so that it is never older than the last change. */
export class ConfigurationHistory {
  constructor(readonly log: ReadableLog) {}

  /** As it all was at this time: after everything that was recorded up to it, its millisecond included. */
  at(time: Date): PastConfiguration {
    return this.of({ name: time.toISOString(), time, position: null });
  }

  /** As it all was at the moment. */
  of(moment: Moment): PastConfiguration {
    return new PastConfiguration(this.log, moment);
  }

  /**
   * As it all was when the account got this version: right after the event that made it. Null when the account has no such version, or is erased.
   * @throws {StoreUnavailable}
   */
  async ofVersion(accountId: string, version: number): Promise<PastConfiguration | null> {
    const recorded: RecordedEvent[] = [];
    for await (const event of this.log.readStream(emailAccountStream(accountId))) recorded.push(event);
    const made = version < 1 ? undefined : recorded[version - 1];
    if (!made || recorded.at(-1)?.type === 'AccountErased') return null;
    const name = momentOfVersion(accountId, version);
    return new PastConfiguration(this.log, { name, time: made.recordedAt, position: made.position }, { [accountId]: recorded });
  }

  /**
   * As it all was at the moment of this name; null when there was no such moment, or the account that it names is erased.
   * @throws {StoreUnavailable}
   */
  async named(name: string): Promise<PastConfiguration | null> {
    const [, accountId, version] = /^([a-z][a-z0-9-]*):([1-9]\d{0,8})$/.exec(name) ?? [];
    if (accountId !== undefined && version !== undefined) return this.ofVersion(accountId, Number(version));
    const time = new Date(name);
    // Any other way to write the time would be another name.
    return Number.isNaN(time.getTime()) || time.toISOString() !== name ? null : this.at(time);
  }
}
