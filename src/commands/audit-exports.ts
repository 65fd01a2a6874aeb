import type { AuditFilter } from '../../projections/audit-row.js';
import { exportedEntries } from '../../projections/audit-export/exported-entries.js';
import { exportFormats, type ExportFormatName } from '../../projections/audit-export/format.js';
import type { AuditTrailView } from '../../projections/views.js';
import type { AuditExport } from '../domain/security-log/events.js';
import type { AuditProofs, ShownCheckpoint } from './audit-proofs.js';
import type { Call } from './change.js';
import type { SecurityLog } from './security-log.js';

export interface ExportRequest {
  readonly format: ExportFormatName;
  readonly filter: AuditFilter;
  /** Only entries after this position: an export that goes on. Null: from the beginning, with the format's header. */
  readonly after: bigint | null;
  /** The last position that may be in it. Null: as far as the trail is now. */
  readonly until: bigint | null;
}

export interface BegunExport {
  readonly until: bigint;
  /** Null where a count would cost a scan, or the export goes on from where another ended. */
  readonly entries: number | null;
  /** Where in the log it stands that this was exported. */
  readonly recordedAt: bigint;
  /** Covers all of it, and the record that it was exported. */
  readonly checkpoint: ExportCheckpoint;
  readonly bytes: AsyncGenerator<Buffer, void, undefined>;
}

/** Where there is none, why: what is left is worth exporting all the more. */
export type ExportCheckpoint = { readonly checkpoint: ShownCheckpoint; readonly problem: null } | { readonly checkpoint: null; readonly problem: string };

export interface Exporting {
  readonly auditTrail: Pick<AuditTrailView, 'tail' | 'position' | 'count'>;
  readonly securityLog: Pick<SecurityLog, 'auditExported'>;
  readonly auditProofs: Pick<AuditProofs, 'covering'>;
  /** The version of Postledger. */
  readonly program: string;
}

const formatsInEvents: Readonly<Record<ExportFormatName, AuditExport['format']>> = { jsonl: 'JSONL', csv: 'CSV', cef: 'CEF' };

/** Begins an export. By the time it resolves, the audit trail durably says who exports what; until then nothing is read. @throws {StoreUnavailable} it could not be recorded. */
export async function beginAuditExport({ auditTrail, securityLog, auditProofs, program }: Exporting, call: Call, request: ExportRequest): Promise<BegunExport> {
  const { format, filter, after } = request;
  const end = auditTrail.position();
  const until = request.until !== null && request.until < end ? request.until : end;
  const entries = after === null && until === end ? auditTrail.count(filter) : null;
  const { position: recordedAt } = await securityLog.auditExported(call, {
    format: formatsInEvents[format],
    filter: filterInWords(filter),
    after: after?.toString() ?? null,
    until: until.toString(),
    entries,
  });
  const checkpoint = await checkpointFor(auditProofs, recordedAt);
  return { until, entries, recordedAt, checkpoint, bytes: exportedEntries(auditTrail, exportFormats[format], { filter, after, until }, program) };
}

async function checkpointFor(auditProofs: Exporting['auditProofs'], position: bigint): Promise<ExportCheckpoint> {
  try {
    const checkpoint = await auditProofs.covering(position);
    return checkpoint ? { checkpoint, problem: null } : { checkpoint, problem: 'The log has no hashes yet.' };
  } catch (error) {
    return { checkpoint: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What somebody searches texts for may be anything, a password among it. */
function filterInWords({ text, occurredAt, ...filter }: AuditFilter): string {
  const said = { ...filter, ...occurredAt, ...(text !== null && text !== undefined && { text: true }) };
  return JSON.stringify(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null && value !== undefined)));
}
