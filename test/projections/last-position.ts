import { beforeAll } from '../../src/commands/moment.js';
import type { Position, RecordedEvent } from '../../src/event-store/event-store.js';

/** Where the last event stands that was recorded up to the time, its millisecond included. */
export function lastPositionAt(events: readonly RecordedEvent[], time: Date): Position {
  return events.findLast(({ recordedAt }) => recordedAt <= time)?.position ?? beforeAll;
}
