import type { SecretSlot } from '../secret-slot.js';
import type { JsonObject } from '../../event-store/event-store.js';
import type { WrappedKey } from '../root-keys.js';
import { SecretIdReused, SecretUnreadable } from '../secret-store.js';
import type { SealedRow } from '../sealed-secret.js';
import type { SweptSecret } from '../sweep-rules.js';

/** What the register of an account says of a secret. Its sealed text is in a stream of its own. */
export interface KeptSecret extends SweptSecret {
  readonly secretId: string;
  readonly slot: SecretSlot;
  readonly fingerprint: string;
  readonly stream: string;
}

export type EndingSecret = Pick<KeptSecret, 'secretId' | 'stream'>;

export interface PresentAccount {
  readonly kind: 'present';
  readonly keyId: string;
  readonly rootKeyId: string;
  /** Base64. */
  readonly wrappedKey: string;
  readonly secrets: readonly KeptSecret[];
  /** Destroyed; whether their streams have ended all is not certain yet. */
  readonly ending: readonly EndingSecret[];
}

/** The key is gone; the streams of the secrets may not have ended all yet. */
export interface ShreddedAccount {
  readonly kind: 'shredded';
  readonly ending: readonly EndingSecret[];
}

export type AccountRecord = PresentAccount | ShreddedAccount;

export function newAccountRecord(keyId: string, { rootKeyId, bytes }: WrappedKey): PresentAccount {
  return { kind: 'present', keyId, rootKeyId, wrappedKey: bytes.toString('base64'), secrets: [], ending: [] };
}

export function wrappedKeyOf({ rootKeyId, wrappedKey }: PresentAccount): WrappedKey {
  return { rootKeyId, bytes: Buffer.from(wrappedKey, 'base64') };
}

/**
 * The account with these secrets stored now. `streamOf` names the stream of one that is new.
 * @throws {SecretIdReused} an id stands for another value or slot.
 */
export function withSecrets(
  record: PresentAccount,
  accountId: string,
  rows: readonly SealedRow[],
  streamOf: (secretId: string) => string,
  now: number,
): PresentAccount {
  const clock = { lookedAt: now, wasCurrent: false, supersededAt: null };
  const secrets = new Map(record.secrets.map((secret) => [secret.secretId, secret]));
  for (const { secretId, slot, fingerprint } of rows) {
    const before = secrets.get(secretId);
    if (before && (before.slot !== slot || before.fingerprint !== fingerprint)) throw new SecretIdReused(accountId, secretId);
    secrets.set(secretId, { ...(before ?? { secretId, slot, fingerprint, stream: streamOf(secretId) }), ...clock });
  }
  return { ...record, secrets: [...secrets.values()] };
}

/** The account without these secrets, which are to end. */
export function withoutSecrets(record: PresentAccount, isGone: (secret: KeptSecret) => boolean): PresentAccount {
  const gone = record.secrets.filter(isGone).map(({ secretId, stream }) => ({ secretId, stream }));
  return { ...record, secrets: record.secrets.filter((secret) => !isGone(secret)), ending: [...record.ending, ...gone] };
}

/** The account without its key, all its secrets to end. */
export function shredded(record: PresentAccount): ShreddedAccount {
  return { kind: 'shredded', ending: withoutSecrets(record, () => true).ending };
}

export function withoutEnded<Kind extends AccountRecord>(record: Kind, ended: readonly EndingSecret[]): Kind {
  const streams = new Set(ended.map(({ stream }) => stream));
  return { ...record, ending: record.ending.filter(({ stream }) => !streams.has(stream)) };
}

export function written(record: AccountRecord): { readonly type: string; readonly data: JsonObject } {
  return { type: record.kind === 'present' ? 'AccountSecretsKept' : 'AccountSecretsShredded', data: { ...record } };
}

/** @throws {SecretUnreadable} it is none that this store wrote. */
export function recordOf(accountId: string, data: JsonObject): AccountRecord {
  const { kind, keyId, rootKeyId, wrappedKey, secrets, ending } = data;
  const lists = kind === 'present' ? [secrets, ending] : [ending];
  const texts = kind === 'present' ? [keyId, rootKeyId, wrappedKey] : [];
  if ((kind !== 'present' && kind !== 'shredded') || !lists.every((list) => Array.isArray(list)) || !texts.every((text) => typeof text === 'string'))
    throw new SecretUnreadable(accountId, null);
  return data as unknown as AccountRecord;
}
