import type { AuditRow } from '../audit-row.js';
import { cef } from './cef.js';
import { csv } from './csv.js';
import { jsonl } from './jsonl.js';

/** How entries are written, one record each. `docs/audit.md` documents names and escapes; released ones never change their meaning. */
export interface ExportFormat {
  /** How names of files end. */
  readonly ending: string;
  readonly mediaType: string;
  /** What stands before the first entry, with its end of line; empty when nothing does. */
  readonly header: string;
  /** Whether a line feed between quotation marks belongs to its record. */
  readonly quotes: boolean;
  /** @param program the version of Postledger. @returns the record with its end of line. */
  record(row: AuditRow, program: string): string;
  /** The position of the entry that a record was written of; null when it is none, as a header. */
  positionOf(record: string): bigint | null;
}

export const exportFormatNames = ['jsonl', 'csv', 'cef'] as const;
export type ExportFormatName = (typeof exportFormatNames)[number];

export const exportFormats: Readonly<Record<ExportFormatName, ExportFormat>> = { jsonl, csv, cef };

export function isExportFormatName(text: string): text is ExportFormatName {
  return Object.hasOwn(exportFormats, text);
}
