import { nodeHash, type Hash } from '../src/ledger/hashes.js';
import { consistencyPath, inclusionPath, rootOf } from '../src/ledger/merkle-tree.js';
import type { Position } from '../src/event-store/event-store.js';
import type { ViewDatabase } from './view-database.js';

/** Of the tree's levels every eighth is stored; what lies between is made from it: at most some hundred hashes, which is faster than to keep them all. */
export const storedLevels = 8;

/** A leaf as the ledger has it. */
export interface LedgerLeaf {
  /** Where its event stands in the log. */
  readonly position: Position;
  readonly hash: Hash;
  /** The chain up to and with this leaf. */
  readonly chain: Hash;
}

/** The hashes of the log. Sizes and places count leaves from 0. */
export class LedgerReader {
  constructor(readonly view: Pick<ViewDatabase, 'get' | 'all'>) {}

  /** How many leaves there are. */
  get size(): number {
    return Number(this.view.get('SELECT max(number) AS last FROM leaf')?.['last'] ?? -1) + 1;
  }

  /** @throws {RangeError} there is no such leaf. */
  leaf(index: number): LedgerLeaf {
    const row = this.view.get('SELECT position, hash, chain FROM leaf WHERE number = ?', index);
    if (!row) throw new RangeError(`The ledger has no leaf ${index}.`);
    return { position: BigInt(row['position'] ?? 0), hash: bytes(row['hash']), chain: bytes(row['chain']) };
  }

  /** The leaves from this one on, at most so many. */
  leavesFrom(index: number, most: number): readonly LedgerLeaf[] {
    return this.view
      .all('SELECT position, hash, chain FROM leaf WHERE number >= ? ORDER BY number LIMIT ?', index, most)
      .map(({ position, hash, chain }) => ({ position: BigInt(position ?? 0), hash: bytes(hash), chain: bytes(chain) }));
  }

  /** How many leaves stand in the log up to and with this position. Positions increase along the leaves, so it is found by halving. */
  sizeAt(position: Position): number {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.leaf(middle).position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The place of the leaf whose event stands at this position; null when it is not one of the ledger's. */
  indexOf(position: Position): number | null {
    const index = this.sizeAt(position) - 1;
    return index >= 0 && this.leaf(index).position === position ? index : null;
  }

  /** The root of the tree of the first `size` leaves. */
  root(size: number): Hash {
    return rootOf(size, (level, index) => this.subtreeHash(level, index));
  }

  /** See {@link inclusionPath}. */
  inclusionPath(index: number, size: number): readonly Hash[] {
    return inclusionPath(index, size, (level, number) => this.subtreeHash(level, number));
  }

  /** See {@link consistencyPath}. */
  consistencyPath(older: number, newer: number): readonly Hash[] {
    return consistencyPath(older, newer, (level, index) => this.subtreeHash(level, index));
  }

  /** @throws {RangeError} the tree does not hold that subtree. */
  subtreeHash(level: number, index: number): Hash {
    if (level === 0) return this.leaf(index).hash;
    if (level % storedLevels !== 0) return nodeHash(this.subtreeHash(level - 1, index * 2), this.subtreeHash(level - 1, index * 2 + 1));
    const row = this.view.get('SELECT hash FROM subtree WHERE level = ? AND number = ?', level, index);
    if (!row) throw new RangeError(`The ledger has no subtree ${index} of level ${level}.`);
    return bytes(row['hash']);
  }
}

function bytes(text: unknown): Hash {
  return Buffer.from(String(text), 'base64');
}
