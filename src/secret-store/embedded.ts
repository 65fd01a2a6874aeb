import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SecretSlot } from '../domain/email-account/settings.js';
import { AccountKeys } from './account-keys.js';
import { change, openDatabase, query, type Database } from './database.js';
import { GroupCommit } from './group-commit.js';
import { KeyCustody } from './key-custody.js';
import type { RootKeys } from './root-keys.js';
import { type AccountKey, SealBroken } from './sealing.js';
import {
  AccountShredded,
  SecretIdReused,
  SecretNotBoundToEndpoint,
  SecretNotFound,
  SecretStoreUnavailable,
  SecretUnreadable,
  type Diagnosis,
  type OnProgress,
  type Rewrapping,
  type SealedSecret,
  type SecretStore,
  type SecretStoreStatus,
  type SecretToOpen,
  type SecretToSeal,
  type SweepOptions,
  type UnreadableSecret,
} from './secret-store.js';
import type { SecretValue } from './secret-value.js';
import { SlotDamaged, Slots } from './slots.js';
import { Sweep } from './sweep.js';

export interface EmbeddedSecretStoreOptions {
  /** The data directory; the store is `secrets.db` in it, for one process at a time. */
  readonly directory: string;
  readonly rootKeys: RootKeys;
  /** How many accounts' keys stay in memory in the clear. Default 10,000. */
  readonly cachedKeys?: number;
  /** The clock, for tests. */
  readonly now?: () => Date;
}

/**
 * Opens the secret store on SQLite.
 * @throws {RootKeyMissing} @throws {RootKeyWrong} the stored keys need a root key that is not configured, or another one of its id. Nothing is changed.
 * @throws {SecretStoreUnavailable} another process has it open, or its file is none of ours.
 */
export async function openEmbeddedSecretStore({
  directory,
  rootKeys,
  cachedKeys = 10_000,
  now = () => new Date(),
}: EmbeddedSecretStoreOptions): Promise<SecretStore> {
  const database = await openDatabase(directory);
  try {
    const slots = new Slots(database);
    const custody = new KeyCustody(database, slots, rootKeys);
    await custody.check();
    // An earlier run may have ended between an erasure and the emptying of the log.
    slots.emptyLog();
    return new EmbeddedSecretStore(database, slots, new AccountKeys(database, slots, rootKeys, cachedKeys), custody, now);
  } catch (error) {
    database.close();
    throw error;
  }
}

interface SealedRow {
  readonly secretId: string;
  readonly slot: SecretSlot;
  readonly version: number;
  readonly boundTo: string;
  readonly sealed: string;
  readonly fingerprint: string;
}

interface StoredRow extends Omit<SealedRow, 'sealed'> {
  readonly accountId: string;
  readonly sealedSlot: number;
}

class EmbeddedSecretStore implements SecretStore {
  readonly #writes: GroupCommit;
  readonly #sql;
  readonly #underway = new Set<Promise<unknown>>();
  #closed = false;

  constructor(
    private readonly database: Database,
    private readonly slots: Slots,
    private readonly keys: AccountKeys,
    private readonly custody: KeyCustody,
    private readonly now: () => Date,
  ) {
    this.#writes = new GroupCommit(database);
    this.#sql = prepareStatements(database);
  }

  async put(account: string, secrets: readonly SecretToSeal[]): Promise<readonly SealedSecret[]> {
    const accountId = this.#accountId(account);
    const twice = secrets.find(({ secretId }, index) => secrets.findIndex((other) => other.secretId === secretId) !== index);
    if (twice) throw new SecretIdReused(accountId, twice.secretId);

    for (;;) {
      const sealed = await this.keys.use(accountId, (key) => ({ keyId: key.id, rows: secrets.map((secret) => sealRow(key, accountId, secret)) }));
      const done = sealed === null ? await this.#putFirst(accountId, secrets) : await this.#putMore(accountId, sealed.keyId, sealed.rows);
      // Otherwise another key than the one sealed with is the account's: seal again.
      if (done !== null) return done.map(({ secretId, fingerprint }) => ({ secretId, fingerprint }));
    }
  }

