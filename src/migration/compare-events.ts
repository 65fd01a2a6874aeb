import { createHash } from 'node:crypto';
import type { RecordedEvent } from '../event-store/event-store.js';
import { auditedStreamPrefixes } from '../domain/streams.js';
import type { TreeHead } from '../ledger/checkpoint.js';
import { leafHash } from '../ledger/hashes.js';
import { leafInput } from '../ledger/leaf.js';
import { MerkleEdge } from '../ledger/merkle-tree.js';
import { canonicalLine, differingField } from './canonical-event.js';
import { MigrationFailed, ownEvents, type OnProgress, type Side } from './side.js';

/** Two logs that are the same, event by event and in one order. */
export interface ComparedEvents {
  readonly count: number;
  /** By category of streams, e.g. `emailAccount`. */
  readonly categories: ReadonlyMap<string, number>;
  /** SHA-256 over all events in the order of the log, in hexadecimal: stream, revision, id, type, time, data and metadata of each. */
  readonly digest: string;
  /** The root of the Merkle tree over what the audit trail shows, on either side, in base64: where they are the same, so are all proofs. They are not where a cluster's clocks stepped back. */
  readonly rootHash: string;
  readonly targetRootHash: string;
  /** How many of the source's checkpoints the tree was held against. */
  readonly checkpoints: number;
  /** The last event as it is on either side; null for empty logs. */
  readonly last: { readonly source: RecordedEvent; readonly target: RecordedEvent } | null;
}

/**
 * Reads both logs to their ends and compares all that a migration has to keep. What the source gets meanwhile is left out.
 * @param count how many events the source had.
 * @param signed what the source's checkpoints say, by size of the tree: the log has to be what was signed.
 * @throws {MigrationFailed} with the first difference.
 */
export async function compareEvents(source: Side, target: Side, count: number, signed: readonly TreeHead[], onProgress: OnProgress): Promise<ComparedEvents> {
  const [here, there] = [createHash('sha256'), createHash('sha256')];
  const categories = new Map<string, number>();
  const theirs = ownEvents(target);
  const tree = new SignedTree(source, signed);
  let last: ComparedEvents['last'] = null;
  let compared = 0;
  onProgress('compared', 0, count);
  try {
    for await (const event of ownEvents(source)) {
      if (compared === count) break;
      const next = await theirs.next();
      if (next.done === true) throw new MigrationFailed(`${target.name} lacks ${named(event)}, and all that follows. Start the migration again.`);
      const [line, theirLine] = [canonicalLine(event), canonicalLine(next.value)];
      if (line !== theirLine) throw differs(target, event, next.value);
      here.update(line);
      there.update(theirLine);
      tree.add(event, next.value);
      const [category = ''] = event.streamId.split('-', 1);
      categories.set(category, (categories.get(category) ?? 0) + 1);
      last = { source: event, target: next.value };
      if (++compared % 1_000 === 0) onProgress('compared', compared, count);
    }
    if (compared < count)
      throw new MigrationFailed(`${source.name} has lost events while it was copied: ${count} were there, and now ${compared}. Restore it from a backup.`);
    const more = await theirs.next();
    if (more.done !== true)
      throw new MigrationFailed(
        `${target.name} holds ${named(more.value)}, which the source does not. Stop every node that uses it, and begin with an empty target.`,
      );
  } finally {
    await theirs.return();
  }
  onProgress('compared', compared, count);
  const digest = here.digest('hex');
  const theirDigest = there.digest('hex');
  if (digest !== theirDigest) throw new MigrationFailed(`The logs have different digests: ${digest} and ${theirDigest}. Begin with an empty target.`);
  return { count: compared, categories, digest, ...tree.ended(), last };
}

/** The trees of both logs, the source's held against what was signed of it. */
class SignedTree {
  readonly #edge = new MerkleEdge();
  readonly #targetEdge = new MerkleEdge();
  readonly #left: TreeHead[];

  constructor(
    readonly source: Side,
    readonly signed: readonly TreeHead[],
  ) {
    this.#left = [...signed].sort((one, other) => one.size - other.size);
  }

  /** @throws {MigrationFailed} the log is not what was signed. */
  add(event: RecordedEvent, there: RecordedEvent): void {
    if (!auditedStreamPrefixes.some((prefix) => event.streamId.startsWith(prefix))) return;
    this.#edge.append(leafHash(leafInput(event)));
    this.#targetEdge.append(leafHash(leafInput(there)));
    while (this.#left[0]?.size === this.#edge.size)
      if (this.#left.shift()?.root.equals(this.#edge.root()) !== true)
        throw new MigrationFailed(
          `${this.source.name} is not what its checkpoint of ${this.#edge.size} events was signed of: something up to ${named(event)} was changed. postledger audit verify says what.`,
        );
  }

  /** @throws {MigrationFailed} the log ends before what was signed. */
  ended(): Pick<ComparedEvents, 'rootHash' | 'targetRootHash' | 'checkpoints'> {
    const [lost] = this.#left;
    if (lost)
      throw new MigrationFailed(
        `A checkpoint of ${this.source.name} was signed of ${lost.size} events, and it holds ${this.#edge.size}. If it was restored from a backup, say so first: postledger audit accept-restore.`,
      );
    const [rootHash, targetRootHash] = [this.#edge.root().toString('base64'), this.#targetEdge.root().toString('base64')];
    return { rootHash, targetRootHash, checkpoints: this.signed.length };
  }
}

function differs(target: Side, event: RecordedEvent, there: RecordedEvent): MigrationFailed {
  const field = differingField(event, there) ?? 'order of its events';
  const where =
    field === 'data' || field === 'metadata' || field === 'type' || field === 'recordedAt' ? `has another ${field} there` : `stands there as ${named(there)}`;
  return new MigrationFailed(`${target.name} is not what the source is. The first difference: ${named(event)} ${where}. Begin with an empty target.`);
}

function named({ streamId, revision, id, type }: RecordedEvent): string {
  return `event ${revision} of stream ${streamId} (${type}, ${id})`;
}
