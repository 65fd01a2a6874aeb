import { ConcurrencyConflict } from '../../event-store/event-store.js';
import type { KeyWrapping } from '../key-wrapping.js';
import { RootKeyMissing, RootKeyWrong } from '../root-keys.js';
import type { Documents } from './documents.js';
import type { IndexOfAccounts } from './index-of-accounts.js';
import type { SecretStreams } from './streams.js';

/** The check values in base64, by the root keys' ids. */
type Checks = Readonly<Record<string, string>>;

/** A check value of each root key that wraps something, or may: it tells a node with another key before that does harm. */
export class RootKeyRegister {
  constructor(
    private readonly documents: Documents,
    private readonly wrapping: KeyWrapping,
    private readonly index: IndexOfAccounts,
    private readonly streams: SecretStreams,
  ) {}

  /**
   * Makes sure that this node's root keys are those that the store was written with, and enters a new active one. Only where the register names a root key that this node does not have is
   * the store searched for what that one wraps; when it wraps nothing any more, it is struck off.
   * @throws {RootKeyMissing} @throws {RootKeyWrong} Nothing was changed.
   */
  async check(): Promise<void> {
    const { activeKeyId, keyIds } = this.wrapping.rootKeys;
    for (;;) {
      const stored = await this.documents.read(this.streams.rootKeys);
      const checks: Checks = stored.kind === 'present' ? (stored.data as Checks) : {};
      for (const [rootKeyId, check] of Object.entries(checks))
        if (keyIds.has(rootKeyId) && !(await this.wrapping.isRight({ rootKeyId, bytes: Buffer.from(check, 'base64') }))) throw new RootKeyWrong(rootKeyId);
      const unused = await this.#refuseMissing(Object.keys(checks).filter((rootKeyId) => !keyIds.has(rootKeyId)));
      if (Object.hasOwn(checks, activeKeyId) && unused.length === 0) return;

      const kept = Object.entries(checks).filter(([rootKeyId]) => !unused.includes(rootKeyId));
      const active = checks[activeKeyId] ?? (await this.wrapping.check()).bytes.toString('base64');
      if (await this.#write({ ...Object.fromEntries(kept), [activeKeyId]: active }, stored.kind === 'present' ? stored.revision : 'no_stream')) return;
    }
  }

  /** Answers those of the keys that wrap nothing. @throws {RootKeyMissing} */
  async #refuseMissing(rootKeyIds: readonly string[]): Promise<readonly string[]> {
    if (rootKeyIds.length === 0) return [];
    await this.index.catchUp();
    const inUse = this.index.wrappedKeys();
    for (const rootKeyId of rootKeyIds) if (inUse.has(rootKeyId)) throw new RootKeyMissing(rootKeyId);
    return rootKeyIds;
  }

  /** False when another node wrote first. */
  async #write(checks: Checks, after: bigint | 'no_stream'): Promise<boolean> {
    try {
      await this.documents.write(this.streams.rootKeys, 'RootKeysNoted', checks, after);
      return true;
    } catch (error) {
      if (error instanceof ConcurrencyConflict) return false;
      throw error;
    }
  }
}
