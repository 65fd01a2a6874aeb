import { randomBytes } from 'node:crypto';
import { UnwrapFailed, type RootKeys, type WrappedKey } from './root-keys.js';
import { AccountKey } from './sealing.js';

const knownText = Buffer.from('postledger root key check 1');

/** A new account's key, and its wrapped form to store. */
export interface NewAccountKey {
  readonly key: AccountKey;
  readonly wrapped: WrappedKey;
}

/** How root keys wrap what is stored. The context ties each wrapped key to its place: put elsewhere, it does not unwrap. */
export class KeyWrapping {
  constructor(readonly rootKeys: RootKeys) {}

  async newAccountKey(accountId: string): Promise<NewAccountKey> {
    const key = AccountKey.random();
    return { key, wrapped: await this.#wrapAndForget(key.bytes(), accountContext(accountId, key.id)) };
  }

  /** @throws {UnwrapFailed} */
  async accountKey(accountId: string, keyId: string, wrapped: WrappedKey): Promise<AccountKey> {
    return new AccountKey(keyId, await this.rootKeys.unwrap(wrapped, accountContext(accountId, keyId)));
  }

  /** Wraps it anew under the active root key. @throws {UnwrapFailed} */
  async rewrapAccountKey(accountId: string, keyId: string, wrapped: WrappedKey): Promise<WrappedKey> {
    const context = accountContext(accountId, keyId);
    return this.#wrapAndForget(await this.rootKeys.unwrap(wrapped, context), context);
  }

  newLabelledKey(label: string): Promise<WrappedKey> {
    return this.#wrapAndForget(randomBytes(32), labelContext(label));
  }

  /** @throws {UnwrapFailed} */
  labelledKey(label: string, wrapped: WrappedKey): Promise<Buffer> {
    return this.rootKeys.unwrap(wrapped, labelContext(label));
  }

  /** Wraps it anew under the active root key. @throws {UnwrapFailed} */
  async rewrapLabelledKey(label: string, wrapped: WrappedKey): Promise<WrappedKey> {
    return this.#wrapAndForget(await this.labelledKey(label, wrapped), labelContext(label));
  }

  /** A known text wrapped by the active root key: it tells another key of the same id before that does harm. */
  async check(): Promise<WrappedKey> {
    return this.rootKeys.wrap(knownText, checkContext(this.rootKeys.activeKeyId));
  }

  /** Whether the configured root key of this id is the one that made the check. */
  async isRight(check: WrappedKey): Promise<boolean> {
    try {
      return (await this.rootKeys.unwrap(check, checkContext(check.rootKeyId))).equals(knownText);
    } catch (error) {
      if (error instanceof UnwrapFailed) return false;
      throw error;
    }
  }

  async #wrapAndForget(bytes: Buffer, context: string): Promise<WrappedKey> {
    const wrapped = await this.rootKeys.wrap(bytes, context);
    bytes.fill(0);
    return wrapped;
  }
}

function accountContext(accountId: string, keyId: string): string {
  return `account-key ${keyId} ${accountId}`;
}

function labelContext(label: string): string {
  return `labelled-key ${label}`;
}

function checkContext(rootKeyId: string): string {
  return `root-key-check ${rootKeyId}`;
}
