import { ConcurrencyConflict } from '../../event-store/event-store.js';
import type { KeyWrapping } from '../key-wrapping.js';
import { UnwrapFailed, type WrappedKey } from '../root-keys.js';
import { SecretStoreUnavailable } from '../secret-store.js';
import type { Documents } from './documents.js';
import type { SecretStreams } from './streams.js';

interface StoredKey {
  readonly wrapped: WrappedKey;
  readonly revision: bigint;
}

/** Keys of the service itself, one for each label, the same on every node. */
export class LabelledKeys {
  constructor(
    private readonly documents: Documents,
    private readonly wrapping: KeyWrapping,
    private readonly streams: SecretStreams,
  ) {}

  /** The key of this label; made and stored on first use, by whichever node is first. */
  async key(label: string): Promise<Buffer> {
    for (;;) {
      const stored = await this.#read(label);
      if (stored) return this.#unwrapped(label, () => this.wrapping.labelledKey(label, stored.wrapped));
      await this.#write(label, await this.wrapping.newLabelledKey(label), 'no_stream');
    }
  }

  /** Wraps the key anew, unless the active root key wraps it already. Answers whether it did. */
  async rewrap(label: string): Promise<boolean> {
    for (;;) {
      const stored = await this.#read(label);
      if (!stored || stored.wrapped.rootKeyId === this.wrapping.rootKeys.activeKeyId) return false;
      const wrapped = await this.#unwrapped(label, () => this.wrapping.rewrapLabelledKey(label, stored.wrapped));
      if (await this.#write(label, wrapped, stored.revision)) return true;
    }
  }

  /** The key as it is stored; null when there is none. */
  async stored(label: string): Promise<WrappedKey | null> {
    return (await this.#read(label))?.wrapped ?? null;
  }

  /** Stores a key that another store made. False when one is there. */
  keep(label: string, wrapped: WrappedKey): Promise<boolean> {
    return this.#write(label, wrapped, 'no_stream');
  }

  async #read(label: string): Promise<StoredKey | null> {
    const stored = await this.documents.read(this.streams.label(label));
    if (stored.kind === 'missing') return null;
    const { rootKeyId, wrappedKey } = stored.kind === 'present' ? stored.data : {};
    if (stored.kind === 'ended' || typeof rootKeyId !== 'string' || typeof wrappedKey !== 'string')
      throw new SecretStoreUnavailable(`The key "${label}" was stored and is gone. Restore the event store from a backup.`);
    return { wrapped: { rootKeyId, bytes: Buffer.from(wrappedKey, 'base64') }, revision: stored.revision };
  }

  /** False when another node wrote first. */
  async #write(label: string, { rootKeyId, bytes }: WrappedKey, after: bigint | 'no_stream'): Promise<boolean> {
    try {
      await this.documents.write(this.streams.label(label), 'LabelledKeyKept', { rootKeyId, wrappedKey: bytes.toString('base64') }, after);
      return true;
    } catch (error) {
      if (error instanceof ConcurrencyConflict) return false;
      throw error;
    }
  }

  async #unwrapped<Result>(label: string, unwrap: () => Promise<Result>): Promise<Result> {
    try {
      return await unwrap();
    } catch (error) {
      if (!(error instanceof UnwrapFailed)) throw error;
      throw new SecretStoreUnavailable(`The stored key "${label}" was altered. Restore the event store from a backup.`, { cause: error });
    }
  }
}
