import type { EventStore, Position, RecordedEvent } from '../src/event-store/event-store.js';

export interface Lag {
  /** Of the streams that the view looks at: counted up to a hundred events of the log, beyond that estimated from them. */
  readonly eventsBehind: number;
  /** How long ago the first of these was recorded. */
  readonly secondsBehind: number;
}

interface Measured {
  readonly position: Position | null;
  /** Null: the log is empty, or cannot be asked. */
  readonly head: Position | null;
  /** What the view looks at; undefined: all streams. */
  readonly streamPrefixes: readonly string[] | undefined;
  readonly now: Date;
}

const none: Lag = { eventsBehind: 0, secondsBehind: 0 };
const sampleSize = 100; // events: a millisecond's work

/**
 * How far a view that has come to `position` is behind the head. Positions are opaque and have gaps, so the next events are read to see how far apart they are; where
 * positions have no gaps the estimate is exact for a view of all streams.
 * @throws {StoreUnavailable}
 */
export async function lagOf(store: Pick<EventStore, 'readAll'>, { position, head, streamPrefixes, now }: Measured): Promise<Lag> {
  if (head === null || (position !== null && head <= position)) return none;
  const sample: RecordedEvent[] = [];
  for await (const event of store.readAll({ maxCount: sampleSize, ...(position !== null && { after: position }) })) sample.push(event);
  const own = sample.filter(({ streamId }) => streamPrefixes?.some((prefix) => streamId.startsWith(prefix)) ?? true);
  const last = sample.at(-1);
  // Beyond a full sample there may be some of its own: then the oldest event of all is the one to count from.
  const oldest = own[0] ?? (sample.length === sampleSize ? sample[0] : undefined);
  if (!oldest || !last) return none;
  const reach = Number(head - (position ?? 0n)) / Number(last.position - (position ?? 0n));
  return {
    eventsBehind: sample.length < sampleSize ? own.length : Math.max(1, Math.round(own.length * reach)),
    secondsBehind: Math.max(0, now.getTime() - oldest.recordedAt.getTime()) / 1000,
  };
}
