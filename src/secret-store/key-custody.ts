import { randomBytes } from 'node:crypto';
import type { AccountKeys } from './account-keys.js';
import { change, query, type Database } from './database.js';
import type { GroupCommit } from './group-commit.js';
import { RootKeyMissing, RootKeyWrong, UnwrapFailed, type RootKeys, type WrappedKey } from './root-keys.js';
import { SecretStoreUnavailable, SecretUnreadable, type OnProgress, type Rewrapping } from './secret-store.js';

const knownText = Buffer.from('postledger root key check 1');
const accountsAtOnce = 200;

interface WrappedRow {
  readonly rootKeyId: string;
  readonly wrappedKey: Uint8Array;
}

/** Which root key wraps what: checked at the start, counted, and changed by a rotation. */
export class KeyCustody {
  readonly #sql;

  constructor(
    database: Database,
    private readonly rootKeys: RootKeys,
  ) {
    const users = `SELECT root_key_id FROM account WHERE shredded_at IS NULL UNION ALL SELECT root_key_id FROM labelled_key`;
    this.#sql = {
      usage: query<{ rootKeyId: string; keys: number }>(
        database,
        `SELECT root_key_id AS rootKeyId, count(*) AS keys FROM (${users}) GROUP BY root_key_id ORDER BY root_key_id`,
      ),
      checks: query<WrappedRow>(database, 'SELECT root_key_id AS rootKeyId, wrapped_check AS wrappedKey FROM root_key'),
      insertCheck: change(database, 'INSERT INTO root_key (root_key_id, wrapped_check) VALUES (?, ?)'),
      labelled: query<WrappedRow>(database, 'SELECT root_key_id AS rootKeyId, wrapped_key AS wrappedKey FROM labelled_key WHERE label = ?'),
      insertLabelled: change(database, 'INSERT INTO labelled_key (label, root_key_id, wrapped_key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
      oldLabels: query<{ label: string }>(database, 'SELECT label FROM labelled_key WHERE root_key_id <> ? ORDER BY label'),
      rewrapLabelled: change(database, 'UPDATE labelled_key SET root_key_id = ?, wrapped_key = ? WHERE label = ?'),
      oldAccounts: query<{ accountId: string }>(
        database,
        `SELECT account_id AS accountId FROM account WHERE account_id > ? AND shredded_at IS NULL AND root_key_id <> ? ORDER BY account_id LIMIT ${accountsAtOnce}`,
      ),
      rewrapAccount: change(database, 'UPDATE account SET root_key_id = ?, wrapped_key = ? WHERE account_id = ? AND key_id = ? AND shredded_at IS NULL'),
    };
  }

