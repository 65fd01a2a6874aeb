import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SecretSlot } from './secret-slot.js';
import { AccountKeys } from './account-keys.js';
import { AccountRows } from './account-rows.js';
import { openDatabase, type Database } from './database.js';
import { diagnose } from './diagnosis.js';
import { EmbeddedCargo } from './embedded-cargo.js';
import { GroupCommit } from './group-commit.js';
import { KeyCache } from './key-cache.js';
import { KeyCustody } from './key-custody.js';
import { KeyWrapping } from './key-wrapping.js';
import type { PersonalDataKey } from './personal-data-key.js';
import type { RootKeys } from './root-keys.js';
import { endpointsText, refuseTwice, sealRow, type SealedRow } from './sealed-secret.js';
import { SealBroken } from './sealing.js';
import type { CarryingSecretStore, SecretCargo } from './secret-cargo.js';
import { SecretRows } from './secret-rows.js';
import {
  AccountShredded,
  SecretNotBoundToEndpoint,
  SecretNotFound,
  SecretUnreadable,
  type Diagnosis,
  type OnProgress,
  type Rewrapping,
  type SealedSecret,
  type SecretStoreStatus,
  type SecretToOpen,
  type SecretToSeal,
  type SweepOptions,
} from './secret-store.js';
import type { SecretValue } from './secret-value.js';
import { SlotDamaged, Slots } from './slots.js';
import { Sweep } from './sweep.js';
import { closed, Underway } from './underway.js';

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
}: EmbeddedSecretStoreOptions): Promise<CarryingSecretStore> {
  const { database, lock } = await openDatabase(directory);
  try {
    const slots = new Slots(database);
    const accounts = new AccountRows(database, slots);
    const wrapping = new KeyWrapping(rootKeys);
    const custody = new KeyCustody(database, slots, accounts, wrapping);
    await custody.check();
    // An earlier run may have ended between an erasure and the emptying of the log.
    await slots.emptyLog();
    const secrets = new SecretRows(database, slots);
    const keys = new AccountKeys(accounts, wrapping, new KeyCache(cachedKeys));
    const cargo = new EmbeddedCargo(database, slots, accounts, secrets, wrapping);
    return new EmbeddedSecretStore({ database, lock, slots, accounts, secrets, custody, keys, cargo, now });
  } catch (error) {
    database.close();
    lock.close();
    throw error;
  }
}

interface Parts {
  readonly database: Database;
  readonly lock: Database;
  readonly slots: Slots;
  readonly accounts: AccountRows;
  readonly secrets: SecretRows;
  readonly custody: KeyCustody;
  readonly keys: AccountKeys;
  readonly cargo: EmbeddedCargo;
  readonly now: () => Date;
}

class EmbeddedSecretStore implements CarryingSecretStore {
  readonly #writes: GroupCommit;
  readonly #underway = new Underway();

  constructor(private readonly parts: Parts) {
    this.#writes = new GroupCommit(parts.database);
  }

