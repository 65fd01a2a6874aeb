import type { Hash } from './hashes.js';
import { emptyRoot, MerkleEdge, type Subtree } from './merkle-tree.js';

/** A tree that grows leaf by leaf, and remembers its roots at the sizes that checkpoints are of, and where the leaves stand that come next. */
export class WatchedTree {
  readonly #sizes: readonly number[];
  readonly #edge: MerkleEdge;
  readonly #roots: Map<number, Hash>;
  readonly #positions: Map<number, bigint>;
  #next: number;

  /** @param sizes ascending, each once. @param from another one, to go on where it is. */
  constructor(sizes: readonly number[], from: WatchedTree | null = null) {
    this.#sizes = sizes;
    this.#edge = from === null ? new MerkleEdge() : from.#edge.copy();
    this.#roots = new Map(from === null ? [] : from.#roots);
    this.#positions = new Map(from === null ? [] : from.#positions);
    this.#next = from === null ? 0 : from.#next;
    if (from === null) this.#note();
  }

  get size(): number {
    return this.#edge.size;
  }

  /** @returns the perfect subtrees that are whole now. */
  append(leaf: Hash, position: bigint): readonly Subtree[] {
    const { size } = this.#edge;
    if (size === 0 || this.#sizes[this.#next - 1] === size) this.#positions.set(size, position);
    const made = this.#edge.append(leaf);
    if (this.#sizes[this.#next] === this.#edge.size) this.#note();
    return made;
  }

  /** The same tree, to go on by itself. */
  copy(): WatchedTree {
    return new WatchedTree(this.#sizes, this);
  }

  root(): Hash {
    return this.#edge.root();
  }

  /** The root at a watched size; null for a size that was not reached. */
  rootAt(size: number): Hash | null {
    return this.#roots.get(size) ?? null;
  }

  /** Where the leaf stands that follows the first `size`, which are watched; null where there is none. */
  positionAfter(size: number): bigint | null {
    return this.#positions.get(size) ?? null;
  }

  #note(): void {
    const { size } = this.#edge;
    if (this.#sizes[this.#next] !== size) return;
    this.#roots.set(size, size === 0 ? emptyRoot : this.#edge.root());
    this.#next++;
  }
}
