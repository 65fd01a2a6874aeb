import type { EventStore } from '../src/event-store/event-store.js';
import type { EventMark } from './view-database.js';

/** Whether the log holds this event at this position. A log only ever grows, so one that does is the same up to there. */
export async function holdsEvent(store: EventStore, { position, id }: EventMark): Promise<boolean> {
  const head = await store.headPosition();
  if (head === undefined || head < position) return false;
  for await (const event of store.readAll({ from: position, maxCount: 1 })) return event.position === position && event.id === id;
  return false;
}