  async fingerprint(account: string, slot: SecretSlot, value: SecretValue): Promise<string | null> {
    const accountId = this.#accountId(account);
    try {
      return await this.keys.use(accountId, (key) => key.fingerprint(slot, value));
    } catch (error) {
      if (error instanceof AccountShredded) return null;
      throw error;
    }
  }

  async open(account: string, { secretId, slot, version, boundTo }: SecretToOpen): Promise<SecretValue> {
    const accountId = this.#accountId(account);
    const row = this.#sql.secret.get(accountId, secretId);
    if (row === undefined) throw new SecretNotFound(accountId, secretId);
    if (row.boundTo !== JSON.stringify(boundTo)) throw new SecretNotBoundToEndpoint(accountId, secretId);
    try {
      const value = await this.keys.use(accountId, (key) => key.open({ accountId, secretId, slot, version, boundTo }, this.#sealed(row)));
      if (value === null) throw new SecretUnreadable(accountId, null);
      return value;
    } catch (error) {
      if (error instanceof AccountShredded) throw new SecretNotFound(accountId, secretId);
      if (error instanceof SealBroken || error instanceof SlotDamaged) throw new SecretUnreadable(accountId, secretId, { cause: error });
      throw error;
    }
  }

  async listIds(account: string): Promise<ReadonlySet<string>> {
    const rows = this.#sql.ids.all(this.#accountId(account));
    return new Set(rows.map(({ secretId }) => secretId));
  }

  retain(account: string, secretIds: readonly string[]): Promise<ReadonlySet<string>> {
    const accountId = this.#accountId(account);
    const now = this.now().getTime();
    return this.#writes.run(() => new Set(secretIds.filter((secretId) => this.#sql.retain(now, accountId, secretId) === 1)));
  }

  markSuperseded(account: string, secretIds: readonly string[], at: Date): Promise<void> {
    const accountId = this.#accountId(account);
    return this.#writes.run(() => {
      for (const secretId of secretIds) this.#sql.supersede(at.getTime(), accountId, secretId);
    });
  }

