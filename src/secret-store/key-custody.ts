import type { AccountKeys } from './account-keys.js';
import type { AccountRows } from './account-rows.js';
import { change, query, type Database } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { KeyWrapping } from './key-wrapping.js';
import { RootKeyMissing, RootKeyWrong, UnwrapFailed, type RootKeys, type WrappedKey } from './root-keys.js';
import { SecretStoreUnavailable, SecretUnreadable, type OnProgress, type Rewrapping } from './secret-store.js';
import type { Slots } from './slots.js';

const accountsAtOnce = 200;

interface LabelledRow {
  readonly rootKeyId: string;
  readonly slotId: number;
}

/** Which root key wraps what: checked at the start, counted, and changed by a rotation. */
export class KeyCustody {
  readonly #sql;
  private readonly rootKeys: RootKeys;

  constructor(
    database: Database,
    private readonly slots: Slots,
    private readonly accounts: AccountRows,
    private readonly wrapping: KeyWrapping,
  ) {
    this.rootKeys = wrapping.rootKeys;
    const users = `SELECT root_key_id FROM account WHERE shredded_at IS NULL UNION ALL SELECT root_key_id FROM labelled_key`;
    this.#sql = {
      usage: query<{ rootKeyId: string; keys: number }>(
        database,
        `SELECT root_key_id AS rootKeyId, count(*) AS keys FROM (${users}) GROUP BY root_key_id ORDER BY root_key_id`,
      ),
      checks: query<{ rootKeyId: string; wrappedCheck: Uint8Array }>(database, 'SELECT root_key_id AS rootKeyId, wrapped_check AS wrappedCheck FROM root_key'),
      insertCheck: change(database, 'INSERT INTO root_key (root_key_id, wrapped_check) VALUES (?, ?)'),
      labelled: query<LabelledRow>(database, 'SELECT root_key_id AS rootKeyId, key_slot AS slotId FROM labelled_key WHERE label = ?'),
      insertLabelled: change(database, 'INSERT INTO labelled_key (label, root_key_id, key_slot) VALUES (?, ?, ?)'),
      oldLabels: query<{ label: string }>(database, 'SELECT label FROM labelled_key WHERE root_key_id <> ? ORDER BY label'),
      rewrapLabelled: change(database, 'UPDATE labelled_key SET root_key_id = ?, key_slot = ? WHERE label = ?'),
    };
  }

  /**
   * Makes sure that the configured root keys are those that the store was written with, and leaves a mark of a new active one.
   * @throws {RootKeyMissing} @throws {RootKeyWrong} Nothing was changed.
   */
  async check(): Promise<void> {
    const checks = new Map(this.#sql.checks.all().map(({ rootKeyId, wrappedCheck }) => [rootKeyId, { rootKeyId, bytes: Buffer.from(wrappedCheck) }]));
    for (const rootKeyId of this.usage().wrappedKeys.keys()) {
      if (!this.rootKeys.keyIds.has(rootKeyId)) throw new RootKeyMissing(rootKeyId);
      if (!checks.has(rootKeyId)) throw new RootKeyWrong(rootKeyId);
    }
    for (const [rootKeyId, check] of checks) {
      if (this.rootKeys.keyIds.has(rootKeyId) && !(await this.wrapping.isRight(check))) throw new RootKeyWrong(rootKeyId);
    }
    const active = this.rootKeys.activeKeyId;
    if (!checks.has(active)) this.#sql.insertCheck(active, (await this.wrapping.check()).bytes);
  }

  usage(): { readonly activeRootKeyId: string; readonly wrappedKeys: ReadonlyMap<string, number> } {
    const rows = this.#sql.usage.all();
    return { activeRootKeyId: this.rootKeys.activeKeyId, wrappedKeys: new Map(rows.map(({ rootKeyId, keys }) => [rootKeyId, keys])) };
  }

  /** The key of this label; made and stored on first use. */
  async labelledKey(label: string, writes: GroupCommit): Promise<Buffer> {
    if (this.#sql.labelled.get(label) === undefined) {
      const wrapped = await this.wrapping.newLabelledKey(label);
      await writes.run(() => {
        if (this.#sql.labelled.get(label) === undefined) this.#sql.insertLabelled(label, wrapped.rootKeyId, this.slots.add(wrapped.bytes));
      });
    }
    return this.#readLabelled(label, (key) => this.wrapping.labelledKey(label, key));
  }

  /** Wraps anew what another root key than the active one wraps, a few at a time. `pause` lets others run in between, and throws when the work must end. */
  async rewrapAll(keys: AccountKeys, writes: GroupCommit, pause: () => Promise<void>, onProgress?: OnProgress): Promise<Rewrapping> {
    const active = this.rootKeys.activeKeyId;
    const total = [...this.usage().wrappedKeys].reduce((sum, [rootKeyId, keys]) => (rootKeyId === active ? sum : sum + keys), 0);
    const failedAccounts: string[] = [];
    let rewrapped = 0;

    for (const { label } of this.#sql.oldLabels.all(active)) {
      const wrapped = await this.#readLabelled(label, (key) => this.wrapping.rewrapLabelledKey(label, key));
      await writes.run(() => this.#sql.rewrapLabelled(wrapped.rootKeyId, this.slots.replace(this.#labelled(label).slotId, wrapped.bytes), label));
      onProgress?.(++rewrapped, total);
    }

    for (let after = ''; ;) {
      const page = this.accounts.underOthers(active, after, accountsAtOnce);
      const last = page.at(-1);
      if (last === undefined) return { rewrapped, failedAccounts };
      const anew = await Promise.all(page.map((accountId) => this.#rewrapAccount(accountId, keys)));
      rewrapped += await writes.run(() => anew.filter((key) => key !== 'failed' && key !== 'gone' && this.#store(key)).length);
      failedAccounts.push(...page.filter((_, index) => anew[index] === 'failed'));
      onProgress?.(rewrapped + failedAccounts.length, Math.max(total, rewrapped + failedAccounts.length));
      after = last;
      await pause();
    }
  }

  async #rewrapAccount(accountId: string, keys: AccountKeys): Promise<RewrappedAccount | 'failed' | 'gone'> {
    const stored = this.accounts.find(accountId);
    if (stored?.kind !== 'present') return 'gone';
    try {
      return { accountId, keyId: stored.keyId, wrapped: await keys.rewrap(accountId, stored) };
    } catch (error) {
      if (error instanceof SecretUnreadable) return 'failed';
      throw error;
    }
  }

  /** False when the account was shredded meanwhile. */
  #store({ accountId, keyId, wrapped }: RewrappedAccount): boolean {
    const stored = this.accounts.find(accountId);
    if (stored?.kind !== 'present' || stored.keyId !== keyId) return false;
    this.accounts.rewrap(accountId, stored, wrapped);
    return true;
  }

  #labelled(label: string): LabelledRow {
    const row = this.#sql.labelled.get(label);
    if (row === undefined) throw new SecretStoreUnavailable(`The key "${label}" was stored and is gone. Restore the secret store from a backup.`);
    return row;
  }

  async #readLabelled<Result>(label: string, read: (wrapped: WrappedKey) => Promise<Result>): Promise<Result> {
    const { rootKeyId, slotId } = this.#labelled(label);
    try {
      return await read({ rootKeyId, bytes: this.slots.read(slotId) });
    } catch (error) {
      if (!(error instanceof UnwrapFailed)) throw error;
      throw new SecretStoreUnavailable(`The stored key "${label}" was altered. Restore the secret store from a backup.`, { cause: error });
    }
  }
}

interface RewrappedAccount {
  readonly accountId: string;
  readonly keyId: string;
  readonly wrapped: WrappedKey;
}
