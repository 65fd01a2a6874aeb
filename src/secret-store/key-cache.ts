import type { AccountKey } from './sealing.js';

/**
 * The most recently used accounts' keys in the clear. What leaves the cache is overwritten, and so must not be held across an await: use it at once.
 *
 * It is kept in two halves: what is used moves to the younger one, and when that is full the other one goes as a whole. A single map in the order of use would be slower by far: a key that is
 * taken out and put back again and again leaves a trail in it that each look has to follow.
 */
export class KeyCache {
  readonly #half: number;
  #younger = new Map<string, AccountKey>();
  #older = new Map<string, AccountKey>();

  /** @param capacity 2 or more. */
  constructor(capacity: number) {
    this.#half = Math.floor(capacity / 2);
  }

  /** The account's key, which thereby is a recently used one. */
  recent(accountId: string): AccountKey | undefined {
    const young = this.#younger.get(accountId);
    if (young !== undefined) return young;
    const old = this.#older.get(accountId);
    if (old === undefined) return undefined;
    this.#older.delete(accountId);
    this.#keep(accountId, old);
    return old;
  }

  has(accountId: string): boolean {
    return this.#younger.has(accountId) || this.#older.has(accountId);
  }

  remember(accountId: string, key: AccountKey): void {
    this.forget(accountId);
    this.#keep(accountId, key);
  }

  forget(accountId: string): void {
    for (const half of [this.#younger, this.#older]) {
      half.get(accountId)?.erase();
      half.delete(accountId);
    }
  }

  forgetAll(): void {
    for (const half of [this.#younger, this.#older]) {
      for (const key of half.values()) key.erase();
      half.clear();
    }
  }

  #keep(accountId: string, key: AccountKey): void {
    if (this.#younger.size >= this.#half) {
      for (const old of this.#older.values()) old.erase();
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(accountId, key);
  }
}