  destroy(account: string, secretIds: readonly string[]): Promise<void> {
    const accountId = this.#accountId(account);
    return this.#erase(() => {
      for (const secretId of secretIds) this.#eraseSlots(this.#sql.delete.all(accountId, secretId));
    });
  }

  shred(account: string): Promise<void> {
    const accountId = this.#accountId(account);
    return this.#erase(() => {
      const stored = this.keys.stored(accountId);
      if (stored?.kind === 'shredded') return;
      this.#eraseSlots(this.#sql.deleteAll.all(accountId));
      if (stored?.kind === 'present') this.slots.erase(stored.slotId);
      this.#sql.shred(accountId, this.now().getTime());
      this.keys.forget(accountId);
    });
  }

  sweep(options: SweepOptions): Promise<{ readonly deleted: number }> {
    return this.#long(async () => {
      const swept = await new Sweep(this.database, this.slots, this.#writes, options, this.#pause).run();
      if (swept.deleted > 0) this.slots.emptyLog();
      return swept;
    });
  }

  async deriveKey(label: string): Promise<Buffer> {
    this.#refuseClosed();
    return this.custody.labelledKey(label, this.#writes);
  }

  async status(): Promise<SecretStoreStatus> {
    this.#refuseClosed();
    return { ...this.custody.usage(), ...this.#counts() };
  }

  rewrapAll(onProgress?: OnProgress): Promise<Rewrapping> {
    return this.#long(async () => {
      const rewrapping = await this.custody.rewrapAll(this.keys, this.#writes, this.#pause, onProgress);
      this.slots.emptyLog();
      return rewrapping;
    });
  }

  doctor(onProgress?: OnProgress): Promise<Diagnosis> {
    return this.#long(async () => {
      const total = this.#counts().secrets;
      const unreadable: UnreadableSecret[] = [];
      let checked = 0;
      for (let after = { accountId: '', secretId: '' }; ;) {
        const page = this.#sql.page.all(after.accountId, after.secretId, 100);
        const last = page.at(-1);
        if (last === undefined) return { checked, unreadable };
        for (const row of page) if (!(await this.#opens(row))) unreadable.push({ accountId: row.accountId, secretId: row.secretId });
        checked += page.length;
        after = last;
        onProgress?.(checked, Math.max(total, checked));
        await this.#pause();
      }
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#underway);
    this.#writes.end(new SecretStoreUnavailable('The secret store is closed.'));
    this.keys.forgetAll();
    this.database.close();
  }

  /** Makes the account's key and stores the rows sealed with it; null when another call made one first. */
  async #putFirst(accountId: string, secrets: readonly SecretToSeal[]): Promise<readonly SealedRow[] | null> {
    const { key, wrapped } = await this.keys.create(accountId);
    const rows = secrets.map((secret) => sealRow(key, accountId, secret));
    const stored = this.#writes.run(() => {
      if (this.keys.stored(accountId) !== null) return false;
      this.#sql.insertAccount(accountId, key.id, wrapped.rootKeyId, this.slots.add(wrapped.bytes));
      for (const row of rows) this.#insert(accountId, row);
      this.keys.remember(accountId, key);
      return true;
    });
    try {
      if (await stored) return rows;
      key.erase();
      return null;
    } catch (error) {
      this.keys.forget(accountId);
      key.erase();
      throw error;
    }
  }

  /** Stores the rows; null when the account's key is not the one that they were sealed with. */
  #putMore(accountId: string, keyId: string, rows: readonly SealedRow[]): Promise<readonly SealedRow[] | null> {
    return this.#writes.run(() => {
      const stored = this.keys.stored(accountId);
      if (stored?.kind === 'shredded') throw new AccountShredded(accountId);
      if (stored?.keyId !== keyId) {
        this.keys.forget(accountId);
        return null;
      }
      const known = new Set(rows.filter((row) => this.#isStored(accountId, row)));
      for (const row of rows) {
        if (known.has(row)) this.#sql.renewClock(this.now().getTime(), accountId, row.secretId);
        else this.#insert(accountId, row);
      }
      return rows;
    });
  }

  #insert(accountId: string, row: SealedRow): void {
    this.#sql.insert(
      accountId,
      row.secretId,
      row.slot,
      row.version,
      row.boundTo,
      this.slots.add(Buffer.from(row.sealed)),
      row.fingerprint,
      this.now().getTime(),
    );
  }

  #isStored(accountId: string, row: SealedRow): boolean {
    const stored = this.#sql.secret.get(accountId, row.secretId);
    if (stored === undefined) return false;
    if (stored.slot !== row.slot || stored.version !== row.version || stored.boundTo !== row.boundTo || stored.fingerprint !== row.fingerprint)
      throw new SecretIdReused(accountId, row.secretId);
    return true;
  }

  /** Runs an erasure, then empties the log of what it held. */
  #erase(erasure: () => void): Promise<void> {
    return this.#long(async () => {
      await this.#writes.run(erasure);
      this.slots.emptyLog();
    });
  }

  #eraseSlots(rows: readonly { readonly sealedSlot: number }[]): void {
    for (const { sealedSlot } of rows) this.slots.erase(sealedSlot);
  }

  #sealed({ sealedSlot }: StoredRow): string {
    return this.slots.read(sealedSlot).toString();
  }

  #counts() {
    return this.#sql.counts.get() ?? { accounts: 0, secrets: 0, shreddedAccounts: 0 };
  }

  async #opens(row: StoredRow): Promise<boolean> {
    try {
      const place = { ...row, boundTo: parseEndpoints(row.boundTo) };
      const value = await this.keys.use(row.accountId, (key) => key.open(place, this.#sealed(row)));
      value?.erase();
      return value !== null;
    } catch (error) {
      if (error instanceof AccountShredded) return true;
      if (error instanceof SealBroken || error instanceof SlotDamaged || error instanceof SecretUnreadable) return false;
      throw error;
    }
  }

  /** Work of more than one turn: closing waits for it, and it ends at its next pause. */
  #long<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#refuseClosed();
    const result = work();
    this.#underway.add(result);
    return result.finally(() => this.#underway.delete(result));
  }

  readonly #pause = async (): Promise<void> => {
    await nextTurn();
    this.#refuseClosed();
  };

  #accountId(account: string): string {
    this.#refuseClosed();
    return account.toLowerCase();
  }

  #refuseClosed(): void {
    if (this.#closed) throw new SecretStoreUnavailable('The secret store is closed.');
  }
}

