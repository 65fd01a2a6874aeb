import type { AccountKey } from './sealing.js';

/**
 * The most recently used accounts' keys in the clear. What leaves the cache is overwritten, and so must not be held across an await: use it at once.
 */
export class KeyCache {
  readonly #keys = new Map<string, AccountKey>();

  constructor(private readonly capacity: number) {}

  /** The account's key, which thereby is the most recently used one. */
  recent(accountId: string): AccountKey | undefined {
    const key = this.#keys.get(accountId);
    if (key === undefined) return undefined;
    this.#keys.delete(accountId);
    this.#keys.set(accountId, key);
    return key;
  }

  has(accountId: string): boolean {
    return this.#keys.has(accountId);
  }

  remember(accountId: string, key: AccountKey): void {
    this.forget(accountId);
    this.#keys.set(accountId, key);
    if (this.#keys.size <= this.capacity) return;
    const [oldest] = this.#keys.keys();
    if (oldest !== undefined) this.forget(oldest);
  }

  forget(accountId: string): void {
    this.#keys.get(accountId)?.erase();
    this.#keys.delete(accountId);
  }

  forgetAll(): void {
    for (const key of this.#keys.values()) key.erase();
    this.#keys.clear();
  }
}
