import { nodeHash, sha256, type Hash } from './hashes.js';

/** The root of the tree without leaves (RFC 9162, section 2.1.1). */
export const emptyRoot: Hash = sha256('');

/** A perfect subtree: the leaves from `index * 2^level` on, `2^level` of them. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
  readonly hash: Hash;
}

/**
 * The right edge of a Merkle tree that only grows (RFC 9162, section 2.1): the perfect subtrees that its leaves make up, the largest first, one for each 1 in the binary form of its size.
 * It is all that is needed to add a leaf, or to know the root.
 */
export class MerkleEdge {
  readonly #subtrees: Subtree[];
  #size: number;

  /** @param subtrees those of a tree of this size, the largest first. */
  constructor(size = 0, subtrees: readonly Subtree[] = []) {
    this.#size = size;
    this.#subtrees = [...subtrees];
  }

  get size(): number {
    return this.#size;
  }

  /** @returns the perfect subtrees that are whole now, the leaf's own first. */
  append(leaf: Hash): readonly Subtree[] {
    let made: Subtree = { level: 0, index: this.#size, hash: leaf };
    const all = [made];
    for (let left = this.#subtrees.at(-1); left?.level === made.level; left = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      made = { level: made.level + 1, index: left.index / 2, hash: nodeHash(left.hash, made.hash) };
      all.push(made);
    }
    this.#subtrees.push(made);
    this.#size++;
    return all;
  }

  root(): Hash {
    return this.#subtrees.reduceRight<Hash | null>((right, { hash }) => (right === null ? hash : nodeHash(hash, right)), null) ?? emptyRoot;
  }

  copy(): MerkleEdge {
    return new MerkleEdge(this.#size, this.#subtrees);
  }
}

/** The subtrees of {@link MerkleEdge} for a tree of this size: what a store has to look up to go on. */
export function edgeOf(size: number): readonly Omit<Subtree, 'hash'>[] {
  const edge: Omit<Subtree, 'hash'>[] = [];
  for (let start = 0; start < size;) {
    const level = levelBelow(size - start);
    edge.push({ level, index: start / 2 ** level });
    start += 2 ** level;
  }
  return edge;
}

/** The hash of a perfect subtree of a tree that holds it. */
export type SubtreeHash = (level: number, index: number) => Hash;

/** The root of the tree's first `size` leaves. */
export function rootOf(size: number, subtreeHash: SubtreeHash): Hash {
  return size === 0 ? emptyRoot : rangeHash(0, size, subtreeHash);
}

/**
 * What proves that a leaf is in the tree of the first `size` leaves (RFC 9162, section 2.1.3.1): the hashes to be joined with it, from the leaf up.
 * @throws {RangeError} there is no such leaf.
 */
export function inclusionPath(leafIndex: number, size: number, subtreeHash: SubtreeHash): readonly Hash[] {
  if (!Number.isSafeInteger(leafIndex) || leafIndex < 0 || leafIndex >= size) throw new RangeError(`A tree of ${size} leaves has no leaf ${leafIndex}.`);
  const path: Hash[] = [];
  for (let [start, end] = [0, size]; end - start > 1;) {
    const middle = start + 2 ** levelBelow(end - start - 1);
    if (leafIndex < middle) {
      path.push(rangeHash(middle, end, subtreeHash));
      end = middle;
    } else {
      path.push(rangeHash(start, middle, subtreeHash));
      start = middle;
    }
  }
  return path.reverse();
}

/**
 * What proves that the tree of the first `older` leaves is the beginning of the one of the first `newer` (RFC 9162, section 2.1.4.1). Empty where both are the same.
 * @throws {RangeError} the older one is empty, or larger than the newer.
 */
export function consistencyPath(older: number, newer: number, subtreeHash: SubtreeHash): readonly Hash[] {
  if (!Number.isSafeInteger(older) || older < 1 || older > newer) throw new RangeError(`A tree of ${newer} leaves does not begin with one of ${older}.`);
  const path: Hash[] = [];
  let [start, end, isWhole] = [0, newer, true];
  while (end > older) {
    const middle = start + 2 ** levelBelow(end - start - 1);
    if (older <= middle) {
      path.push(rangeHash(middle, end, subtreeHash));
      end = middle;
    } else {
      path.push(rangeHash(start, middle, subtreeHash));
      start = middle;
      isWhole = false;
    }
  }
  // Whoever checks it has the hash of the older tree where that is one subtree.
  if (!isWhole) path.push(rangeHash(start, end, subtreeHash));
  return path.reverse();
}

/** Checks an inclusion proof (RFC 9162, section 2.1.3.2). */
export function provesInclusion(leaf: Hash, leafIndex: number, size: number, path: readonly Hash[], root: Hash): boolean {
  if (!Number.isSafeInteger(leafIndex) || leafIndex < 0 || leafIndex >= size) return false;
  let [node, last, hash] = [leafIndex, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else hash = nodeHash(hash, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && hash.equals(root);
}

/** Checks a consistency proof (RFC 9162, section 2.1.4.2). */
export function provesConsistency(older: number, olderRoot: Hash, newer: number, newerRoot: Hash, path: readonly Hash[]): boolean {
  if (!Number.isSafeInteger(older) || older < 1 || older > newer) return false;
  if (older === newer) return path.length === 0 && olderRoot.equals(newerRoot);
  const [first, ...others] = Number.isInteger(Math.log2(older)) ? [olderRoot, ...path] : path;
  if (first === undefined) return false;
  let [node, last] = [older - 1, newer - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  let [from, to] = [first, first];
  for (const sibling of others) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      [from, to] = [nodeHash(sibling, from), nodeHash(sibling, to)];
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else to = nodeHash(to, sibling);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && from.equals(olderRoot) && to.equals(newerRoot);
}

/** The leaves from `start` up to `end`, as the subtree that they are in a tree of `end` leaves. */
function rangeHash(start: number, end: number, subtreeHash: SubtreeHash): Hash {
  const level = levelBelow(end - start);
  const middle = start + 2 ** level;
  if (middle === end) return subtreeHash(level, start / 2 ** level);
  return nodeHash(subtreeHash(level, start / 2 ** level), rangeHash(middle, end, subtreeHash));
}

/** The level of the largest perfect subtree of not more than so many leaves. Sizes are far below 2^53, where Math.log2 of a power of two is exact and its floor never too large. */
function levelBelow(leaves: number): number {
  const level = Math.floor(Math.log2(leaves));
  return 2 ** level > leaves ? level - 1 : level;
}
