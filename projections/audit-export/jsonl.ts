import type { AuditRow } from '../audit-row.js';
import type { ExportFormat } from './format.js';

/** One JSON object a line (RFC 8259, UTF-8). Nothing is left out: what there is none of is null. */
export const jsonl: ExportFormat = {
  ending: 'jsonl',
  mediaType: 'application/jsonl; charset=utf-8',
  header: '',
  quotes: false,
  record: (row) => `${JSON.stringify(objectOf(row))}\n`,
  positionOf: (record) => digits(/^\{"position":"(\d+)"/.exec(record)),
};

/** An entry as the members of JSON that `docs/audit.md` documents: the same in exports and in what is streamed. */
export function objectOf({ position, metadata, data, ...row }: AuditRow) {
  const { id, occurredAt, action, outcome, actor, reason, entityType, entityId, version, changes, correlationId, causationId, origin } = row;
  const { actorRole, tokenId, revertedToVersion } = row;
  return {
    // First, and as text: a reader finds it without reading on, and one that counts in doubles loses nothing.
    position: position.toString(),
    id,
    occurredAt,
    action,
    outcome,
    actor: { kind: actor.kind, id: actor.id, displayName: actor.displayName },
    reason,
    entityType,
    entityId,
    version,
    changes: changes.map(({ path, before, after, secret, secretChange }) => ({
      path,
      before: before ?? null,
      after: after ?? null,
      secret,
      ...(secretChange !== undefined && { secretChange }),
    })),
    correlationId,
    causationId,
    origin: origin && { requestId: origin.requestId, ip: origin.ip, userAgent: origin.userAgent, clientName: origin.clientName },
    schemaVersion: metadata['schemaVersion'] ?? null,
    data,
    actorRole,
    tokenId,
    revertedToVersion,
  };
}

/** The first group of what was found, as a position. */
export function digits(found: RegExpExecArray | null): bigint | null {
  return found?.[1] === undefined ? null : BigInt(found[1]);
}
