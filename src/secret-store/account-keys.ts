import type { AccountRows, PresentAccount } from './account-rows.js';
import type { KeyCache } from './key-cache.js';
import type { KeyWrapping, NewAccountKey } from './key-wrapping.js';
import { UnwrapFailed, type WrappedKey } from './root-keys.js';
import type { AccountKey } from './sealing.js';
import { AccountShredded, SecretUnreadable } from './secret-store.js';
import { SlotDamaged } from './slots.js';

/** The accounts' keys: wrapped in the database, in the clear for the most recently used accounts only. {@link use} hands one to a function that runs at once. */
export class AccountKeys {
  constructor(
    private readonly rows: AccountRows,
    private readonly wrapping: KeyWrapping,
    private readonly cache: KeyCache,
  ) {}

  /**
   * Calls `use` with the account's key; answers null when the account has none.
   * @throws {AccountShredded}
   * @throws {SecretUnreadable} the stored key was altered.
   */
  async use<Result>(accountId: string, use: (key: AccountKey) => Result): Promise<Result | null> {
    for (;;) {
      const cached = this.cache.recent(accountId);
      if (cached) return use(cached);

      const stored = this.rows.findWithKey(accountId);
      if (stored === null) return null;
      const { account, wrapped } = stored;
      if (account.kind === 'shredded') throw new AccountShredded(accountId);
      if (wrapped === null) throw new SecretUnreadable(accountId, null, { cause: new SlotDamaged(account.slotId) });
      const { shreds } = this.rows;
      const key = await readable(accountId, () => this.wrapping.accountKey(accountId, account.keyId, wrapped));
      // While a key service answered, the account may have been shredded, or another call may have been quicker.
      const isThere = shreds === this.rows.shreds || this.rows.find(accountId)?.kind === 'present';
      if (isThere && !this.cache.has(accountId)) {
        this.remember(accountId, key);
        return use(key);
      }
      key.erase();
    }
  }

  /** A new key for an account that has none, with its wrapped form to store. */
  create(accountId: string): Promise<NewAccountKey> {
    return this.wrapping.newAccountKey(accountId);
  }

  /** Wraps a stored key anew under the active root key. */
  rewrap(accountId: string, stored: PresentAccount): Promise<WrappedKey> {
    return readable(accountId, () => this.wrapping.rewrapAccountKey(accountId, stored.keyId, this.rows.wrappedKey(stored)));
  }

  remember(accountId: string, key: AccountKey): void {
    this.cache.remember(accountId, key);
  }

  forget(accountId: string): void {
    this.cache.forget(accountId);
  }

  forgetAll(): void {
    this.cache.forgetAll();
  }
}

/** @throws {SecretUnreadable} in place of a key that does not unwrap. */
async function readable<Result>(accountId: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnwrapFailed || error instanceof SlotDamaged) throw new SecretUnreadable(accountId, null, { cause: error });
    throw error;
  }
}