  /**
   * Makes sure that the configured root keys are those that the store was written with, and leaves a mark of a new active one.
   * @throws {RootKeyMissing} @throws {RootKeyWrong} Nothing was changed.
   */
  async check(): Promise<void> {
    const checks = new Map(this.#sql.checks.all().map((row) => [row.rootKeyId, wrapped(row)]));
    for (const rootKeyId of this.usage().wrappedKeys.keys()) {
      if (!this.rootKeys.keyIds.has(rootKeyId)) throw new RootKeyMissing(rootKeyId);
      if (!checks.has(rootKeyId)) throw new RootKeyWrong(rootKeyId);
    }
    for (const [rootKeyId, check] of checks) {
      if (this.rootKeys.keyIds.has(rootKeyId) && !(await this.#isRight(check))) throw new RootKeyWrong(rootKeyId);
    }
    const active = this.rootKeys.activeKeyId;
    if (!checks.has(active)) this.#sql.insertCheck(active, (await this.rootKeys.wrap(knownText, checkContext(active))).bytes);
  }

  usage(): { readonly activeRootKeyId: string; readonly wrappedKeys: ReadonlyMap<string, number> } {
    const rows = this.#sql.usage.all();
    return { activeRootKeyId: this.rootKeys.activeKeyId, wrappedKeys: new Map(rows.map(({ rootKeyId, keys }) => [rootKeyId, keys])) };
  }

  /** The key of this label; made and stored on first use. */
  async labelledKey(label: string, writes: GroupCommit): Promise<Buffer> {
    if (this.#labelled(label) === null) {
      const bytes = randomBytes(32);
      const { rootKeyId, bytes: wrappedKey } = await this.rootKeys.wrap(bytes, labelContext(label));
      bytes.fill(0);
      await writes.run(() => this.#sql.insertLabelled(label, rootKeyId, wrappedKey));
    }
    // Read back in any case: of two first calls, one made the key.
    const stored = this.#labelled(label);
    if (stored === null) throw new SecretStoreUnavailable(`The key "${label}" was stored and is gone.`);
    return this.#unwrapLabelled(label, stored);
  }

  /** Wraps anew what another root key than the active one wraps, a few at a time. `pause` lets others run in between, and throws when the work must end. */
  async rewrapAll(accounts: AccountKeys, writes: GroupCommit, pause: () => Promise<void>, onProgress?: OnProgress): Promise<Rewrapping> {
    const active = this.rootKeys.activeKeyId;
    const total = [...this.usage().wrappedKeys].reduce((sum, [rootKeyId, keys]) => (rootKeyId === active ? sum : sum + keys), 0);
    const failedAccounts: string[] = [];
    let rewrapped = 0;

    for (const { label } of this.#sql.oldLabels.all(active)) {
      const stored = this.#labelled(label);
      if (stored === null) continue;
      const bytes = await this.#unwrapLabelled(label, stored);
      const anew = await this.rootKeys.wrap(bytes, labelContext(label));
      bytes.fill(0);
      await writes.run(() => this.#sql.rewrapLabelled(anew.rootKeyId, anew.bytes, label));
      onProgress?.(++rewrapped, total);
    }

    for (let after = ''; ;) {
      const page = this.#sql.oldAccounts.all(after, active);
      const last = page.at(-1);
      if (last === undefined) return { rewrapped, failedAccounts };
      const anew = await Promise.all(page.map(({ accountId }) => this.#rewrapAccount(accountId, accounts)));
      rewrapped += await writes.run(() => anew.filter((key) => key !== null && this.#store(key)).length);
      failedAccounts.push(...page.filter((_, index) => anew[index] === null).map(({ accountId }) => accountId));
      onProgress?.(rewrapped + failedAccounts.length, Math.max(total, rewrapped + failedAccounts.length));
      after = last.accountId;
      await pause();
    }
  }

  async #rewrapAccount(accountId: string, accounts: AccountKeys): Promise<RewrappedAccount | null> {
    const stored = accounts.stored(accountId);
    if (stored?.kind !== 'present') return null;
    try {
      return { accountId, keyId: stored.keyId, wrapped: await accounts.rewrap(accountId, stored) };
    } catch (error) {
      if (error instanceof SecretUnreadable) return null;
      throw error;
    }
  }

  /** False when the account was shredded meanwhile. */
  #store({ accountId, keyId, wrapped }: RewrappedAccount): boolean {
    return this.#sql.rewrapAccount(wrapped.rootKeyId, wrapped.bytes, accountId, keyId) === 1;
  }

  #labelled(label: string): WrappedKey | null {
    const row = this.#sql.labelled.get(label);
    return row === undefined ? null : wrapped(row);
  }

  async #unwrapLabelled(label: string, stored: WrappedKey): Promise<Buffer> {
    try {
      return await this.rootKeys.unwrap(stored, labelContext(label));
    } catch (error) {
      if (!(error instanceof UnwrapFailed)) throw error;
      throw new SecretStoreUnavailable(`The stored key "${label}" was altered. Restore the secret store from a backup.`, { cause: error });
    }
  }

  async #isRight(check: WrappedKey): Promise<boolean> {
    try {
      return (await this.rootKeys.unwrap(check, checkContext(check.rootKeyId))).equals(knownText);
    } catch (error) {
      if (error instanceof UnwrapFailed) return false;
      throw error;
    }
  }
}

interface RewrappedAccount {
  readonly accountId: string;
  readonly keyId: string;
  readonly wrapped: WrappedKey;
}

function wrapped({ rootKeyId, wrappedKey }: WrappedRow): WrappedKey {
  return { rootKeyId, bytes: Buffer.from(wrappedKey) };
}

function checkContext(rootKeyId: string): string {
  return `root-key-check ${rootKeyId}`;
}

function labelContext(label: string): string {
  return `labelled-key ${label}`;
}
