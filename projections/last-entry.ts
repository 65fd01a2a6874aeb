import type { Position } from '../src/event-store/event-store.js';
import { entriesIn, ordinalAtTime } from './audit-ordinals.js';
import type { ViewDatabase } from './view-database.js';

/** Up to where in the log something was recorded by a time. */
export interface LastEntry {
  /** Of the last entry recorded up to the time, its millisecond included; null when there is none. */
  readonly position: Position | null;
  /** Whether an entry is there that was recorded later. Times never decrease along the log: nothing more can come before it then. */
  readonly isFollowed: boolean;
  /** When the newest of all was recorded. */
  readonly newest: Date | null;
}

/** Looks the time up among the entries of the audit trail: all that changes accounts, truststores and authentication profiles is among them. */
export function lastEntryAt(view: ViewDatabase, time: Date): LastEntry {
  const entries = entriesIn(view);
  const next = ordinalAtTime(view, new Date(time.getTime() + 1));
  const row = next === 0 ? undefined : view.get('SELECT position FROM entry WHERE ordinal = ?', next - 1);
  const last = entries === 0 ? undefined : view.get('SELECT recorded_at FROM entry WHERE ordinal = ?', entries - 1);
  return { position: row ? BigInt(Number(row['position'])) : null, isFollowed: next < entries, newest: last ? new Date(Number(last['recorded_at'])) : null };
}
