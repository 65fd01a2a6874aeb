/** Reads batches one by one, and can see so many items ahead of the one that is next. */
export class LookAhead<Item> {
  readonly #batches: AsyncIterator<readonly Item[]> | Iterator<readonly Item[]>;
  #items: readonly Item[] = [];
  #at = 0;
  #isAtEnd = false;

  constructor(batches: AsyncIterable<readonly Item[]> | Iterable<readonly Item[]>) {
    this.#batches = Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  }

  /** The next one, where it was read already; undefined: {@link ahead} has to be asked, or the end is reached. */
  get next(): Item | undefined {
    return this.#items[this.#at];
  }

  skip(count = 1): void {
    this.#at += count;
  }

  /** The next ones, so many of them if there are. */
  async ahead(count: number): Promise<readonly Item[]> {
    while (!this.#isAtEnd && this.#items.length - this.#at < count) {
      const read = await this.#batches.next();
      if (read.done === true) this.#isAtEnd = true;
      else {
        this.#items = this.#at === this.#items.length ? read.value : [...this.#items.slice(this.#at), ...read.value];
        this.#at = 0;
      }
    }
    return this.#items.slice(this.#at, this.#at + count);
  }

  /** Ends what gives the batches, which may hold files. */
  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}
