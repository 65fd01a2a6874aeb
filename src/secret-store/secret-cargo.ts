import type { SecretSlot } from './secret-slot.js';
import type { WrappedKey } from './root-keys.js';
import type { SealedRow } from './sealed-secret.js';
import { SecretStoreError, type SecretStore } from './secret-store.js';
import type { SweptSecret } from './sweep-rules.js';

/** A sealed secret with everything that a store knows of it. */
export interface CarriedSecret extends SealedRow, SweptSecret {
  readonly slot: SecretSlot;
}

export type AccountCargo =
  | {
      readonly kind: 'account';
      readonly accountId: string;
      readonly keyId: string;
      readonly wrapped: WrappedKey;
      /** In the order of their ids. */
      readonly secrets: readonly CarriedSecret[];
    }
  /** Its key and secrets were destroyed, and its id is never used again. */
  | { readonly kind: 'shreddedAccount'; readonly accountId: string };

export interface LabelledKeyCargo {
  readonly kind: 'labelledKey';
  readonly label: string;
  readonly wrapped: WrappedKey;
}

export type SecretCargo = LabelledKeyCargo | AccountCargo;

/**
 * A secret store whose contents can be carried to another one under the same root keys, whichever engine keeps it. Everything stays sealed on the way: no password and no key is ever in
 * the clear outside of the two stores.
 */
export interface SecretCarrier {
  /** All there is: the labelled keys, then the accounts, each by name. @throws {SecretUnreadable} something cannot be read as it was stored. */
  unload(): AsyncGenerator<SecretCargo, void>;
  /**
   * Makes this part of the store what the cargo says, durably; repeating it changes nothing. A key that another root key than the active one wraps is wrapped anew.
   * @throws {CargoRefused} the store holds something else in its place. Nothing was changed.
   */
  load(cargo: SecretCargo): Promise<void>;
}

export type CarryingSecretStore = SecretStore & SecretCarrier;

/** The store has something of its own where the cargo belongs. */
export class CargoRefused extends SecretStoreError {
  override readonly name = 'CargoRefused';
  readonly code = 'CARGO_REFUSED';
}

/** @throws {CargoRefused} the account was erased here, or has another key. */
export function refuseOtherAccount(
  cargo: Extract<AccountCargo, { kind: 'account' }>,
  stored: { readonly kind: 'present'; readonly keyId: string } | { readonly kind: 'shredded' } | null,
): void {
  const { accountId, keyId } = cargo;
  if (stored?.kind === 'shredded') throw new CargoRefused(`Account ${accountId} was erased in the secret store that is to take it. Use an empty one.`);
  if (stored && stored.keyId !== keyId)
    throw new CargoRefused(`Account ${accountId} has passwords of its own in the secret store that is to take it. Use an empty one.`);
}

/** @throws {CargoRefused} the id stands for another value or slot here. */
export function refuseOtherSecret(accountId: string, carried: CarriedSecret, stored: Pick<CarriedSecret, 'slot' | 'fingerprint'> | undefined): void {
  if (stored && (stored.slot !== carried.slot || stored.fingerprint !== carried.fingerprint))
    throw new CargoRefused(
      `Secret ${carried.secretId} of account ${accountId} stands for another value in the secret store that is to take it. Use an empty one.`,
    );
}
