import type { AuditRow } from '../audit-row.js';
import type { ExportFormat } from './format.js';
import { digits } from './jsonl.js';

type Cell = string | number | bigint | null;

/** The columns in their order. New ones come last. */
const columns: Readonly<Record<string, (row: AuditRow) => Cell>> = {
  position: (row) => row.position,
  id: (row) => row.id,
  occurredAt: (row) => row.occurredAt,
  action: (row) => row.action,
  outcome: (row) => row.outcome,
  actorKind: (row) => row.actor.kind,
  actorId: (row) => row.actor.id,
  actorName: (row) => row.actor.displayName,
  reason: (row) => row.reason,
  entityType: (row) => row.entityType,
  entityId: (row) => row.entityId,
  version: (row) => row.version,
  changes: (row) => JSON.stringify(row.changes),
  correlationId: (row) => row.correlationId,
  causationId: (row) => row.causationId,
  requestId: (row) => row.origin?.requestId ?? null,
  ip: (row) => row.origin?.ip ?? null,
  userAgent: (row) => row.origin?.userAgent ?? null,
  clientName: (row) => row.origin?.clientName ?? null,
  schemaVersion: ({ metadata: { schemaVersion } }) => (typeof schemaVersion === 'number' ? schemaVersion : null),
  data: (row) => JSON.stringify(row.data),
  actorRole: (row) => row.actorRole,
  tokenId: (row) => row.tokenId,
  revertedToVersion: (row) => row.revertedToVersion,
};
const valuesOf = Object.values(columns);

/** RFC 4180 in UTF-8, with a header. A cell of nothing is empty; an empty text is a pair of quotation marks. */
export const csv: ExportFormat = {
  ending: 'csv',
  mediaType: 'text/csv; charset=utf-8; header=present',
  header: `${Object.keys(columns).join(',')}\r\n`,
  quotes: true,
  record: (row) => `${valuesOf.map((of) => written(of(row))).join(',')}\r\n`,
  positionOf: (record) => digits(/^(\d+),/.exec(record)),
};

function written(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return cell.toString();
  const harmless = harmlessInSpreadsheets(cell);
  return harmless === '' || /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * Spreadsheets take a cell for a formula by how it begins, so such a text gets an apostrophe before it, which they take for "this is text". One that begins with an apostrophe gets
 * another: whoever takes one apostrophe off each cell that begins with one has what there was.
 */
function harmlessInSpreadsheets(text: string): string {
  return /^[=+\-@\t\r\n'＝＋－＠]/u.test(text) ? `'${text}` : text;
}
