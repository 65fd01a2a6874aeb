import { OpenBlock, type BlockRow } from './audit-open-block.js';
import { entriesABlock, type PlaceSet } from './audit-places.js';
import { WrittenBlocks } from './audit-written-blocks.js';
import type { ViewDatabase } from './view-database.js';

/** One of several terms, or any word that begins so: a term, too. */
export type Sought = { readonly oneOf: readonly string[] } | { readonly beginning: string };

/** Rows of a full block that are written with each batch of entries, beside those for each entry of it: the block is written long before the next one is full, and nobody waits for it. */
const rowsABatch = 64;
const rowsAnEntry = 8;

/**
 * Which entries of a block a term is found at. A block is written once it is full; the one that is being filled, and the one that is being written, are held in
 * memory, and made anew from the entries themselves after a start. What several terms of a block have in common takes microseconds, however many entries each
 * of them has: so a search takes its time by the number of blocks and by nothing else.
 */
export class AuditIndex {
  readonly #written: WrittenBlocks;
  /** Null before they are made, and after what they were made from was rolled back. */
  #open: Map<number, OpenBlock> | null = null;
  /** What is left to write of the first open block. */
  #rows: Iterator<BlockRow, void> | null = null;
  #entries = 0;
  #added = 0;

  /**
   * @param termsSince the terms of the entries from this number on.
   * @param blockSize in entries, up to {@link entriesABlock}.
   */
  constructor(
    view: ViewDatabase,
    readonly termsSince: (ordinal: number) => Iterable<readonly [ordinal: number, terms: readonly string[]]>,
    readonly blockSize = entriesABlock,
  ) {
    this.#written = new WrittenBlocks(view);
  }

  /** Makes what is held in memory, so that nobody who searches waits for it: of a block's entries, a quarter of a second at most. */
  load(): void {
    this.#opened();
  }

  /** The entry is the next one, and stands in the tables. */
  add(ordinal: number, terms: () => readonly string[]): void {
    // What is not in memory is made from the tables when it is needed, this entry with it.
    if (this.#open) this.#addTo(this.#open, ordinal, terms());
    this.#entries = ordinal + 1;
    this.#added++;
  }

  /** Writes some of what is full; all of it, where a second block is. */
  flush(): void {
    let rows: number | null = rowsABatch + rowsAnEntry * this.#added;
    this.#added = 0;
    for (let full = this.#full(); full > 0 && rows !== null; full = this.#full()) rows = this.#write(full > 1 ? Infinity : rows);
  }

  /** The transaction was rolled back. */
  reset(): void {
    this.#written.forget();
    this.#open = null;
    this.#rows = null;
    this.#entries = 0;
    this.#added = 0;
  }

  /** Adds the places of the block where something of this is. */
  addPlaces(block: number, sought: Sought, to: PlaceSet): void {
    if (block < this.#written.count) {
      if ('beginning' in sought) this.#written.addPlacesBeginning(block, sought.beginning, to);
      else this.#written.addPlaces(block, sought.oneOf, to);
    } else {
      const open = this.#opened().get(block);
      if ('beginning' in sought) open?.addPlacesBeginning(sought.beginning, to);
      else for (const term of sought.oneOf) open?.addPlaces(term, to);
    }
  }

  /** What is remembered of the tables is read anew. */
  forget(): void {
    this.#written.forget();
  }

  /** From now on the entry is found by other terms. */
  replace(ordinal: number, before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    const [block, place] = [Math.floor(ordinal / this.blockSize), ordinal % this.blockSize];
    // What is half written is neither here nor there.
    if (this.#rows) this.#write(Infinity);
    if (block < this.#written.count) this.#written.replace(block, place, before, after);
    else {
      this.#open?.get(block)?.replace(place, before, after);
      // Of what was half written before a stop, some may be of the terms that are to be gone.
      this.#written.beginAnew();
    }
  }

  #addTo(open: Map<number, OpenBlock>, ordinal: number, terms: readonly string[]): void {
    const block = Math.floor(ordinal / this.blockSize);
    let filling = open.get(block);
    if (!filling) open.set(block, (filling = new OpenBlock()));
    filling.add(ordinal % this.blockSize, terms);
  }

  #opened(): Map<number, OpenBlock> {
    if (this.#open) return this.#open;
    const open = new Map<number, OpenBlock>();
    for (const [ordinal, terms] of this.termsSince(this.#written.count * this.blockSize)) this.#addTo(open, ordinal, terms);
    return (this.#open = open);
  }

  /** How many blocks are full and not written. */
  #full(): number {
    return Math.floor(this.#entries / this.blockSize) - this.#written.count;
  }

  /** Writes up to so many rows of the first open block. @returns how many it could have been more, null while some are left. */
  #write(most: number): number | null {
    const block = this.#written.count;
    const open = this.#opened();
    if (!this.#rows) {
      this.#written.beginAnew();
      this.#rows = open.get(block)?.rows() ?? [].values();
    }
    const left = this.#written.write(this.#rows, most);
    if (left === null) return null;
    this.#rows = null;
    open.delete(block);
    return left;
  }
}
