import type { Endpoint } from '../domain/email-account/endpoint.js';
import type { SecretReference } from '../domain/email-account/settings.js';
import type { PersonalDataKey } from './personal-data-key.js';
import type { SecretSlot } from './secret-slot.js';
import type { SecretValue } from './secret-value.js';

/** One secret to keep, and everything it is tied to: it opens again only with all of it unchanged. */
export interface SecretToSeal {
  /** A UUID that the caller makes. */
  readonly secretId: string;
  readonly slot: SecretSlot;
  readonly version: number;
  readonly boundTo: readonly Endpoint[];
  readonly value: SecretValue;
}

export interface SealedSecret {
  readonly secretId: string;
  /** HMAC-SHA-256 under the account's own key, base64url: equal for equal values of one account and slot, useless without the key. */
  readonly fingerprint: string;
}

/** The part of an event's {@link SecretReference} that a secret is opened with, and the slot it fills. */
export type SecretToOpen = Pick<SecretReference, 'secretId' | 'version' | 'boundTo'> & { readonly slot: SecretSlot };

export interface SweepOptions {
  readonly now: Date;
  /** How long a superseded secret stays, for a revert. Default 24 hours; 0 deletes at once. */
  readonly graceMilliseconds?: number;
  /** Which of these secrets the account's current settings refer to. */
  readonly isCurrent: (accountId: string, secretIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** `done` of `total`, in the unit that the call names. */
export type OnProgress = (done: number, total: number) => void;

export interface SecretStoreStatus {
  readonly activeRootKeyId: string;
  /** How many keys each root key wraps. A root key without an entry is no longer needed. */
  readonly wrappedKeys: ReadonlyMap<string, number>;
  readonly accounts: number;
  readonly secrets: number;
  readonly shreddedAccounts: number;
}

export interface Rewrapping {
  readonly rewrapped: number;
  /** Accounts whose stored key does not unwrap: `doctor` lists what is lost with it. */
  readonly failedAccounts: readonly string[];
}

export interface UnreadableSecret {
  readonly accountId: string;
  readonly secretId: string;
}

export interface Diagnosis {
  readonly checked: number;
  /** Empty when all is well. */
  readonly unreadable: readonly UnreadableSecret[];
  /** The accounts, and other owners, whose key does not unwrap: with it go their secrets, and the personal data in their events. Empty when all is well. */
  readonly lostKeys: readonly string[];
}

/**
 * Keeps the accounts' secrets, encrypted, beside the event log. Account ids are taken ignoring case. Authentication profiles own secrets as well, under the id that `profileOwner` gives them:
 * to the store they are accounts like all others. One behavioural contract suite (`test/secret-store/`)
 * holds for every engine. Every call fails with {@link SecretStoreUnavailable} after `close`, and when the store is lost.
 */
export interface SecretStore {
  /**
   * Seals and stores all of them or none, durably: resolves only after they would survive a power failure. Makes the account's key if there is none.
   * The same secret id again, with the same slot and value, gets the first answer again; if version or endpoints differ (the change was decided anew after a lost
   * race), the secret is tied to the latest ones alone. The answer is in the order of `secrets`.
   * @throws {SecretIdReused} a secret id of this account stands for another value or slot already, or comes twice.
   * @throws {AccountShredded} the account was erased; its id is never used again.
   */
  put(accountId: string, secrets: readonly SecretToSeal[]): Promise<readonly SealedSecret[]>;

  /** The fingerprint that the value has, or would have, in this account; null when the account has no key. */
  fingerprint(accountId: string, slot: SecretSlot, value: SecretValue): Promise<string | null>;

  /**
   * The secret, if and only if it was stored for this account, slot, version and list of endpoints. Whether the endpoint about to be contacted is on the list
   * is for the caller to check; that the list is the authentic one is promised here.
   * @throws {SecretNotFound} it was never stored, or destroyed, superseded and swept, or erased with its account.
   * @throws {SecretNotBoundToEndpoint} it was stored for another list of endpoints.
   * @throws {SecretUnreadable} what is stored was altered, moved here from elsewhere, or sealed with another key.
   */
  open(accountId: string, secret: SecretToOpen): Promise<SecretValue>;

  /** The ids of the account's secrets that are still there, superseded ones among them. */
  listIds(accountId: string): Promise<ReadonlySet<string>>;

  /**
   * Holds on to secrets that a change is about to refer to again (a revert): takes back that they were superseded and starts their clock anew, so that no sweep
   * deletes them before the event is written. Answers which of them are there; the others are lost.
   */
  retain(accountId: string, secretIds: readonly string[]): Promise<ReadonlySet<string>>;

  /** Notes that these were replaced at this time: a sweep deletes them after its grace. Unknown ids are passed over. */
  markSuperseded(accountId: string, secretIds: readonly string[], at: Date): Promise<void>;

  /** Deletes these now and for good, bytes included: afterwards no file of the store holds them. Unknown ids are passed over. */
  destroy(accountId: string, secretIds: readonly string[]): Promise<void>;

  /** Destroys the account's key and all its secrets for good, bytes included, and notes it: a later `put` is refused. Repeating it does nothing. */
  shred(accountId: string): Promise<void>;

  /** The ids, in lower case, of all that were ever shredded. */
  shredded(): Promise<ReadonlySet<string>>;

  /**
   * Calls `use` with what the account's personal data in events is sealed under. `use` runs at once and awaits nothing: the key may leave memory afterwards, and says so.
   * Null when the account has no key; with `create` it is made, durably, before `use` is called.
   * @throws {AccountShredded} the key was destroyed.
   * @throws {SecretUnreadable} the stored key was altered.
   */
  usePersonalDataKey<Result>(accountId: string, options: { readonly create: boolean }, use: (key: PersonalDataKey) => Result): Promise<Result | null>;

  /**
   * Deletes what no account refers to: secrets superseded longer ago than the grace, and orphans of changes that were never written, an hour after they were
   * stored. A secret whose supersession was never noted is found too, and gets its grace from then on. May run beside all other calls.
   */
  sweep(options: SweepOptions): Promise<{ readonly deleted: number }>;

  /** A random key of 32 bytes that is always the same for this label, whatever root key is active. For HMACs of tokens. The caller gets a copy. */
  deriveKey(label: string): Promise<Buffer>;

  status(): Promise<SecretStoreStatus>;

  /** Wraps every key anew under the active root key; the secrets themselves stay as they are. Counts keys. Killed half-way, the next call goes on. */
  rewrapAll(onProgress?: OnProgress): Promise<Rewrapping>;

  /** Tries to decrypt everything, and says what fails. Counts secrets. */
  doctor(onProgress?: OnProgress): Promise<Diagnosis>;

  /** Finishes what was accepted, forgets all keys, releases the store. */
  close(): Promise<void>;
}

/** What the store refuses, or cannot do. No message holds a secret, nor anything made from one. */
export abstract class SecretStoreError extends Error {
  abstract readonly code: string;
}

export class SecretNotFound extends SecretStoreError {
  override readonly name = 'SecretNotFound';
  readonly code = 'SECRET_NOT_FOUND';
  constructor(
    readonly accountId: string,
    readonly secretId: string,
  ) {
    super(`Account ${accountId} has no stored secret ${secretId}. Enter the password again.`);
  }
}

export class SecretIdReused extends SecretStoreError {
  override readonly name = 'SecretIdReused';
  readonly code = 'SECRET_ID_REUSED';
  constructor(
    readonly accountId: string,
    readonly secretId: string,
  ) {
    super(`Secret ${secretId} of account ${accountId} stands for another value already. Use a new id.`);
  }
}

export class SecretNotBoundToEndpoint extends SecretStoreError {
  override readonly name = 'SecretNotBoundToEndpoint';
  readonly code = 'SECRET_NOT_BOUND_TO_ENDPOINT';
  constructor(
    readonly accountId: string,
    readonly secretId: string,
  ) {
    super(`Secret ${secretId} of account ${accountId} was entered for other endpoints. Enter the password again for this one.`);
  }
}

export class SecretUnreadable extends SecretStoreError {
  override readonly name = 'SecretUnreadable';
  readonly code = 'SECRET_UNREADABLE';
  constructor(
    readonly accountId: string,
    readonly secretId: string | null,
    options?: ErrorOptions,
  ) {
    super(
      `${secretId === null ? `The key of account ${accountId}` : `Secret ${secretId} of account ${accountId}`} cannot be decrypted: it was altered, or stored with another key. Restore the secret store from a backup, or enter the password again.`,
      options,
    );
  }
}

export class AccountShredded extends SecretStoreError {
  override readonly name = 'AccountShredded';
  readonly code = 'ACCOUNT_SHREDDED';
  constructor(readonly accountId: string) {
    super(`Account ${accountId} was erased. Its id is never used again: choose another one.`);
  }
}

/** The store is closed, cannot be reached or cannot write. The outcome of a `put` is unknown: repeat it with the same secret ids. */
export class SecretStoreUnavailable extends SecretStoreError {
  override readonly name = 'SecretStoreUnavailable';
  readonly code = 'SECRET_STORE_UNAVAILABLE';
}
