import type { AccountRows } from './account-rows.js';
import { accountKeyUnderActive, labelledKeyToStore } from './cargo-keys.js';
import { change, query, type Database } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { KeyWrapping } from './key-wrapping.js';
import { refuseOtherAccount, refuseOtherSecret, type CarriedSecret, type SecretCargo } from './secret-cargo.js';
import type { SecretRows } from './secret-rows.js';
import { SecretStoreUnavailable, SecretUnreadable } from './secret-store.js';
import { SlotDamaged, type Slots } from './slots.js';

const accountsAtOnce = 200;

interface StoredAccount {
  readonly accountId: string;
  /** Null for an account that was shredded, as are the others then. */
  readonly keyId: string | null;
  readonly rootKeyId: string | null;
  readonly slotId: number | null;
}

type StoredSecret = Omit<CarriedSecret, 'sealed' | 'wasCurrent'> & { readonly wasCurrent: 0 | 1; readonly sealedSlot: number };

/** What the embedded store hands over to another one, and takes over from it. */
export class EmbeddedCargo {
  readonly #sql;

  constructor(
    database: Database,
    private readonly slots: Slots,
    private readonly accounts: AccountRows,
    private readonly secrets: SecretRows,
    private readonly wrapping: KeyWrapping,
  ) {
    this.#sql = {
      accounts: query<StoredAccount>(
        database,
        'SELECT account_id AS accountId, key_id AS keyId, root_key_id AS rootKeyId, key_slot AS slotId FROM account WHERE account_id > ? ORDER BY account_id LIMIT ?',
      ),
      secrets: query<StoredSecret>(
        database,
        `
        SELECT secret_id AS secretId, slot, version, bound_to AS boundTo, fingerprint, sealed_slot AS sealedSlot,
               looked_at AS lookedAt, was_current AS wasCurrent, superseded_at AS supersededAt
        FROM secret WHERE account_id = ? ORDER BY secret_id`,
      ),
      labels: query<{ label: string; rootKeyId: string; slotId: number }>(
        database,
        'SELECT label, root_key_id AS rootKeyId, key_slot AS slotId FROM labelled_key ORDER BY label',
      ),
      insertLabel: change(database, 'INSERT INTO labelled_key (label, root_key_id, key_slot) VALUES (?, ?, ?)'),
      setClock: change(database, 'UPDATE secret SET looked_at = ?, was_current = ?, superseded_at = ? WHERE account_id = ? AND secret_id = ?'),
    };
  }

  /** `pause` lets others run between two pages, and throws when the walk must end. */
  async *unload(pause: () => Promise<void>): AsyncGenerator<SecretCargo, void> {
    for (const { label, rootKeyId, slotId } of this.#sql.labels.all())
      yield { kind: 'labelledKey', label, wrapped: { rootKeyId, bytes: readable(null, null, () => this.slots.read(slotId)) } };

    for (let after = ''; ;) {
      const page = this.#sql.accounts.all(after, accountsAtOnce);
      const last = page.at(-1);
      if (last === undefined) return;
      for (const account of page) yield this.#account(account);
      after = last.accountId;
      await pause();
    }
  }

  /** Answers whether bytes were erased that the write-ahead log may still hold. */
  async load(cargo: Exclude<SecretCargo, { kind: 'shreddedAccount' }>, writes: GroupCommit): Promise<{ readonly erased: boolean }> {
    if (cargo.kind === 'labelledKey') return this.#loadLabelledKey(cargo, writes);
    const wrapped = await accountKeyUnderActive(this.wrapping, cargo.accountId, cargo.keyId, cargo.wrapped);
    return writes.run(() => ({ erased: this.#write({ ...cargo, wrapped }) }));
  }

  #account({ accountId, keyId, rootKeyId, slotId }: StoredAccount): SecretCargo {
    if (keyId === null || rootKeyId === null || slotId === null) return { kind: 'shreddedAccount', accountId };
    const wrapped = { rootKeyId, bytes: readable(accountId, null, () => this.slots.read(slotId)) };
    return { kind: 'account', accountId, keyId, wrapped, secrets: this.#secretsOf(accountId) };
  }

  #secretsOf(accountId: string): readonly CarriedSecret[] {
    return this.#sql.secrets.all(accountId).map(({ sealedSlot, wasCurrent, ...secret }) => {
      const sealed = readable(accountId, secret.secretId, () => this.slots.read(sealedSlot).toString());
      return { ...secret, wasCurrent: wasCurrent === 1, sealed };
    });
  }

  async #loadLabelledKey(cargo: Extract<SecretCargo, { kind: 'labelledKey' }>, writes: GroupCommit): Promise<{ readonly erased: boolean }> {
    const stored = this.#sql.labels.all().find(({ label }) => label === cargo.label);
    const wrapped = await labelledKeyToStore(this.wrapping, cargo, stored ? { rootKeyId: stored.rootKeyId, bytes: this.slots.read(stored.slotId) } : null);
    if (wrapped !== null) await writes.run(() => this.#sql.insertLabel(cargo.label, wrapped.rootKeyId, this.slots.add(wrapped.bytes)));
    return { erased: false };
  }

  /** All that refuses comes before the first change. */
  #write(cargo: Extract<SecretCargo, { kind: 'account' }>): boolean {
    const { accountId, keyId, wrapped, secrets } = cargo;
    const account = this.accounts.find(accountId);
    refuseOtherAccount(cargo, account);
    const stored = new Map(this.#secretsOf(accountId).map((secret) => [secret.secretId, secret]));
    for (const secret of secrets) refuseOtherSecret(accountId, secret, stored.get(secret.secretId));

    if (account === null) this.accounts.insert(accountId, keyId, wrapped);
    const kept = new Set(secrets.map(({ secretId }) => secretId));
    const outdated = secrets.filter((secret) => isOutdated(stored.get(secret.secretId), secret));
    const erased = [...[...stored.keys()].filter((secretId) => !kept.has(secretId)), ...outdated.map(({ secretId }) => secretId)];
    this.secrets.delete(accountId, erased);
    for (const secret of secrets) {
      const { secretId, lookedAt, wasCurrent, supersededAt } = secret;
      if (!stored.has(secretId) || erased.includes(secretId)) this.secrets.insert(accountId, secret, lookedAt);
      this.#sql.setClock(lookedAt, wasCurrent ? 1 : 0, supersededAt, accountId, secretId);
    }
    return erased.length > 0;
  }
}

function isOutdated(stored: CarriedSecret | undefined, { sealed, version, boundTo }: CarriedSecret): boolean {
  return stored !== undefined && (stored.sealed !== sealed || stored.version !== version || stored.boundTo !== boundTo);
}

/** @throws {SecretUnreadable} @throws {SecretStoreUnavailable} in place of a slot that is damaged. */
function readable<Result>(accountId: string | null, secretId: string | null, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SlotDamaged)) throw error;
    if (accountId === null) throw new SecretStoreUnavailable(error.message, { cause: error });
    throw new SecretUnreadable(accountId, secretId, { cause: error });
  }
}
