import { entriesABlock, PlaceSet, storedPlaces } from './audit-places.js';
import { beginningRow, isWord } from './audit-terms.js';

/** A beginning that more words of a block than this have gets a row of its own, and so does one whose words are at so many places: little is read for a search, however common its letters are. */
const mostWordsRead = 8;
const mostPlacesRead = 256;

/** What is written of a block: a term, or the {@link beginningRow} of many, and its places. */
export type BlockRow = readonly [term: string, places: Uint8Array];

const none = -1;
const termsToBeginWith = 1_024;
const placesToBeginWith = 16_384;

/**
 * The terms of a block that is not full yet, or not written yet, and at which places they are. A block has half a million of these pairs: they are kept as numbers, so that nobody
 * has to look after as many objects. Each pair knows the one before it of the same term.
 */
export class OpenBlock {
  readonly #numbers = new Map<string, number>();
  #terms = 0;
  /** The last pair of each term. */
  #last = new Int32Array(termsToBeginWith);
  #places = new Uint16Array(placesToBeginWith);
  #before = new Int32Array(placesToBeginWith);
  #pairs = 0;

  /** The place is the highest so far. Of a term that is named twice the second one is passed over. */
  add(place: number, terms: readonly string[]): void {
    for (let index = 0; index < terms.length; index++) {
      const number = this.#numberOf(terms[index] ?? '');
      const last = this.#last[number] ?? none;
      if (last === none || this.#places[last] !== place) this.#addPair(number, place, last);
    }
  }

  replace(place: number, before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    for (const term of before) if (!after.has(term)) this.#put(term, (places) => places.filter((each) => each !== place));
    for (const term of after) if (!before.has(term)) this.#put(term, (places) => [...places, place].sort((one, other) => one - other));
  }

  addPlaces(term: string, to: PlaceSet): void {
    const number = this.#numbers.get(term);
    if (number !== undefined) this.#addPlacesOf(number, to);
  }

  addPlacesBeginning(beginning: string, to: PlaceSet): void {
    for (const [term, number] of this.#numbers) if (term.startsWith(beginning)) this.#addPlacesOf(number, to);
  }

  /** What is to be written of the block: each term with its places, and the beginnings that many words have with theirs. */
  *rows(): Generator<BlockRow, void> {
    const terms = [...this.#numbers.keys()].sort();
    for (const term of terms) yield [term, storedPlaces(this.#placesOf(term))];
    const words = terms.filter(isWord);
    yield* this.#beginnings(words, 0, words.length, 1, null);
  }

  /** Of words from `from` up to `to` in their order, whose first `length` letters are the same; `all` is where they all are, if that is known. */
  *#beginnings(words: readonly string[], from: number, to: number, length: number, all: Uint8Array | null): Generator<BlockRow, void> {
    for (let first = from; first < to;) {
      const beginning = words[first]?.slice(0, length + 1) ?? '';
      let end = first + 1;
      // The word that is no longer than what all have in common comes first, and has no letter to go by.
      if (beginning.length > length) {
        while (end < to && words[end]?.startsWith(beginning) === true) end++;
        if (end - first > 1 && (end - first > mostWordsRead || this.#hasManyPlaces(words, first, end))) {
          const places = all !== null && end - first === to - from ? all : this.#union(words, first, end);
          if (!endsInHalfALetter(beginning)) yield [beginningRow(beginning), places];
          yield* this.#beginnings(words, first, end, length + 1, places);
        }
      }
      first = end;
    }
  }

  #hasManyPlaces(words: readonly string[], from: number, to: number): boolean {
    let places = 0;
    for (let index = from; index < to && places <= mostPlacesRead; index++) {
      for (let pair = this.#lastOf(words[index] ?? ''); pair !== none && places <= mostPlacesRead; pair = this.#before[pair] ?? none) places++;
    }
    return places > mostPlacesRead;
  }

  #union(words: readonly string[], from: number, to: number): Uint8Array {
    const all = new PlaceSet();
    for (let index = from; index < to; index++) this.addPlaces(words[index] ?? '', all);
    return all.stored();
  }

  #numberOf(term: string): number {
    const known = this.#numbers.get(term);
    if (known !== undefined) return known;
    const number = this.#terms++;
    this.#numbers.set(term, number);
    if (number === this.#last.length) this.#last = enlarged(this.#last, new Int32Array(number * 2));
    this.#last[number] = none;
    return number;
  }

  #addPair(number: number, place: number, before: number): void {
    if (this.#pairs === this.#places.length) {
      this.#places = enlarged(this.#places, new Uint16Array(this.#pairs * 2));
      this.#before = enlarged(this.#before, new Int32Array(this.#pairs * 2));
    }
    this.#places[this.#pairs] = place;
    this.#before[this.#pairs] = before;
    this.#last[number] = this.#pairs++;
  }

  #lastOf(term: string): number {
    const number = this.#numbers.get(term);
    return number === undefined ? none : (this.#last[number] ?? none);
  }

  #addPlacesOf(number: number, to: PlaceSet): void {
    for (let pair = this.#last[number] ?? none; pair !== none; pair = this.#before[pair] ?? none) to.add(this.#places[pair] ?? entriesABlock);
  }

  #placesOf(term: string): number[] {
    const places: number[] = [];
    for (let pair = this.#lastOf(term); pair !== none; pair = this.#before[pair] ?? none) places.push(this.#places[pair] ?? entriesABlock);
    return places.reverse();
  }

  #put(term: string, change: (places: readonly number[]) => readonly number[]): void {
    const places = change(this.#placesOf(term));
    if (places.length === 0) this.#numbers.delete(term);
    else {
      const number = this.#numberOf(term);
      this.#last[number] = none;
      for (const place of places) this.#addPair(number, place, this.#last[number] ?? none);
    }
  }
}

function enlarged<Numbers extends Int32Array | Uint16Array>(numbers: Numbers, larger: Numbers): Numbers {
  larger.set(numbers);
  return larger;
}

/** Letters beyond U+FFFF are two code units. */
function endsInHalfALetter(text: string): boolean {
  return /[\uD800-\uDBFF]$/.test(text);
}
