import type { AuditOutcome, AuditRow } from '../audit-row.js';
import type { ExportFormat } from './format.js';
import { digits } from './jsonl.js';

/** ArcSight Common Event Format, version 0, one event a line, UTF-8. What there is none of is left out, with its label. */
export const cef: ExportFormat = {
  ending: 'cef',
  mediaType: 'text/plain; charset=utf-8',
  header: '',
  quotes: false,
  record: (row, program) => {
    const head = ['CEF:0', 'Postledger', 'Postledger', program, row.action, `${row.action} ${row.outcome}`, severities[row.outcome]];
    return `${head.map(inHeader).join('|')}|${extensionsOf(row).join(' ')}\n`;
  },
  // A pipe inside the header is escaped, so nothing that was written in there is taken for this.
  positionOf: (record) => digits(/\|\d\|externalId=(\d+)/.exec(record)),
};

/** From 0 to 10: how much somebody should want to look at it. */
const severities: Readonly<Record<AuditOutcome, string>> = { ACCEPTED: '3', NO_CHANGE: '1', REFUSED: '5', DENIED: '7', CONFLICT: '4', FAILED: '6' };

function extensionsOf(row: AuditRow): readonly string[] {
  const { position, occurredAt, actor, origin, metadata } = row;
  const ip = origin?.ip ?? null;
  return [
    ...extension('externalId', position),
    ...extension('rt', Date.parse(occurredAt)),
    ...extension('outcome', row.outcome),
    ...extension('cat', row.entityType),
    ...extension('suid', actor.id),
    ...extension('suser', actor.displayName),
    ...extension('spriv', actor.kind),
    ...(ip?.includes(':') === true ? labelled('c6a2', 'sourceIPv6Address', ip) : extension('src', ip)),
    ...extension('requestClientApplication', origin?.userAgent ?? null),
    ...extension('reason', row.reason),
    ...labelled('cs1', 'entityId', row.entityId),
    ...labelled('cs2', 'correlationId', row.correlationId),
    ...labelled('cs3', 'changes', JSON.stringify(row.changes)),
    ...labelled('cs4', 'requestId', origin?.requestId ?? null),
    ...labelled('cs5', 'clientName', origin?.clientName ?? null),
    ...labelled('cs6', 'data', JSON.stringify(row.data)),
    ...labelled('cn1', 'version', row.version),
    ...labelled('cn2', 'schemaVersion', typeof metadata['schemaVersion'] === 'number' ? metadata['schemaVersion'] : null),
    ...labelled('flexString1', 'id', row.id),
    ...labelled('flexString2', 'causationId', row.causationId),
    // The dictionary has no place left for these: keys of one's own begin with the vendor's name.
    ...extension('PostledgerActorRole', row.actorRole),
    ...extension('PostledgerTokenId', row.tokenId),
    ...extension('PostledgerRevertedToVersion', row.revertedToVersion),
  ];
}

type Value = string | number | bigint | null;

function extension(key: string, value: Value): readonly string[] {
  return value === null ? [] : [`${key}=${String(value).replaceAll(/[\\=\n\r]/g, escaped)}`];
}

function labelled(key: string, label: string, value: Value): readonly string[] {
  return value === null ? [] : [...extension(key, value), `${key}Label=${label}`];
}

function inHeader(value: string): string {
  return value.replaceAll(/[\\|\n\r]/g, escaped);
}

function escaped(letter: string): string {
  return letter === '\n' ? '\\n' : letter === '\r' ? '\\r' : `\\${letter}`;
}