  put(account: string, secrets: readonly SecretToSeal[]): Promise<readonly SealedSecret[]> {
    return this.#whileOpen(async () => {
      const accountId = account.toLowerCase();
      refuseTwice(accountId, secrets);
      for (;;) {
        const sealed = await this.parts.keys.use(accountId, (key) => ({ keyId: key.id, rows: secrets.map((secret) => sealRow(key, accountId, secret)) }));
        const done = sealed === null ? await this.#putFirst(accountId, secrets) : await this.#putMore(accountId, sealed.keyId, sealed.rows);
        // Otherwise another key than the one sealed with is the account's: seal again.
        if (done !== null) return done.map(({ secretId, fingerprint }) => ({ secretId, fingerprint }));
      }
    });
  }

  fingerprint(account: string, slot: SecretSlot, value: SecretValue): Promise<string | null> {
    return this.#whileOpen(async () => {
      try {
        return await this.parts.keys.use(account.toLowerCase(), (key) => key.fingerprint(slot, value));
      } catch (error) {
        if (error instanceof AccountShredded) return null;
        throw error;
      }
    });
  }

  open(account: string, { secretId, slot, version, boundTo }: SecretToOpen): Promise<SecretValue> {
    return this.#whileOpen(async () => {
      const { keys, secrets } = this.parts;
      const accountId = account.toLowerCase();
      const row = secrets.find(accountId, secretId);
      if (row === undefined) throw new SecretNotFound(accountId, secretId);
      if (row.boundTo !== endpointsText(boundTo)) throw new SecretNotBoundToEndpoint(accountId, secretId);
      try {
        const value = await keys.use(accountId, (key) => key.open({ accountId, secretId, slot, version, boundTo }, secrets.sealedText(row)));
        if (value === null) throw new SecretUnreadable(accountId, null);
        return value;
      } catch (error) {
        if (error instanceof AccountShredded) throw new SecretNotFound(accountId, secretId);
        if (error instanceof SealBroken || error instanceof SlotDamaged) throw new SecretUnreadable(accountId, secretId, { cause: error });
        throw error;
      }
    });
  }

  listIds(account: string): Promise<ReadonlySet<string>> {
    return this.#whileOpen(async () => new Set(this.parts.secrets.ids(account.toLowerCase())));
  }

  retain(account: string, secretIds: readonly string[]): Promise<ReadonlySet<string>> {
    const { secrets, now } = this.parts;
    return this.#write(() => new Set(secretIds.filter((secretId) => secrets.startClock(account.toLowerCase(), secretId, now().getTime()))));
  }

  markSuperseded(account: string, secretIds: readonly string[], at: Date): Promise<void> {
    return this.#write(() => {
      for (const secretId of secretIds) this.parts.secrets.supersede(account.toLowerCase(), secretId, at.getTime());
    });
  }

  destroy(account: string, secretIds: readonly string[]): Promise<void> {
    return this.#erase(() => this.parts.secrets.delete(account.toLowerCase(), secretIds));
  }

  shred(account: string): Promise<void> {
    const { accounts, secrets, keys, now } = this.parts;
    const accountId = account.toLowerCase();
    return this.#erase(() => {
      secrets.deleteAll(accountId);
      accounts.shred(accountId, now().getTime());
      keys.forget(accountId);
    });
  }

  shredded(): Promise<ReadonlySet<string>> {
    return this.#whileOpen(async () => new Set(this.parts.accounts.shredded()));
  }

  usePersonalDataKey<Result>(account: string, { create }: { readonly create: boolean }, use: (key: PersonalDataKey) => Result): Promise<Result | null> {
    return this.#whileOpen(async () => {
      const accountId = account.toLowerCase();
      for (;;) {
        const used = await this.parts.keys.use(accountId, (key) => ({ result: use(key.personalDataKey()) }));
        if (used !== null) return used.result;
        if (!create) return null;
        await this.#putFirst(accountId, []);
      }
    });
  }

  sweep(options: SweepOptions): Promise<{ readonly deleted: number }> {
    const { database, slots } = this.parts;
    return this.#whileOpen(async () => {
      const swept = await new Sweep(database, slots, this.#writes, options, this.#pause).run();
      if (swept.deleted > 0) await slots.emptyLog();
      return swept;
    });
  }

  deriveKey(label: string): Promise<Buffer> {
    return this.#whileOpen(() => this.parts.custody.labelledKey(label, this.#writes));
  }

  status(): Promise<SecretStoreStatus> {
    const { accounts, secrets, custody } = this.parts;
    return this.#whileOpen(async () => ({ ...custody.usage(), ...accounts.counts(), secrets: secrets.count() }));
  }

  rewrapAll(onProgress?: OnProgress): Promise<Rewrapping> {
    const { custody, keys, slots } = this.parts;
    return this.#whileOpen(async () => {
      const rewrapping = await custody.rewrapAll(keys, this.#writes, this.#pause, onProgress);
      await slots.emptyLog();
      return rewrapping;
    });
  }

  doctor(onProgress?: OnProgress): Promise<Diagnosis> {
    return this.#whileOpen(() => diagnose(this.parts, this.#pause, onProgress));
  }

  async *unload(): AsyncGenerator<SecretCargo, void> {
    this.#underway.refuseIfClosed();
    yield* this.parts.cargo.unload(this.#pause);
  }

  load(cargo: SecretCargo): Promise<void> {
    if (cargo.kind === 'shreddedAccount') return this.shred(cargo.accountId);
    return this.#whileOpen(async () => {
      const { erased } = await this.parts.cargo.load(cargo, this.#writes);
      if (erased) await this.parts.slots.emptyLog();
    });
  }

  async close(): Promise<void> {
    if (this.#underway.isClosed) return;
    await this.#underway.close();
    this.#writes.end(closed());
    this.parts.keys.forgetAll();
    this.parts.database.close();
    this.parts.lock.close();
  }

  /** Makes the account's key and stores the rows sealed with it; null when another call made one first. */
  async #putFirst(accountId: string, toSeal: readonly SecretToSeal[]): Promise<readonly SealedRow[] | null> {
    const { accounts, secrets, keys, now } = this.parts;
    const { key, wrapped } = await keys.create(accountId);
    const rows = toSeal.map((secret) => sealRow(key, accountId, secret));
    try {
      const stored = await this.#writes.run(() => {
        if (accounts.find(accountId) !== null) return false;
        accounts.insert(accountId, key.id, wrapped);
        for (const row of rows) secrets.insert(accountId, row, now().getTime());
        keys.remember(accountId, key);
        return true;
      });
      if (stored) return rows;
      key.erase();
      return null;
    } catch (error) {
      keys.forget(accountId);
      key.erase();
      throw error;
    }
  }

  /** Stores the rows; null when the account's key is not the one that they were sealed with. */
  #putMore(accountId: string, keyId: string, rows: readonly SealedRow[]): Promise<readonly SealedRow[] | null> {
    const { accounts, secrets, keys, now } = this.parts;
    return this.#writes.run(() => {
      const account = accounts.find(accountId);
      if (account?.kind === 'shredded') throw new AccountShredded(accountId);
      if (account?.keyId !== keyId) {
        keys.forget(accountId);
        return null;
      }
      secrets.store(accountId, rows, now().getTime());
      return rows;
    });
  }

  /** Runs an erasure, then empties the log of what it held. */
  #erase(erasure: () => void): Promise<void> {
    return this.#whileOpen(async () => {
      await this.#writes.run(erasure);
      await this.parts.slots.emptyLog();
    });
  }

  #write<Result>(work: () => Result): Promise<Result> {
    return this.#whileOpen(() => this.#writes.run(work));
  }

  #whileOpen<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#underway.run(work);
  }

  readonly #pause = async (): Promise<void> => {
    await nextTurn();
    this.#underway.refuseIfClosed();
  };
}
