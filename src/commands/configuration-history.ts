import { HistoryReading } from './history-reading.js';
import type { ProfileMilestones } from './past-configuration.js';
import { StreamsReadOnce } from './streams-read-once.js';
import type { TimeInLog } from './time-in-log.js';

/** What there was, whenever it was: read from the streams themselves, so that it is never older than the last change. */
export class ConfigurationHistory {
  constructor(
    readonly log: ConstructorParameters<typeof StreamsReadOnce>[0],
    readonly milestones: ProfileMilestones,
    readonly times: Pick<TimeInLog, 'lastPosition'>,
  ) {}

  /** What one request reads of it. Not to be kept: what is recorded later, an erasure too, it does not see. */
  reading(): HistoryReading {
    return new HistoryReading(new StreamsReadOnce(this.log), this.milestones, this.times);
  }
}
