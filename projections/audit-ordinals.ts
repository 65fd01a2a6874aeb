import type { ViewDatabase } from './view-database.js';

/** How many entries there are. Their numbers begin with 0 and leave none out. */
export function entriesIn(view: ViewDatabase): number {
  return Number(view.get('SELECT max(ordinal) AS last FROM entry')?.['last'] ?? -1) + 1;
}

/** The number of the first entry at this position or behind it; the number of entries when there is none. */
export function ordinalAtPosition(view: ViewDatabase, position: bigint): number {
  return firstAtLeast(view, 'SELECT position AS at FROM entry WHERE ordinal = ?', position);
}

/** As {@link ordinalAtPosition}, of the first entry recorded then or later. */
export function ordinalAtTime(view: ViewDatabase, time: Date): number {
  return firstAtLeast(view, 'SELECT recorded_at AS at FROM entry WHERE ordinal = ?', time.getTime());
}

/** Halves the log until it is found, for neither positions nor times ever decrease along it. */
function firstAtLeast(view: ViewDatabase, atOf: string, wanted: number | bigint): number {
  let low = 0;
  let high = entriesIn(view);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (Number(view.get(atOf, middle)?.['at']) >= wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
