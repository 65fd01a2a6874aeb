import { change, query, type Database } from './database.js';
import type { WrappedKey } from './root-keys.js';
import { slotContents, type Slots } from './slots.js';

export interface PresentAccount {
  readonly kind: 'present';
  readonly keyId: string;
  readonly rootKeyId: string;
  /** Holds the account's key, wrapped by the root key. */
  readonly slotId: number;
}

export type StoredAccount = PresentAccount | { readonly kind: 'shredded' };

type AccountRow = { readonly keyId: string; readonly rootKeyId: string; readonly slotId: number; readonly shreddedAt: null } | { readonly shreddedAt: number };

type KeyedRow = AccountRow & { readonly slotBytes: Uint8Array | null };

/** The accounts as rows: each one's wrapped key, or that it was shredded. Changes belong inside a transaction. */
export class AccountRows {
  readonly #sql;
  #shreds = 0;

  constructor(
    database: Database,
    private readonly slots: Slots,
  ) {
    const shredded = 'key_id = NULL, root_key_id = NULL, key_slot = NULL, shredded_at = excluded.shredded_at';
    this.#sql = {
      withKey: query<KeyedRow>(
        database,
        `SELECT key_id AS keyId, root_key_id AS rootKeyId, key_slot AS slotId, shredded_at AS shreddedAt, bytes AS slotBytes
         FROM account LEFT JOIN slot ON slot_id = key_slot WHERE account_id = ?`,
      ),
      find: query<AccountRow>(
        database,
        'SELECT key_id AS keyId, root_key_id AS rootKeyId, key_slot AS slotId, shredded_at AS shreddedAt FROM account WHERE account_id = ?',
      ),
      underOthers: query<{ accountId: string }>(
        database,
        'SELECT account_id AS accountId FROM account WHERE account_id > ? AND shredded_at IS NULL AND root_key_id <> ? ORDER BY account_id LIMIT ?',
      ),
      present: query<{ accountId: string }>(
        database,
        'SELECT account_id AS accountId FROM account WHERE account_id > ? AND shredded_at IS NULL ORDER BY account_id LIMIT ?',
      ),
      counts: query<{ accounts: number; shreddedAccounts: number }>(
        database,
        'SELECT count(*) FILTER (WHERE shredded_at IS NULL) AS accounts, count(*) FILTER (WHERE shredded_at IS NOT NULL) AS shreddedAccounts FROM account',
      ),
      shredded: query<{ accountId: string }>(database, 'SELECT account_id AS accountId FROM account WHERE shredded_at IS NOT NULL'),
      insert: change(database, 'INSERT INTO account (account_id, key_id, root_key_id, key_slot) VALUES (?, ?, ?, ?)'),
      rewrap: change(database, 'UPDATE account SET root_key_id = ?, key_slot = ? WHERE account_id = ?'),
      shred: change(database, `INSERT INTO account (account_id, shredded_at) VALUES (?, ?) ON CONFLICT (account_id) DO UPDATE SET ${shredded}`),
    };
  }

  find(accountId: string): StoredAccount | null {
    const row = this.#sql.find.get(accountId);
    if (row === undefined) return null;
    return row.shreddedAt === null ? { kind: 'present', keyId: row.keyId, rootKeyId: row.rootKeyId, slotId: row.slotId } : { kind: 'shredded' };
  }

  /** As {@link find}, with the key that the account has: null where its slot is gone. */
  findWithKey(accountId: string): { readonly account: StoredAccount; readonly wrapped: WrappedKey | null } | null {
    const row = this.#sql.withKey.get(accountId);
    if (row === undefined) return null;
    if (row.shreddedAt !== null) return { account: { kind: 'shredded' }, wrapped: null };
    const { keyId, rootKeyId, slotId, slotBytes } = row;
    return { account: { kind: 'present', keyId, rootKeyId, slotId }, wrapped: slotBytes && { rootKeyId, bytes: slotContents(slotBytes) } };
  }

  /** @throws {SlotDamaged} */
  wrappedKey({ rootKeyId, slotId }: PresentAccount): WrappedKey {
    return { rootKeyId, bytes: this.slots.read(slotId) };
  }

  /** The next accounts, by id, whose key another root key than this one wraps. */
  underOthers(rootKeyId: string, after: string, count: number): string[] {
    return this.#sql.underOthers.all(after, rootKeyId, count).map(({ accountId }) => accountId);
  }

  /** The next accounts that have a key, by id. */
  present(after: string, count: number): string[] {
    return this.#sql.present.all(after, count).map(({ accountId }) => accountId);
  }

  shredded(): string[] {
    return this.#sql.shredded.all().map(({ accountId }) => accountId);
  }

  counts(): { readonly accounts: number; readonly shreddedAccounts: number } {
    return this.#sql.counts.get() ?? { accounts: 0, shreddedAccounts: 0 };
  }

  insert(accountId: string, keyId: string, { rootKeyId, bytes }: WrappedKey): void {
    this.#sql.insert(accountId, keyId, rootKeyId, this.slots.add(bytes));
  }

  rewrap(accountId: string, { slotId }: PresentAccount, { rootKeyId, bytes }: WrappedKey): void {
    this.#sql.rewrap(rootKeyId, this.slots.replace(slotId, bytes), accountId);
  }

  /** How many accounts were shredded since the store was opened: while it stays the same, nobody was. */
  get shreds(): number {
    return this.#shreds;
  }

  /** Erases the account's key, if it has one, and keeps its id from being used again. */
  shred(accountId: string, now: number): void {
    const account = this.find(accountId);
    if (account?.kind === 'shredded') return;
    this.#shreds++;
    if (account !== null) this.slots.erase(account.slotId);
    this.#sql.shred(accountId, now);
  }
}
