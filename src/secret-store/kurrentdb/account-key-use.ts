import type { KeyCache } from '../key-cache.js';
import type { KeyWrapping } from '../key-wrapping.js';
import { UnwrapFailed } from '../root-keys.js';
import type { AccountKey } from '../sealing.js';
import { SecretUnreadable } from '../secret-store.js';
import { wrappedKeyOf, type PresentAccount } from './account-record.js';

/** Accounts' keys in the clear, each used only under a record that was just read: what another node erased opens nothing here, cached or not. */
export class AccountKeyUse {
  constructor(
    private readonly wrapping: KeyWrapping,
    private readonly cache: KeyCache,
  ) {}

  /** Calls `use` with the key of this record. @throws {SecretUnreadable} the stored key was altered. */
  async use<Result>(accountId: string, record: PresentAccount, use: (key: AccountKey) => Result): Promise<Result> {
    const cached = this.cache.recent(accountId);
    if (cached?.id === record.keyId) return use(cached);
    const key = await this.#unwrapped(accountId, () => this.wrapping.accountKey(accountId, record.keyId, wrappedKeyOf(record)));
    try {
      return use(key);
    } finally {
      this.cache.remember(accountId, key);
    }
  }

  /** The record with its key wrapped by the active root key. @throws {SecretUnreadable} */
  async rewrapped(accountId: string, record: PresentAccount): Promise<PresentAccount> {
    const { rootKeyId, bytes } = await this.#unwrapped(accountId, () => this.wrapping.rewrapAccountKey(accountId, record.keyId, wrappedKeyOf(record)));
    return { ...record, rootKeyId, wrappedKey: bytes.toString('base64') };
  }

  async #unwrapped<Result>(accountId: string, unwrap: () => Promise<Result>): Promise<Result> {
    try {
      return await unwrap();
    } catch (error) {
      if (!(error instanceof UnwrapFailed)) throw error;
      throw new SecretUnreadable(accountId, null, { cause: error });
    }
  }
}
