import type { SecretSlot } from './secret-slot.js';
import { StoreUnavailable } from '../event-store/event-store.js';
import type { KurrentDbLog } from '../event-store/kurrentdb.js';
import { KeyCache } from './key-cache.js';
import { KeyWrapping } from './key-wrapping.js';
import { AccountKeyUse } from './kurrentdb/account-key-use.js';
import { withoutSecrets, type PresentAccount } from './kurrentdb/account-record.js';
import { Accounts, presentRecord, type StoredAccount } from './kurrentdb/accounts.js';
import { Cargo } from './kurrentdb/cargo.js';
import { Documents } from './kurrentdb/documents.js';
import { ErasureLedger, type Erasure } from './kurrentdb/erasure-ledger.js';
import { IndexOfAccounts } from './kurrentdb/index-of-accounts.js';
import { LabelledKeys } from './kurrentdb/labelled-keys.js';
import { RootKeyRegister } from './kurrentdb/root-key-register.js';
import { SealedTexts } from './kurrentdb/sealed-texts.js';
import { secretStreams } from './kurrentdb/streams.js';
import { Puts, type PutParts } from './kurrentdb/puts.js';
import { Turns } from './kurrentdb/turns.js';
import { Walks, type Walked } from './kurrentdb/walks.js';
import type { PersonalDataKey } from './personal-data-key.js';
import type { RootKeys } from './root-keys.js';
import type { CarryingSecretStore, SecretCargo } from './secret-cargo.js';
import { endpointsText } from './sealed-secret.js';
import { SealBroken } from './sealing.js';
import {
  SecretNotBoundToEndpoint,
  SecretNotFound,
  SecretStoreUnavailable,
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
import { Underway } from './underway.js';

export interface KurrentDbSecretStoreOptions {
  /** The event store's own connection, which stays open when the secret store closes. */
  readonly log: KurrentDbLog;
  /** The same on every node. */
  readonly rootKeys: RootKeys;
  /** How many accounts' keys stay in memory in the clear. Default 10,000. */
  readonly cachedKeys?: number;
  /** Letters and digits that set the store apart from others in the same cluster. Default: none. */
  readonly apart?: string;
  /** The clock, for tests. */
  readonly now?: () => Date;
}

export interface KurrentDbSecretStore extends CarryingSecretStore {
  /** What was erased and may still be in the servers' files, as no server is known to have scavenged it. Oldest first. */
  pendingErasures(): Promise<readonly Erasure[]>;
}

/**
 * Opens the secret store in the streams of a KurrentDB cluster, for any number of nodes at once.
 * @throws {RootKeyMissing} @throws {RootKeyWrong} the stored keys need a root key that is not configured, or another one of its id. Nothing is changed.
 * @throws {SecretStoreUnavailable} the event store does not answer, or refuses the login.
 */
export async function openKurrentDbSecretStore({
  log,
  rootKeys,
  cachedKeys = 10_000,
  apart = '',
  now = () => new Date(),
}: KurrentDbSecretStoreOptions): Promise<KurrentDbSecretStore> {
  const streams = secretStreams(apart);
  const documents = new Documents(log);
  const ledger = new ErasureLedger(log, streams);
  const wrapping = new KeyWrapping(rootKeys);
  const cache = new KeyCache(cachedKeys);
  const index = new IndexOfAccounts(log, streams, (accountId) => cache.forget(accountId));
  const parts: Parts = {
    accounts: new Accounts(documents, ledger, streams),
    texts: new SealedTexts(documents),
    labels: new LabelledKeys(documents, wrapping, streams),
    keys: new AccountKeyUse(wrapping, cache),
    ledger,
    index,
    wrapping,
    cache,
    streams,
    now,
    register: new RootKeyRegister(documents, wrapping, index, streams),
  };
  await told(() => parts.register.check());
  return new StoreInStreams(parts);
}

interface Parts extends Walked, PutParts {
  readonly cache: KeyCache;
}

class StoreInStreams implements KurrentDbSecretStore {
  readonly #underway = new Underway();
  readonly #turns = new Turns();
  readonly #puts: Puts;
  readonly #walks: Walks;
  readonly #cargo: Cargo;

  constructor(private readonly parts: Parts) {
    this.#puts = new Puts(parts);
    this.#cargo = new Cargo(parts, parts.wrapping, parts.streams);
    this.#walks = new Walks(parts, () => this.#underway.refuseIfClosed());
  }

  put(account: string, secrets: readonly SecretToSeal[]): Promise<readonly SealedSecret[]> {
    const accountId = account.toLowerCase();
    return this.#inTurn(accountId, () => this.#puts.put(accountId, secrets));
  }

  fingerprint(account: string, slot: SecretSlot, value: SecretValue): Promise<string | null> {
    return this.#whileOpen(async () => {
      const accountId = account.toLowerCase();
      const stored = await this.#load(accountId);
      return stored.kind === 'present' ? this.parts.keys.use(accountId, stored.record, (key) => key.fingerprint(slot, value)) : null;
    });
  }

  open(account: string, { secretId, slot, version, boundTo }: SecretToOpen): Promise<SecretValue> {
    return this.#whileOpen(async () => {
      const accountId = account.toLowerCase();
      const stored = await this.#load(accountId);
      const secret = stored.kind === 'present' ? stored.record.secrets.find((kept) => kept.secretId === secretId) : undefined;
      const text = secret && (await this.parts.texts.read(secret.stream));
      if (stored.kind !== 'present' || !text) throw new SecretNotFound(accountId, secretId);
      if (text.boundTo !== endpointsText(boundTo)) throw new SecretNotBoundToEndpoint(accountId, secretId);
      try {
        return await this.parts.keys.use(accountId, stored.record, (key) => key.open({ accountId, secretId, slot, version, boundTo }, text.sealed));
      } catch (error) {
        if (error instanceof SealBroken) throw new SecretUnreadable(accountId, secretId, { cause: error });
        throw error;
      }
    });
  }

  listIds(account: string): Promise<ReadonlySet<string>> {
    return this.#whileOpen(async () => {
      const stored = await this.#load(account.toLowerCase());
      return new Set(stored.kind === 'present' ? stored.record.secrets.map(({ secretId }) => secretId) : []);
    });
  }

  retain(account: string, secretIds: readonly string[]): Promise<ReadonlySet<string>> {
    const wanted = new Set(secretIds);
    const lookedAt = this.parts.now().getTime();
    return this.#inTurn(account, async () => {
      const record = await this.#changeSecrets(account, wanted, (secret) => ({ ...secret, lookedAt, wasCurrent: false, supersededAt: null }));
      return new Set(record?.secrets.map(({ secretId }) => secretId).filter((secretId) => wanted.has(secretId)) ?? []);
    });
  }

  markSuperseded(account: string, secretIds: readonly string[], at: Date): Promise<void> {
    return this.#inTurn(account, async () => {
      await this.#changeSecrets(account, new Set(secretIds), (secret) => ({ ...secret, supersededAt: at.getTime() }));
    });
  }

  destroy(account: string, secretIds: readonly string[]): Promise<void> {
    const accountId = account.toLowerCase();
    const gone = new Set(secretIds);
    return this.#inTurn(accountId, async () => {
      const { accounts } = this.parts;
      const isGone = ({ secretId }: { readonly secretId: string }) => gone.has(secretId);
      const record = await accounts.change(accountId, (record) => (record.secrets.some(isGone) ? withoutSecrets(record, isGone) : null));
      if (record !== null) await accounts.finishEnding(accountId, record);
    });
  }

  shred(account: string): Promise<void> {
    const accountId = account.toLowerCase();
    return this.#inTurn(accountId, async () => {
      this.parts.cache.forget(accountId);
      await this.parts.accounts.shred(accountId);
    });
  }

  shredded(): Promise<ReadonlySet<string>> {
    return this.#whileOpen(() => this.parts.ledger.shreddedIds());
  }

  usePersonalDataKey<Result>(account: string, { create }: { readonly create: boolean }, use: (key: PersonalDataKey) => Result): Promise<Result | null> {
    const accountId = account.toLowerCase();
    return this.#whileOpen(async () => {
      for (;;) {
        const record = presentRecord(accountId, await this.#load(accountId));
        if (record !== null) return this.parts.keys.use(accountId, record, (key) => use(key.personalDataKey()));
        if (!create) return null;
        // A put of nothing makes the key; where another node was quicker, its key is the account's.
        await this.#turns.take(accountId, () => this.#puts.put(accountId, []));
      }
    });
  }

  sweep(options: SweepOptions): Promise<{ readonly deleted: number }> {
    return this.#whileOpen(() => this.#walks.sweep(options));
  }

  deriveKey(label: string): Promise<Buffer> {
    return this.#whileOpen(() => this.parts.labels.key(label));
  }

  status(): Promise<SecretStoreStatus> {
    const { index, ledger, wrapping } = this.parts;
    return this.#whileOpen(async () => {
      await index.catchUp();
      const { accounts, secrets } = index;
      return {
        activeRootKeyId: wrapping.rootKeys.activeKeyId,
        wrappedKeys: index.wrappedKeys(),
        accounts,
        secrets,
        shreddedAccounts: await ledger.shreddedAccounts(),
      };
    });
  }

  rewrapAll(onProgress?: OnProgress): Promise<Rewrapping> {
    return this.#whileOpen(() => this.#walks.rewrapAll(this.parts.wrapping.rootKeys.activeKeyId, onProgress));
  }

  doctor(onProgress?: OnProgress): Promise<Diagnosis> {
    return this.#whileOpen(() => this.#walks.doctor(onProgress));
  }

  async *unload(): AsyncGenerator<SecretCargo, void> {
    this.#underway.refuseIfClosed();
    try {
      yield* this.#cargo.unload(() => this.#underway.refuseIfClosed());
    } catch (error) {
      throw inWordsOfThisPort(error);
    }
  }

  load(cargo: SecretCargo): Promise<void> {
    if (cargo.kind === 'shreddedAccount') return this.shred(cargo.accountId);
    return cargo.kind === 'account' ? this.#inTurn(cargo.accountId, () => this.#cargo.load(cargo)) : this.#whileOpen(() => this.#cargo.load(cargo));
  }

  pendingErasures(): Promise<readonly Erasure[]> {
    return this.#whileOpen(() => this.parts.ledger.pending());
  }

  async close(): Promise<void> {
    await this.#underway.close();
    this.parts.cache.forgetAll();
  }

  async #load(accountId: string): Promise<StoredAccount> {
    const stored = await this.parts.accounts.load(accountId);
    if (stored.kind === 'shredded') this.parts.cache.forget(accountId);
    return stored;
  }

  #changeSecrets(
    account: string,
    wanted: ReadonlySet<string>,
    change: (secret: PresentAccount['secrets'][number]) => PresentAccount['secrets'][number],
  ): Promise<PresentAccount | null> {
    return this.parts.accounts.change(account.toLowerCase(), (record) =>
      record.secrets.some(({ secretId }) => wanted.has(secretId))
        ? { ...record, secrets: record.secrets.map((secret) => (wanted.has(secret.secretId) ? change(secret) : secret)) }
        : null,
    );
  }

  /** For what changes the account. */
  #inTurn<Result>(account: string, work: () => Promise<Result>): Promise<Result> {
    return this.#whileOpen(() => this.#turns.take(account.toLowerCase(), work));
  }

  #whileOpen<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#underway.run(() => told(work));
  }
}

/** The event store's trouble in the words of this port. */
async function told<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw inWordsOfThisPort(error);
  }
}

function inWordsOfThisPort(error: unknown): unknown {
  return error instanceof StoreUnavailable ? new SecretStoreUnavailable(error.message, { cause: error }) : error;
}
