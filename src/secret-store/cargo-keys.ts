import type { KeyWrapping } from './key-wrapping.js';
import { UnwrapFailed, type WrappedKey } from './root-keys.js';
import { CargoRefused, type LabelledKeyCargo } from './secret-cargo.js';
import { SecretStoreUnavailable } from './secret-store.js';

/**
 * The account's key as the active root key wraps it. One that does not unwrap opens nothing anywhere: it stays as it is, so that the same passwords are lost on both sides and everybody is told
 * the same of them.
 */
export async function accountKeyUnderActive(wrapping: KeyWrapping, accountId: string, keyId: string, wrapped: WrappedKey): Promise<WrappedKey> {
  const { activeKeyId } = wrapping.rootKeys;
  if (wrapped.rootKeyId === activeKeyId) return wrapped;
  try {
    return await wrapping.rewrapAccountKey(accountId, keyId, wrapped);
  } catch (error) {
    if (error instanceof UnwrapFailed) return { ...wrapped, rootKeyId: activeKeyId };
    throw error;
  }
}

/**
 * The labelled key to store as the active root key wraps it; null when it is here already.
 * @throws {CargoRefused} another key of this label is here.
 * @throws {SecretStoreUnavailable} the key does not unwrap.
 */
export async function labelledKeyToStore(wrapping: KeyWrapping, { label, wrapped }: LabelledKeyCargo, stored: WrappedKey | null): Promise<WrappedKey | null> {
  try {
    if (stored === null) return wrapped.rootKeyId === wrapping.rootKeys.activeKeyId ? wrapped : await wrapping.rewrapLabelledKey(label, wrapped);
    const [here, carried] = await Promise.all([wrapping.labelledKey(label, stored), wrapping.labelledKey(label, wrapped)]);
    const isSame = here.equals(carried);
    here.fill(0);
    carried.fill(0);
    if (isSame) return null;
  } catch (error) {
    if (!(error instanceof UnwrapFailed)) throw error;
    throw new SecretStoreUnavailable(`The key "${label}" cannot be unwrapped. Restore the secret store from a backup.`, { cause: error });
  }
  throw new CargoRefused(`The secret store that is to take the key "${label}" has another one of its own. Use an empty one.`);
}
