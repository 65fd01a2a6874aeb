import type { BlockRow } from './audit-open-block.js';
import { placesOf, PlaceSet, storedPlaces } from './audit-places.js';
import { beginningRow, isWord } from './audit-terms.js';
import { RecentPlaces } from './audit-recent-places.js';
import type { ViewDatabase } from './view-database.js';

/** A block's rows lie together, in the order of their terms: so they are written one after the other. */
export const writtenBlockTables = `
    CREATE TABLE entry_place (block INTEGER NOT NULL, term TEXT NOT NULL, places BLOB NOT NULL, PRIMARY KEY (block, term)) STRICT, WITHOUT ROWID;
    CREATE TABLE written_blocks (blocks INTEGER NOT NULL) STRICT;
    INSERT INTO written_blocks VALUES (0);`;

const rowsAtOnce = 32; // a statement

const placesOfTerm = 'SELECT places FROM entry_place WHERE block = ? AND term = ?';
const placesOfTerms = 'SELECT term, places FROM entry_place WHERE block = ? AND term IN (SELECT value FROM json_each(?))';
/** The row that stands for all words with a beginning, or else those of the words themselves. */
const placesOfBeginning = `
  SELECT places FROM entry_place WHERE block = ?1 AND term = ?3
  UNION ALL SELECT places FROM entry_place WHERE block = ?1 AND term >= ?2 AND term < ?4
    AND NOT EXISTS (SELECT 1 FROM entry_place WHERE block = ?1 AND term = ?3)`;

/** The blocks of the index that are full, as they stand in the tables. */
export class WrittenBlocks {
  #count: number | null = null;
  readonly #recent = new RecentPlaces();

  constructor(readonly view: ViewDatabase) {}

  /** How many there are, from the first on. */
  get count(): number {
    return (this.#count ??= Number(this.view.get('SELECT blocks FROM written_blocks')?.['blocks']));
  }

  /** Adds the places of the block where one of the terms is. */
  addPlaces(block: number, terms: readonly string[], to: PlaceSet): void {
    const unknown: string[] = [];
    for (const term of terms) {
      const places = this.#recent.get(block, term);
      if (places) to.addStored(places);
      else unknown.push(term);
    }
    const [only] = unknown;
    if (only === undefined) return;
    if (unknown.length === 1) to.addStored(this.#recent.set(block, only, this.#read(block, only)));
    else {
      const rows = this.view.all(placesOfTerms, block, JSON.stringify(unknown));
      const found = new Map(rows.map(({ term, places }) => [String(term), bytes(places)]));
      for (const term of unknown) to.addStored(this.#recent.set(block, term, found.get(term) ?? nowhere));
    }
  }

  /** Adds the places of the block where a word begins so. */
  addPlacesBeginning(block: number, beginning: string, to: PlaceSet): void {
    const name = beginningRow(beginning);
    const known = this.#recent.get(block, name);
    if (known) return to.addStored(known);
    const rows = this.view.all(placesOfBeginning, block, beginning, name, `${beginning}\u{10FFFF}`);
    const all = new PlaceSet();
    for (const { places } of rows) all.addStored(bytes(places));
    to.addStored(this.#recent.set(block, name, all.stored()));
  }

  /** Takes away what a stop has left half written of the block after the last one. */
  beginAnew(): void {
    this.view.run('DELETE FROM entry_place WHERE block >= ?', this.count);
  }

  /** Writes up to so many rows of the block after the last one; with the last row it is written. @returns how many rows it could have been more; null while some are left. */
  write(rows: Iterator<BlockRow, void>, most: number): number | null {
    for (let written = 0; written < most; written += rowsAtOnce) {
      const values: (number | string | Uint8Array)[] = [];
      while (values.length < 3 * rowsAtOnce) {
        const next = rows.next();
        if (next.done === true) break;
        values.push(this.count, ...next.value);
      }
      if (values.length > 0) this.view.run(`INSERT INTO entry_place VALUES ${'(?, ?, ?), '.repeat(values.length / 3 - 1)}(?, ?, ?)`, ...values);
      if (values.length === 3 * rowsAtOnce) continue;
      this.#count = this.count + 1;
      this.view.run('UPDATE written_blocks SET blocks = ?', this.#count);
      return Math.max(0, most - written);
    }
    return null;
  }

  /** From now on other terms are at this place. */
  replace(block: number, place: number, before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    this.#recent.clear();
    const [ended, begun] = [beginningsOf(before), beginningsOf(after)];
    const without = (places: readonly number[]) => places.filter((each) => each !== place);
    const within = (places: readonly number[]) => [...places, place].sort((one, other) => one - other);
    for (const term of before) if (!after.has(term)) this.#change(block, term, without);
    for (const term of after) if (!before.has(term)) this.#change(block, term, within);
    for (const name of ended) if (!begun.has(name) && this.#has(block, name)) this.#change(block, name, without);
    for (const name of begun) if (!ended.has(name) && this.#has(block, name)) this.#change(block, name, within);
  }

  /** What was read of the tables is read anew. */
  forget(): void {
    this.#count = null;
    this.#recent.clear();
  }

  #read(block: number, term: string): Uint8Array {
    const row = this.view.get(placesOfTerm, block, term);
    return row ? bytes(row['places']) : nowhere;
  }

  #has(block: number, term: string): boolean {
    return this.view.get(placesOfTerm, block, term) !== undefined;
  }

  #change(block: number, term: string, change: (places: readonly number[]) => readonly number[]): void {
    const places = change(placesOf(this.#read(block, term)));
    if (places.length === 0) this.view.run('DELETE FROM entry_place WHERE block = ? AND term = ?', block, term);
    else this.view.run('INSERT OR REPLACE INTO entry_place VALUES (?, ?, ?)', block, term, storedPlaces(places));
  }
}

const nowhere = new Uint8Array();

/** The names of the rows that may stand for the beginnings of the words among the terms. */
function beginningsOf(terms: ReadonlySet<string>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const term of terms) if (isWord(term)) for (let length = 2; length <= term.length; length++) names.add(beginningRow(term.slice(0, length)));
  return names;
}

function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError('The index of the audit trail has a row without places: build the view anew.');
}
