import type { AccountRows, PresentAccount } from './account-rows.js';
import { UnwrapFailed, type RootKeys, type WrappedKey } from './root-keys.js';
import { AccountKey } from './sealing.js';
import { AccountShredded, SecretUnreadable } from './secret-store.js';
import { SlotDamaged } from './slots.js';

/**
 * The accounts' keys: wrapped in the database, in the clear for the most recently used accounts only. What leaves the cache is overwritten, and so must not be
 * held across an await: {@link use} hands it to a function that runs at once.
 */
export class AccountKeys {
  readonly #cache = new Map<string, AccountKey>();

  constructor(
    private readonly rows: AccountRows,
    private readonly rootKeys: RootKeys,
    private readonly capacity: number,
  ) {}

  /**
   * Calls `use` with the account's key; answers null when the account has none.
   * @throws {AccountShredded}
   * @throws {SecretUnreadable} the stored key was altered.
   */
  async use<Result>(accountId: string, use: (key: AccountKey) => Result): Promise<Result | null> {
    for (;;) {
      const cached = this.#recent(accountId);
      if (cached) return use(cached);

      const stored = this.rows.find(accountId);
      if (stored === null) return null;
      if (stored.kind === 'shredded') throw new AccountShredded(accountId);
      const key = new AccountKey(stored.keyId, await this.#unwrap(accountId, stored));
      // While a key service answered, the account may have been shredded, or another call may have been quicker.
      if (this.rows.find(accountId)?.kind === 'present' && !this.#cache.has(accountId)) this.remember(accountId, key);
      else key.erase();
    }
  }

  /** A new key for an account that has none, with its wrapped form to store. */
  async create(accountId: string): Promise<{ readonly key: AccountKey; readonly wrapped: WrappedKey }> {
    const key = AccountKey.random();
    const bytes = key.bytes();
    const wrapped = await this.rootKeys.wrap(bytes, wrappingContext(accountId, key.id));
    bytes.fill(0);
    return { key, wrapped };
  }

  /** Wraps a stored key anew under the active root key. */
  async rewrap(accountId: string, stored: PresentAccount): Promise<WrappedKey> {
    const bytes = await this.#unwrap(accountId, stored);
    const wrapped = await this.rootKeys.wrap(bytes, wrappingContext(accountId, stored.keyId));
    bytes.fill(0);
    return wrapped;
  }

  remember(accountId: string, key: AccountKey): void {
    this.forget(accountId);
    this.#cache.set(accountId, key);
    if (this.#cache.size <= this.capacity) return;
    const [oldest] = this.#cache.keys();
    if (oldest !== undefined) this.forget(oldest);
  }

  forget(accountId: string): void {
    this.#cache.get(accountId)?.erase();
    this.#cache.delete(accountId);
  }

  forgetAll(): void {
    for (const key of this.#cache.values()) key.erase();
    this.#cache.clear();
  }

  #recent(accountId: string): AccountKey | undefined {
    const key = this.#cache.get(accountId);
    if (key === undefined) return undefined;
    this.#cache.delete(accountId);
    this.#cache.set(accountId, key);
    return key;
  }

  async #unwrap(accountId: string, account: PresentAccount): Promise<Buffer> {
    try {
      return await this.rootKeys.unwrap(this.rows.wrappedKey(account), wrappingContext(accountId, account.keyId));
    } catch (error) {
      if (error instanceof UnwrapFailed || error instanceof SlotDamaged) throw new SecretUnreadable(accountId, null, { cause: error });
      throw error;
    }
  }
}

/** Ties the wrapped key to its account: put into another account's row, it does not unwrap. */
function wrappingContext(accountId: string, keyId: string): string {
  return `account-key ${keyId} ${accountId}`;
}
