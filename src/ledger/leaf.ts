import type { RecordedEvent } from '../event-store/event-store.js';
import { canonicalJson, Verbatim, type StandIn } from './canonical-json.js';
import { sha256 } from './hashes.js';

/** What of an event the ledger is made of: everything but its position, which differs from engine to engine. */
export type LedgerEvent = Pick<RecordedEvent, 'id' | 'streamId' | 'revision' | 'type' | 'recordedAt' | 'storedAt' | 'data' | 'metadata'>;

/**
 * The leaf of an event, as text: its canonical JSON (RFC 8785), with personal data sealed as it lies in the store. References to secrets, verifiers of tokens and sealed texts are not in
 * it but stood for by their SHA-256: a proof tells nobody more than the audit trail does, and still holds for them.
 *
 * This is for ever: whatever changes here makes another tree of the same log.
 */
export function leafInput({ id, streamId, revision, type, recordedAt, storedAt = recordedAt, data, metadata }: LedgerEvent): string {
  return canonicalJson({ data, id, metadata, recordedAt: storedAt.toISOString(), revision: revision.toString(), streamId, type }, standIn);
}

/**
 * A reference to a secret has a `secretId`, a token's verifier is called so, and a sealed text too. An object that could pass for what is put in their place is itself told by its hash, under
 * another name: so nothing can be replaced by what stands for it.
 */
const standIn: StandIn = (object) => {
  if ('sha256' in object || 'literal' in object) return new Verbatim(`{"literal":"${hashed(object)}"}`);
  if ('secretId' in object) return stoodFor(object);
  const hidden = (['verifier', 'sealed'] as const).filter((name) => typeof object[name] === 'string');
  return hidden.length === 0 ? undefined : { ...object, ...Object.fromEntries(hidden.map((name) => [name, stoodFor(object[name])])) };
};

function stoodFor(value: unknown): Verbatim {
  return new Verbatim(`{"sha256":"${hashed(value)}"}`);
}

/** SHA-256 of the canonical JSON of the value itself, base64url. */
function hashed(value: unknown): string {
  return sha256(canonicalJson(value)).toString('base64url');
}
