import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditFilter, AuditRow } from '../audit-row.js';
import type { ExportFormat } from './format.js';

/** Which part of the trail is exported. */
export interface ExportRange {
  readonly filter: AuditFilter;
  /** Only entries after this position; null for the beginning, with the format's header. */
  readonly after: bigint | null;
  /** The last position that may be in it: what is recorded meanwhile is not. */
  readonly until: bigint;
}

interface Trail {
  tail(filter: AuditFilter, after: bigint): { readonly rows: readonly AuditRow[]; readonly reached: bigint | null };
}

/**
 * The export's bytes, a hundred entries at a time. Reads no further than it is asked to, so that a slow reader costs no memory; others get their turn in between.
 * The same range gives the same bytes, and two that follow each other give what one over both would.
 */
export async function* exportedEntries(
  trail: Trail,
  format: ExportFormat,
  { filter, after, until }: ExportRange,
  program: string,
): AsyncGenerator<Buffer, void, undefined> {
  if (after === null && format.header !== '') yield Buffer.from(format.header);
  for (let at = after ?? -1n; ;) {
    const { rows, reached } = trail.tail(filter, at);
    const within = rows.filter(({ position }) => position <= until);
    if (within.length > 0) yield Buffer.from(within.map((row) => format.record(row, program)).join(''));
    if (reached === null || reached >= until) return;
    at = reached;
    await nextTurn();
  }
}
