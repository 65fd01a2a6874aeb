import { objectOf } from '../../projections/audit-export/jsonl.js';
import type { AuditRow } from '../../projections/audit-row.js';

/** What is sent by one request. The id stays the same however often it is sent: by it a receiver drops repeats. */
export interface WebhookMessage {
  readonly id: string;
  /** JSON; signed and sent as it is here. */
  readonly body: string;
}

/** A signed checkpoint of the log, for a receiver that keeps it where nobody who holds the log can change it. */
export interface StreamedCheckpoint {
  /** Names the log. */
  readonly origin: string;
  /** In decimal. */
  readonly treeSize: string;
  /** Base64. */
  readonly rootHash: string;
  /** The signed note of C2SP tlog-checkpoint, whole. */
  readonly signedNote: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** `data` is the entry as an export in JSONL has it. */
export function entryMessage(row: AuditRow): WebhookMessage {
  return { id: row.id, body: JSON.stringify({ type: 'audit.entry', timestamp: row.occurredAt, data: objectOf(row) }) };
}

/** Its id names the root too: of two roots for one size, which only a forger signs, a receiver that drops repeats has to see both. */
export function checkpointMessage({ origin, treeSize, rootHash, signedNote, createdAt }: StreamedCheckpoint): WebhookMessage {
  const data = { origin, treeSize, rootHash, signedNote, createdAt };
  return { id: checkpointId(treeSize, rootHash), body: JSON.stringify({ type: 'audit.checkpoint', timestamp: createdAt, data }) };
}

function checkpointId(treeSize: string, rootHash: string): string {
  return `checkpoint-${treeSize}-${Buffer.from(rootHash, 'base64').toString('hex').slice(0, 12)}`;
}
