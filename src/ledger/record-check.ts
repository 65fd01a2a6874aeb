import type { Found } from './found.js';
import { chainHash, chainStart, type Hash } from './hashes.js';
import type { Subtree } from './merkle-tree.js';
import type { LedgerRecord, RecordedLeaf } from './verification-input.js';

/** Looks whether the record is whole in itself: leaves counted without a gap, each link of the chain made of the one before, subtrees that are those of the leaves. */
export class RecordCheck {
  leaves = 0;
  #chain: Hash = chainStart;
  readonly #told = new Set<string>();

  constructor(
    readonly record: Pick<LedgerRecord, 'keepsLevel' | 'subtree'>,
    readonly found: Found,
  ) {}

  /** @param subtrees those that are whole with the leaf. */
  take({ number, position, hash, chain }: RecordedLeaf, subtrees: readonly Subtree[]): void {
    if (number !== this.leaves) this.#altered(position, `has no leaf ${this.leaves}`);
    this.#chain = chainHash(this.#chain, hash);
    if (!chain.equals(this.#chain)) this.#altered(position, `has a link that does not follow from the one before: its chain is broken at leaf ${this.leaves}`);
    // Goes on from what is there: one break is told once.
    this.#chain = chain;
    for (const { level, index, hash: expected } of subtrees)
      if (level > 0 && this.record.keepsLevel(level) && this.record.subtree(level, index)?.equals(expected) !== true)
        this.#altered(position, `has a subtree that is not that of its leaves (level ${level}, number ${index})`);
    this.leaves++;
  }

  /** The log has the leaf at another position. */
  moved(position: bigint, { position: recorded }: RecordedLeaf): void {
    this.#altered(position, `has leaf ${this.leaves} at position ${recorded}, where the log has it at ${position}`);
  }

  /** Of each kind the first one: the others mostly follow from it. */
  #altered(position: bigint, what: string): void {
    const kind = what.replace(/\d+/g, '');
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    const message = `The record of the log's hashes ${what}. It was altered or damaged. It is made from the log: stop the service, and run postledger projections rebuild audit-ledger.`;
    this.found.add({ kind: 'RECORD_ALTERED', leafIndex: this.leaves, endLeafIndex: null, position, message });
  }
}
