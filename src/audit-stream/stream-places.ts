import { filterOf, positionIn } from '../../projections/audit-export/request.js';
import type { AuditRow } from '../../projections/audit-row.js';
import type { AuditTrailView } from '../../projections/views.js';
import { beginning, type Cursor, type StreamLag, type StreamProgress } from './stream-progress.js';

type Trail = Pick<AuditTrailView, 'find' | 'page' | 'tail' | 'position'>;

/** Where a stream begins that has sent nothing yet. */
export type StreamBeginning = 'beginning' | 'now';

/**
 * Where the stream goes on. The last entry that was taken is looked up by its id: after a migration it stands elsewhere, and in a log that was put back to a backup it may not be there. Then
 * the stream goes back to the last mark that is there, or else to the beginning: something is sent twice, and nothing left out.
 */
export function cursorAtStart(progress: StreamProgress, trail: Trail, from: StreamBeginning): { readonly cursor: Cursor; readonly wentBack: boolean } {
  const stored = progress.cursor();
  if (stored === null) return { cursor: from === 'now' ? lastEntry(trail) : beginning, wentBack: false };
  if (stored.entryId === null) return { cursor: stored, wentBack: false };
  const found = placeOf(trail, stored.entryId);
  if (found) return { cursor: found, wentBack: false };
  for (const entryId of progress.marks()) {
    const mark = placeOf(trail, entryId);
    if (mark) return { cursor: mark, wentBack: true };
  }
  return { cursor: beginning, wentBack: true };
}

/** Whether the entry that was taken last is where it was: not so once the log has lost its end, also while the service runs. @throws {ViewUnavailable} */
export function standsIn(trail: Trail, { position, entryId }: Cursor): boolean {
  return entryId === null || entryAt(trail, { position, id: entryId }) !== null;
}

/** The entry as the trail has it now; null where it has another one there, or none. @throws {ViewUnavailable} */
export function entryAt(trail: Trail, { position, id }: Pick<AuditRow, 'position' | 'id'>): AuditRow | null {
  const found = trail.find(id);
  if (found?.position === position) return found;
  // Of two entries of one id, which a log of ours does not have but a server would take, the other one was found.
  const [next] = trail.tail({}, position - 1n).rows;
  return next?.position === position && next.id === id ? next : null;
}

/**
 * The place after which everything from there on comes: `from` is a position, or a time of ISO 8601. Null when nothing was recorded then or later.
 * @throws {ExportRefused} it is neither.
 */
export function cursorBefore(trail: Trail, from: string): Cursor | null {
  const isPosition = /^\d+$/.test(from);
  const filter = isPosition ? {} : filterOf([['from', from]]);
  const after = isPosition ? ((positionIn('from', from) ?? 0n) - 1n).toString() : null;
  const [first] = trail.page(filter, { take: 'first', size: 1, after: after === '-1' ? null : after, before: null }).entries;
  return first ? lastEntry(trail, first.row.position) : null;
}

/** The last entry there is, or the last before a position. */
function lastEntry(trail: Trail, before: bigint | null = null): Cursor {
  const [last] = trail.page({}, { take: 'last', size: 1, after: null, before: before?.toString() ?? null }).entries;
  return last ? { position: last.row.position, entryId: last.row.id } : beginning;
}

function placeOf(trail: Trail, entryId: string): Cursor | null {
  const row = trail.find(entryId);
  return row && { position: row.position, entryId };
}

/** How much is to be sent: counted up to a hundred entries, beyond that estimated from how far apart these are. */
export function lagBehind(trail: Trail, { position }: Cursor, now: Date): StreamLag {
  const { rows, reached } = trail.tail({}, position);
  const [first] = rows;
  const last = rows.at(-1);
  if (!first || !last || reached === null) return { entriesBehind: 0, secondsBehind: 0 };
  const isWhole = reached >= trail.position();
  const reach = Number(trail.position() - first.position + 1n) / Number(last.position - first.position + 1n);
  return {
    entriesBehind: isWhole ? rows.length : Math.round(rows.length * reach),
    secondsBehind: Math.max(0, now.getTime() - Date.parse(first.occurredAt)) / 1_000,
  };
}
