import type { AuditRow } from '../../projections/audit-row.js';
import type { LedgerView } from '../../projections/views.js';
import type { Checkpoints } from '../checkpoints/checkpoints.js';
import { originOf, type SignedCheckpoint } from '../checkpoints/signed-checkpoint.js';
import { StoreUnavailable, type EventStore, type RecordedEvent } from '../event-store/event-store.js';
import { leafHash } from '../ledger/hashes.js';
import { leafInput } from '../ledger/leaf.js';
import { provesInclusion } from '../ledger/merkle-tree.js';
import { disclosuresOf, type Disclosure } from '../personal-data/disclosure.js';
import type { SecretStore } from '../secret-store/secret-store.js';

/** A checkpoint with what it is checked by. */
export interface ShownCheckpoint extends SignedCheckpoint {
  /** The name of the log. */
  readonly origin: string;
  /** Whoever checks has it from elsewhere. */
  readonly publicKey: string;
}

/** That an entry is in the tree of a checkpoint (RFC 9162, section 2.1.3). Hashes in base64, sizes and places in decimal. */
export interface InclusionProof {
  readonly entryId: string;
  readonly leafIndex: string;
  readonly leafHash: string;
  /** What the leaf's hash is made of, as text. */
  readonly leafInput: string;
  /** What stands behind the commitments in it, as long as it was not erased; the salts in base64. */
  readonly disclosures: readonly { readonly path: string; readonly value: string; readonly salt: string }[];
  readonly inclusionPath: readonly string[];
  readonly checkpoint: ShownCheckpoint;
}

/** That the tree of a checkpoint begins with the one of so many leaves (RFC 9162, section 2.1.4). */
export interface ConsistencyProof {
  readonly fromTreeSize: string;
  readonly fromRootHash: string;
  readonly path: readonly string[];
  readonly checkpoint: ShownCheckpoint;
}

/** The log and its hashes contradict each other. */
export class LogContradictsLedger extends Error {
  override readonly name = 'LogContradictsLedger';
}

export interface ProofSources {
  readonly rawEvents: Pick<EventStore, 'readAll'>;
  /** What stands behind the commitments in an event of the raw log; nothing where nobody can open it. */
  readonly disclosuresOf: (raw: RecordedEvent) => Promise<readonly Disclosure[]>;
  readonly auditTrail: { find(entryId: string): Pick<AuditRow, 'id' | 'position'> | null };
  readonly ledger: Pick<LedgerView, 'reached' | 'indexOf' | 'sizeAt' | 'size' | 'leaf' | 'root' | 'inclusionPath' | 'consistencyPath'>;
  readonly checkpoints: Pick<Checkpoints, 'newest' | 'covering' | 'refuseContradiction'>;
  readonly publicKey: string;
}

/** How long the hashes are waited for, in milliseconds: they follow the log, as every view does. */
const patience = 2_000;

/** Makes proofs that whoever has the public key checks without this service. */
export class AuditProofs {
  constructor(readonly sources: ProofSources) {}

  /** The newest checkpoint; null before the first. @throws {LogContradictsCheckpoint} */
  newest(): ShownCheckpoint | null {
    const { checkpoints } = this.sources;
    checkpoints.refuseContradiction();
    const { newest } = checkpoints;
    return newest && this.#shown(newest);
  }

  /**
   * A checkpoint that covers the log up to a position, signed now if there is none yet; null for a log without events.
   * @throws {StoreUnavailable} the hashes do not follow the log.
   * @throws {LogContradictsCheckpoint}
   */
  async covering(position: bigint): Promise<ShownCheckpoint | null> {
    const { ledger, checkpoints } = this.sources;
    await this.#reached(position);
    const size = ledger.sizeAt(position);
    const checkpoint = await checkpoints.covering(size);
    if (checkpoint === null && size > 0) throw hashesBehind();
    return checkpoint && this.#shown(checkpoint);
  }