function sealRow(key: AccountKey, accountId: string, { secretId, slot, version, boundTo, value }: SecretToSeal): SealedRow {
  const sealed = key.seal({ accountId, secretId, slot, version, boundTo }, value);
  return { secretId, slot, version, boundTo: JSON.stringify(boundTo), sealed, fingerprint: key.fingerprint(slot, value) };
}

function parseEndpoints(text: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed) && parsed.every((endpoint) => typeof endpoint === 'string')) return parsed;
  } catch (error) {
    throw new SealBroken('Its list of endpoints was altered.', { cause: error });
  }
  throw new SealBroken('Its list of endpoints was altered.');
}

function prepareStatements(database: Database) {
  const row = 'account_id AS accountId, secret_id AS secretId, slot, version, bound_to AS boundTo, sealed_slot AS sealedSlot, fingerprint';
  return {
    secret: query<StoredRow>(database, `SELECT ${row} FROM secret WHERE account_id = ? AND secret_id = ?`),
    page: query<StoredRow>(database, `SELECT ${row} FROM secret WHERE (account_id, secret_id) > (?, ?) ORDER BY account_id, secret_id LIMIT ?`),
    ids: query<{ secretId: string }>(database, 'SELECT secret_id AS secretId FROM secret WHERE account_id = ?'),
    insertAccount: change(database, 'INSERT INTO account (account_id, key_id, root_key_id, key_slot) VALUES (?, ?, ?, ?)'),
    insert: change(
      database,
      'INSERT INTO secret (account_id, secret_id, slot, version, bound_to, sealed_slot, fingerprint, looked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    renewClock: change(database, 'UPDATE secret SET looked_at = ? WHERE account_id = ? AND secret_id = ?'),
    retain: change(database, 'UPDATE secret SET looked_at = ?, was_current = 0, superseded_at = NULL WHERE account_id = ? AND secret_id = ?'),
    supersede: change(database, 'UPDATE secret SET superseded_at = ? WHERE account_id = ? AND secret_id = ?'),
    delete: query<{ sealedSlot: number }>(database, 'DELETE FROM secret WHERE account_id = ? AND secret_id = ? RETURNING sealed_slot AS sealedSlot'),
    deleteAll: query<{ sealedSlot: number }>(database, 'DELETE FROM secret WHERE account_id = ? RETURNING sealed_slot AS sealedSlot'),
    shred: change(
      database,
      `
      INSERT INTO account (account_id, shredded_at) VALUES (?, ?) ON CONFLICT (account_id) DO UPDATE
      SET key_id = NULL, root_key_id = NULL, key_slot = NULL, shredded_at = excluded.shredded_at`,
    ),
    counts: query<Pick<SecretStoreStatus, 'accounts' | 'secrets' | 'shreddedAccounts'>>(
      database,
      `
      SELECT (SELECT count(*) FROM account WHERE shredded_at IS NULL) AS accounts, (SELECT count(*) FROM secret) AS secrets,
             (SELECT count(*) FROM account WHERE shredded_at IS NOT NULL) AS shreddedAccounts`,
    ),
  };
}
