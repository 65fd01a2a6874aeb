/** Entries are numbered from 0 in the order of the log; so many that follow each other are a block at most, and the place of an entry is its number within. */
export const entriesABlock = 16_384;

const bytesOfBitmap = entriesABlock / 8;

/** The places of a block that something holds for: a bit each. */
export class PlaceSet {
  readonly #bytes = new Uint8Array(bytesOfBitmap);
  /** The same memory: what is done to whole sets is done by the word. */
  readonly #words = new Uint32Array(this.#bytes.buffer);

  add(place: number): void {
    this.#bytes[place >>> 3] = (this.#bytes[place >>> 3] ?? 0) | (1 << (place & 7));
  }

  /** @param stored what {@link storedPlaces} made. */
  addStored(stored: Uint8Array): void {
    if (stored.length < bytesOfBitmap) {
      for (let index = 0; index < stored.length; index += 2) this.add(placeAt(stored, index));
      return;
    }
    const words = wordsOf(stored);
    for (let index = 0; index < words.length; index++) this.#words[index] = (this.#words[index] ?? 0) | (words[index] ?? 0);
  }

  /** Leaves what is in both. @returns whether that is anything. */
  keepOnly(other: PlaceSet): boolean {
    let some = 0;
    for (let index = 0; index < this.#words.length; index++) some |= this.#words[index] = (this.#words[index] ?? 0) & (other.#words[index] ?? 0);
    return some !== 0;
  }

  addAll(): void {
    this.#words.fill(0xffff_ffff);
  }

  clear(): void {
    this.#words.fill(0);
  }

  /** The first `most` places from `from` up to `to` (exclusive); descending, the last ones, last first. */
  within(from: number, to: number, descending: boolean, most: number): readonly number[] {
    const found: number[] = [];
    const step = descending ? -1 : 1;
    for (let place = descending ? to - 1 : from; place >= from && place < to && found.length < most;) {
      const word = this.#words[place >>> 5] ?? 0;
      // A word without a bit is passed over at once.
      if (word === 0) place = descending ? (place | 31) - 32 : (place | 31) + 1;
      else {
        if (((this.#bytes[place >>> 3] ?? 0) & (1 << (place & 7))) !== 0) found.push(place);
        place += step;
      }
    }
    return found;
  }

  /** How many there are from `from` up to `to` (exclusive). */
  count(from: number, to: number): number {
    let places = 0;
    for (let byte = from >>> 3; byte << 3 < to; byte++) {
      let bits = this.#bytes[byte] ?? 0;
      if (byte << 3 < from) bits &= 0xff << (from & 7);
      if ((byte + 1) << 3 > to) bits &= 0xff >>> (8 - (to & 7));
      for (; bits !== 0; bits &= bits - 1) places++;
    }
    return places;
  }

  stored(): Uint8Array {
    const places = this.count(0, entriesABlock);
    return places * 2 < bytesOfBitmap ? storedPlaces(this.within(0, entriesABlock, false, places)) : this.#bytes.slice();
  }
}

/** Two bytes a place, the lower one first; a bit for every place of the block where that is shorter. */
export function storedPlaces(ascending: readonly number[]): Uint8Array {
  if (ascending.length * 2 >= bytesOfBitmap) return bitmapOf(ascending);
  const stored = new Uint8Array(ascending.length * 2);
  for (let index = 0; index < ascending.length; index++) {
    const place = ascending[index] ?? 0;
    stored[index * 2] = place & 0xff;
    stored[index * 2 + 1] = place >>> 8;
  }
  return stored;
}

function bitmapOf(places: readonly number[]): Uint8Array {
  const bitmap = new PlaceSet();
  for (const place of places) bitmap.add(place);
  return bitmap.stored();
}

/** The places that {@link storedPlaces} was given. */
export function placesOf(stored: Uint8Array): readonly number[] {
  const places = new PlaceSet();
  places.addStored(stored);
  return places.within(0, entriesABlock, false, entriesABlock);
}

function placeAt(stored: Uint8Array, index: number): number {
  return (stored[index] ?? 0) | ((stored[index + 1] ?? 0) << 8);
}

/** SQLite hands out bytes wherever they lie; words have to lie at a multiple of four. */
function wordsOf(stored: Uint8Array): Uint32Array {
  const aligned = stored.byteOffset % 4 === 0 ? stored : stored.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, bytesOfBitmap / 4);
}
