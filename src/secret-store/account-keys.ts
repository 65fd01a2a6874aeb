import { query, type Database } from './database.js';
import { UnwrapFailed, type RootKeys, type WrappedKey } from './root-keys.js';
import { AccountKey } from './sealing.js';
import { AccountShredded, SecretUnreadable } from './secret-store.js';
import { SlotDamaged, type Slots } from './slots.js';

export interface PresentAccount {
  readonly kind: 'present';
  readonly keyId: string;
  readonly rootKeyId: string;
  /** Holds the account's key, wrapped by the root key. */
  readonly slotId: number;
}

/** An account's row. */
export type StoredAccount = PresentAccount | { readonly kind: 'shredded' };

type AccountRow = { readonly keyId: string; readonly rootKeyId: string; readonly slotId: number; readonly shreddedAt: null } | { readonly shreddedAt: number };

/**
 * The accounts' keys: wrapped in the database, in the clear for the most recently used accounts only. What leaves the cache is overwritten, and so must not be
 * held across an await: {@link use} hands it to a function that runs at once.
 */
export class AccountKeys {
  readonly #cache = new Map<string, AccountKey>();
  readonly #select;

  constructor(
    database: Database,
    private readonly slots: Slots,
    private readonly rootKeys: RootKeys,
    private readonly capacity: number,
  ) {
    this.#select = query<AccountRow>(
      database,
      'SELECT key_id AS keyId, root_key_id AS rootKeyId, key_slot AS slotId, shredded_at AS shreddedAt FROM account WHERE account_id = ?',
    );
  }

  stored(accountId: string): StoredAccount | null {
    const row = this.#select.get(accountId);
    if (row === undefined) return null;
    if (row.shreddedAt !== null) return { kind: 'shredded' };
    return { kind: 'present', keyId: row.keyId, rootKeyId: row.rootKeyId, slotId: row.slotId };
  }

  /**
   * Calls `use` with the account's key; answers null when the account has none.
   * @throws {AccountShredded}
   * @throws {SecretUnreadable} the stored key was altered.
   */
  async use<Result>(accountId: string, use: (key: AccountKey) => Result): Promise<Result | null> {
    for (;;) {
      const cached = this.#recent(accountId);
      if (cached) return use(cached);

      const stored = this.stored(accountId);
      if (stored === null) return null;
      if (stored.kind === 'shredded') throw new AccountShredded(accountId);
      const key = new AccountKey(stored.keyId, await this.#unwrap(accountId, stored));
      // While a key service answered, the account may have been shredded, or another call may have been quicker.
      if (this.stored(accountId)?.kind === 'present' && !this.#cache.has(accountId)) this.remember(accountId, key);
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

  async #unwrap(accountId: string, { keyId, rootKeyId, slotId }: PresentAccount): Promise<Buffer> {
    try {
      return await this.rootKeys.unwrap({ rootKeyId, bytes: this.slots.read(slotId) }, wrappingContext(accountId, keyId));
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
