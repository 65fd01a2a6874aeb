import type { RecordedEvent } from '../event-store/event-store.js';
import { canonicalJson, type StandIn } from './canonical-json.js';
import { sha256 } from './hashes.js';

/** What of an event the ledger is made of: everything but its position, which differs from engine to engine. */
export type LedgerEvent = Pick<RecordedEvent, 'id' | 'streamId' | 'revision' | 'type' | 'recordedAt' | 'data' | 'metadata'>;

/**
 * The leaf of an event, as text: its canonical JSON (RFC 8785), with personal data sealed as it lies in the store. References to secrets, verifiers of tokens and sealed texts are not in
 * it but stood for by their SHA-256: a proof tells nobody more than the audit trail does, and still holds for them.
 *
 * This is for ever: whatever changes here makes another tree of the same log.
 */
export function leafInput({ id, streamId, revision, type, recordedAt, data, metadata }: LedgerEvent): string {
  return canonicalJson({ data, id, metadata, recordedAt: recordedAt.toISOString(), revision: revision.toString(), streamId, type }, standIn);
}

/** A reference to a secret has a `secretId`, a token's verifier is called so, and a sealed text too. */
const standIn: StandIn = (object) => {
  if ('secretId' in object) return { sha256: sha256(canonicalJson(object)).toString('base64url') };
  for (const name of ['verifier', 'sealed'] as const) {
    const value = object[name];
    if (typeof value === 'string') return { ...object, [name]: { sha256: sha256(canonicalJson(value)).toString('base64url') } };
  }
  return undefined;
};
