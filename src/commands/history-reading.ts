import { emailAccountStream } from '../domain/streams.js';
import { momentOfVersion, type Moment } from './moment.js';
import { PastConfiguration, type ProfileMilestones } from './past-configuration.js';
import type { StreamsReadOnce } from './streams-read-once.js';
import { NotYetPassed, type TimeInLog } from './time-in-log.js';

/** The moments that one request looks at. However many there are and however often one is asked for, each stream is read once, and what there was at a moment is made once. */
export class HistoryReading {
  readonly #pasts = new Map<string, PastConfiguration>();
  readonly #positions = new Map<number, ReturnType<TimeInLog['lastPosition']>>();

  constructor(
    readonly streams: StreamsReadOnce,
    readonly milestones: ProfileMilestones,
    readonly times: Pick<TimeInLog, 'lastPosition'>,
  ) {}

  /**
   * As it all was at this time: after everything that was recorded up to it, its millisecond included.
   * @throws {NotYetPassed}
   * @throws {StoreUnavailable}
   */
  async at(time: Date): Promise<PastConfiguration> {
    const position = this.#positions.get(time.getTime()) ?? this.times.lastPosition(time);
    this.#positions.set(time.getTime(), position);
    return this.of({ position: await position, name: time.toISOString(), time });
  }

  /** As it all was at the moment. */
  of(moment: Moment): PastConfiguration {
    // An entry of the audit trail that makes no version is named by its time, which it may share with others.
    const key = `${moment.name} ${moment.position}`;
    const past = this.#pasts.get(key) ?? new PastConfiguration(this.streams, this.milestones, moment);
    this.#pasts.set(key, past);
    return past;
  }

  /**
   * As it all was when the account got this version: right after the event that made it. Null when the account has no such version, or is erased.
   * @throws {StoreUnavailable}
   */
  async ofVersion(accountId: string, version: number): Promise<PastConfiguration | null> {
    const recorded = await this.streams.whole(emailAccountStream(accountId));
    const made = version < 1 ? undefined : recorded[version - 1];
    if (!made || recorded.at(-1)?.type === 'AccountErased') return null;
    return this.of({ name: momentOfVersion(accountId, version), time: made.recordedAt, position: made.position });
  }

  /**
   * As it all was at the moment of this name; null when there was no such moment yet, or the account that it names is erased.
   * @throws {StoreUnavailable}
   */
  async named(name: string): Promise<PastConfiguration | null> {
    const [, accountId, version] = /^([a-z][a-z0-9-]*):([1-9]\d{0,8})$/.exec(name) ?? [];
    if (accountId !== undefined && version !== undefined) return this.ofVersion(accountId, Number(version));
    const time = new Date(name);
    // Any other way to write the time would be another name.
    if (Number.isNaN(time.getTime()) || time.toISOString() !== name) return null;
    try {
      return await this.at(time);
    } catch (error) {
      if (error instanceof NotYetPassed) return null;
      throw error;
    }
  }
}