  /**
   * Null when there is no entry of this id.
   * @throws {StoreUnavailable} the hashes do not follow the log.
   * @throws {LogContradictsLedger} @throws {LogContradictsCheckpoint} the log was changed: what it says now is not what was hashed.
   */
  async ofEntry(entryId: string): Promise<InclusionProof | null> {
    const { auditTrail, ledger } = this.sources;
    const entry = auditTrail.find(entryId);
    if (entry === null) return null;
    const checkpoint = await this.covering(entry.position);
    const index = ledger.indexOf(entry.position);
    if (checkpoint === null || index === null)
      throw new LogContradictsLedger(`The audit trail has an entry at ${entry.position}, and the ledger has none there.`);
    const raw = await eventAt(this.sources.rawEvents, entry.position);
    const input = leafInput(raw);
    const { hash } = ledger.leaf(index);
    if (!leafHash(input).equals(hash))
      throw new LogContradictsLedger(`The event at ${entry.position} is not what was hashed. postledger audit verify says more.`);
    const size = Number(checkpoint.treeSize);
    const path = ledger.inclusionPath(index, size);
    if (!provesInclusion(hash, index, size, path, Buffer.from(checkpoint.rootHash, 'base64')))
      throw new LogContradictsLedger(`The hashes of the log are no longer those of its checkpoint of ${size} events. postledger audit verify says more.`);
    return {
      entryId: entry.id,
      leafIndex: String(index),
      leafHash: hash.toString('base64'),
      leafInput: input,
      disclosures: (await this.sources.disclosuresOf(raw)).map((each) => ({ ...each, salt: each.salt.toString('base64') })),
      inclusionPath: path.map((each) => each.toString('base64')),
      checkpoint,
    };
  }

  /** From a tree of so many leaves, in decimal, to the newest checkpoint. Null when the log never had this size. @throws as {@link ofEntry}. */
  async consistencySince(size: string): Promise<ConsistencyProof | null> {
    const { ledger, checkpoints } = this.sources;
    const fromTreeSize = /^\d{1,15}$/.test(size) ? Number(size) : 0;
    checkpoints.refuseContradiction();
    if (fromTreeSize < 1 || fromTreeSize > ledger.size) return null;
    const checkpoint = await checkpoints.covering(fromTreeSize);
    if (checkpoint === null) return null;
    return {
      fromTreeSize: String(fromTreeSize),
      fromRootHash: ledger.root(fromTreeSize).toString('base64'),
      path: ledger.consistencyPath(fromTreeSize, Number(checkpoint.treeSize)).map((each) => each.toString('base64')),
      checkpoint: this.#shown(checkpoint),
    };
  }

  async #reached(position: bigint): Promise<void> {
    if (!(await this.sources.ledger.reached(position, patience))) throw hashesBehind();
  }

  #shown(checkpoint: SignedCheckpoint): ShownCheckpoint {
    return { ...checkpoint, origin: originOf(checkpoint), publicKey: this.sources.publicKey };
  }
}

function hashesBehind(): StoreUnavailable {
  return new StoreUnavailable('The hashes of the log are behind it. Try again soon.');
}

async function eventAt(events: Pick<EventStore, 'readAll'>, position: bigint): Promise<RecordedEvent> {
  for await (const event of events.readAll({ from: position, maxCount: 1 })) if (event.position === position) return event;
  throw new LogContradictsLedger(`The event at ${position} is gone from the log.`);
}

/** For {@link ProofSources}, where the secret store is at hand. @throws as `disclosuresOf` of src/personal-data does. */
export function disclosuresBy({
  events,
  secrets,
}: {
  readonly events: Pick<EventStore, 'readAll'>;
  readonly secrets: Pick<SecretStore, 'usePersonalDataKey'>;
}) {
  return async (raw: RecordedEvent) => disclosuresOf(raw, await eventAt(events, raw.position), secrets);
}
