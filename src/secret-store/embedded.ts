import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SecretSlot } from '../domain/email-account/settings.js';
import { AccountKeys } from './account-keys.js';
import { change, openDatabase, query, type Database } from './database.js';
import { GroupCommit } from './group-commit.js';
import { KeyCustody } from './key-custody.js';
import { Remnants } from './remnants.js';
import type { RootKeys, WrappedKey } from './root-keys.js';
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
  let remnants: Remnants | undefined;
  try {
    const custody = new KeyCustody(database, rootKeys);
    await custody.check();
    remnants = await Remnants.of(database, join(directory, 'secrets.db'));
    const store = new EmbeddedSecretStore(database, new AccountKeys(database, rootKeys, cachedKeys), custody, remnants, now);
    await store.finishErasures();
    return store;
  } catch (error) {
    database.close();
    await remnants?.close();
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

interface StoredRow extends SealedRow {
  readonly accountId: string;
}

class EmbeddedSecretStore implements SecretStore {
  readonly #writes: GroupCommit;
  readonly #sql;
  readonly #underway = new Set<Promise<unknown>>();
  #closed = false;

  constructor(
    private readonly database: Database,
    private readonly keys: AccountKeys,
    private readonly custody: KeyCustody,
    private readonly remnants: Remnants,
    private readonly now: () => Date,
  ) {
    this.#writes = new GroupCommit(database);
    this.#sql = prepareStatements(database);
  }

  /** Makes up for an erasure that an earlier run did not finish. */
  async finishErasures(): Promise<void> {
    const pending = this.#sql.pendingErasures.get()?.pending ?? 0;
    if (pending === 0) return;
    await this.remnants.rewrite();
    await this.#writes.run(() => void this.#sql.erasuresDone(pending));
  }

  async put(account: string, secrets: readonly SecretToSeal[]): Promise<readonly SealedSecret[]> {
    const accountId = this.#accountId(account);
    const twice = secrets.find(({ secretId }, index) => secrets.findIndex((other) => other.secretId === secretId) !== index);
    if (twice) throw new SecretIdReused(accountId, twice.secretId);

    const sealAll = (key: AccountKey) => ({ keyId: key.id, rows: secrets.map((secret) => sealRow(key, accountId, secret)) });
    for (;;) {
      const sealed = await this.keys.use(accountId, sealAll);
      if (sealed !== null) {
        if (await this.#writes.run(() => this.#store(accountId, sealed.keyId, null, sealed.rows))) return answer(sealed.rows);
        this.keys.forget(accountId);
        continue;
      }

      const { key, wrapped } = await this.keys.create(accountId);
      const { rows } = sealAll(key);
      if (await this.#writes.run(() => this.#store(accountId, key.id, wrapped, rows))) {
        if (this.keys.stored(accountId)?.kind === 'present') this.keys.remember(accountId, key);
        return answer(rows);
      }
      // Another put made the account's key first: seal again with that one.
      key.erase();
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
      const value = await this.keys.use(accountId, (key) => key.open({ accountId, secretId, slot, version, boundTo }, row.sealed));
      if (value === null) throw new SecretUnreadable(accountId, null);
      return value;
    } catch (error) {
      if (error instanceof AccountShredded) throw new SecretNotFound(accountId, secretId);
      if (error instanceof SealBroken) throw new SecretUnreadable(accountId, secretId, { cause: error });
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
    return this.#erase(() =>
      secretIds.flatMap((secretId) => {
        const row = this.#sql.secret.get(accountId, secretId);
        if (row === undefined) return [];
        this.#sql.delete(accountId, secretId);
        return [Buffer.from(row.sealed)];
      }),
    );
  }

  shred(account: string): Promise<void> {
    const accountId = this.#accountId(account);
    return this.#erase(() => {
      const stored = this.keys.stored(accountId);
      const rows = this.#sql.sealedOf.all(accountId);
      this.#sql.deleteAll(accountId);
      this.#sql.shred(accountId, this.now().getTime());
      this.keys.forget(accountId);
      return [...(stored?.kind === 'present' ? [stored.wrapped.bytes] : []), ...rows.map(({ sealed }) => Buffer.from(sealed))];
    });
  }

  sweep(options: SweepOptions): Promise<{ readonly deleted: number }> {
    return this.#long(() => new Sweep(this.database, this.#writes, options, this.#pause).run());
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
      await this.#writes.run(() => void this.#sql.erasurePending());
      const rewrapping = await this.custody.rewrapAll(this.keys, this.#writes, this.#pause, onProgress);
      // Copies of the keys as the old root key wrapped them must not outlive it; there are too many to search for.
      if (rewrapping.rewrapped > 0) await this.remnants.rewrite();
      await this.#writes.run(() => void this.#sql.erasuresDone(1));
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
    await this.remnants.close();
  }

  /** Stores the rows; false when they were sealed with a key that is not the account's. Refuses before it writes. */
  #store(accountId: string, keyId: string, newKey: WrappedKey | null, rows: readonly SealedRow[]): boolean {
    const stored = this.keys.stored(accountId);
    if (stored?.kind === 'shredded') throw new AccountShredded(accountId);
    if (stored !== null ? stored.keyId !== keyId : newKey === null) return false;

    const known = new Set(stored === null ? [] : rows.filter((row) => this.#isStored(accountId, row)));
    const now = this.now().getTime();
    if (newKey !== null && stored === null) this.#sql.insertAccount(accountId, keyId, newKey.rootKeyId, newKey.bytes);
    for (const row of rows) {
      if (known.has(row)) this.#sql.renewClock(now, accountId, row.secretId);
      else this.#sql.insert(accountId, row.secretId, row.slot, row.version, row.boundTo, row.sealed, row.fingerprint, now);
    }
    return true;
  }

  #isStored(accountId: string, row: SealedRow): boolean {
    const stored = this.#sql.secret.get(accountId, row.secretId);
    if (stored === undefined) return false;
    if (stored.slot !== row.slot || stored.version !== row.version || stored.boundTo !== row.boundTo || stored.fingerprint !== row.fingerprint)
      throw new SecretIdReused(accountId, row.secretId);
    return true;
  }

  /** Runs a deletion that answers with the bytes it deleted, then makes sure that they are in no file. A crash in between is made up for at the next start. */
  #erase(deletion: () => readonly Buffer[]): Promise<void> {
    return this.#long(async () => {
      const erased = await this.#writes.run(() => {
        const bytes = deletion();
        this.#sql.erasurePending();
        return bytes;
      });
      await this.remnants.remove(erased);
      await this.#writes.run(() => void this.#sql.erasuresDone(1));
    });
  }

  #counts() {
    return this.#sql.counts.get() ?? { accounts: 0, secrets: 0, shreddedAccounts: 0 };
  }

  async #opens({ accountId, secretId, slot, version, boundTo, sealed }: StoredRow): Promise<boolean> {
    try {
      const place = { accountId, secretId, slot, version, boundTo: parseEndpoints(boundTo) };
      const value = await this.keys.use(accountId, (key) => key.open(place, sealed));
      value?.erase();
      return value !== null;
    } catch (error) {
      if (error instanceof AccountShredded) return true;
      if (error instanceof SealBroken || error instanceof SecretUnreadable) return false;
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

function answer(rows: readonly SealedRow[]): readonly SealedSecret[] {
  return rows.map(({ secretId, fingerprint }) => ({ secretId, fingerprint }));
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
  const row = 'account_id AS accountId, secret_id AS secretId, slot, version, bound_to AS boundTo, sealed, fingerprint';
  return {
    secret: query<StoredRow>(database, `SELECT ${row} FROM secret WHERE account_id = ? AND secret_id = ?`),
    page: query<StoredRow>(database, `SELECT ${row} FROM secret WHERE (account_id, secret_id) > (?, ?) ORDER BY account_id, secret_id LIMIT ?`),
    ids: query<{ secretId: string }>(database, 'SELECT secret_id AS secretId FROM secret WHERE account_id = ?'),
    sealedOf: query<{ sealed: string }>(database, 'SELECT sealed FROM secret WHERE account_id = ?'),
    insertAccount: change(database, 'INSERT INTO account (account_id, key_id, root_key_id, wrapped_key) VALUES (?, ?, ?, ?)'),
    insert: change(
      database,
      'INSERT INTO secret (account_id, secret_id, slot, version, bound_to, sealed, fingerprint, looked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    renewClock: change(database, 'UPDATE secret SET looked_at = ? WHERE account_id = ? AND secret_id = ?'),
    retain: change(database, 'UPDATE secret SET looked_at = ?, was_current = 0, superseded_at = NULL WHERE account_id = ? AND secret_id = ?'),
    supersede: change(database, 'UPDATE secret SET superseded_at = ? WHERE account_id = ? AND secret_id = ?'),
    delete: change(database, 'DELETE FROM secret WHERE account_id = ? AND secret_id = ?'),
    deleteAll: change(database, 'DELETE FROM secret WHERE account_id = ?'),
    shred: change(
      database,
      `
      INSERT INTO account (account_id, shredded_at) VALUES (?, ?) ON CONFLICT (account_id) DO UPDATE
      SET key_id = NULL, root_key_id = NULL, wrapped_key = NULL, shredded_at = excluded.shredded_at WHERE shredded_at IS NULL`,
    ),
    counts: query<Pick<SecretStoreStatus, 'accounts' | 'secrets' | 'shreddedAccounts'>>(
      database,
      `
      SELECT (SELECT count(*) FROM account WHERE shredded_at IS NULL) AS accounts, (SELECT count(*) FROM secret) AS secrets,
             (SELECT count(*) FROM account WHERE shredded_at IS NOT NULL) AS shreddedAccounts`,
    ),
    erasurePending: change(database, 'UPDATE erasure SET pending = pending + 1'),
    erasuresDone: change(database, 'UPDATE erasure SET pending = pending - ?'),
    pendingErasures: query<{ pending: number }>(database, 'SELECT pending FROM erasure'),
  };
}
