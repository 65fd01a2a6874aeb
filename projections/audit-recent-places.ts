const mostBytes = 8 * 2 ** 20;
const bytesBeside = 100; // what an entry takes beside its places

/** What was read of written blocks lately, up to some megabytes: whoever turns pages asks for the same terms again. */
export class RecentPlaces {
  readonly #places = new Map<string, Map<number, Uint8Array>>();
  #bytes = 0;

  get(block: number, name: string): Uint8Array | undefined {
    return this.#places.get(name)?.get(block);
  }

  /** @returns the places. */
  set(block: number, name: string, places: Uint8Array): Uint8Array {
    const blocks = this.#places.get(name) ?? new Map<number, Uint8Array>();
    // What was read last is forgotten last, all blocks of a name at once.
    this.#places.delete(name);
    this.#places.set(name, blocks.set(block, places));
    this.#bytes += places.length + bytesBeside;
    while (this.#bytes > mostBytes && this.#places.size > 1) this.#forgetOldest();
    return places;
  }

  clear(): void {
    this.#places.clear();
    this.#bytes = 0;
  }

  #forgetOldest(): void {
    const oldest = this.#places.entries().next();
    if (oldest.done === true) return;
    const [name, blocks] = oldest.value;
    this.#places.delete(name);
    for (const places of blocks.values()) this.#bytes -= places.length + bytesBeside;
  }
}
