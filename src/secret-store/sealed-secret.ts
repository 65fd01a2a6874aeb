import type { SecretSlot } from './secret-slot.js';
import type { AccountKey } from './sealing.js';
import { SecretIdReused, type SecretToSeal } from './secret-store.js';

/** A sealed secret as an engine keeps it. */
export interface SealedRow {
  readonly secretId: string;
  readonly slot: SecretSlot;
  readonly version: number;
  /** JSON of the list. */
  readonly boundTo: string;
  readonly sealed: string;
  readonly fingerprint: string;
}

export function sealRow(key: AccountKey, accountId: string, { secretId, slot, version, boundTo, value }: SecretToSeal): SealedRow {
  const sealed = key.seal({ accountId, secretId, slot, version, boundTo }, value);
  return { secretId, slot, version, boundTo: endpointsText(boundTo), sealed, fingerprint: key.fingerprint(slot, value) };
}

export function endpointsText(boundTo: readonly string[]): string {
  return JSON.stringify(boundTo);
}

/** @throws {SecretIdReused} an id comes twice in one put. */
export function refuseTwice(accountId: string, secrets: readonly SecretToSeal[]): void {
  const twice = secrets.find(({ secretId }, index) => secrets.findIndex((other) => other.secretId === secretId) !== index);
  if (twice) throw new SecretIdReused(accountId, twice.secretId);
}
