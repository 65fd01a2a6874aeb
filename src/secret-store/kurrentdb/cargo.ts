import { accountKeyUnderActive, labelledKeyToStore } from '../cargo-keys.js';
import type { KeyWrapping } from '../key-wrapping.js';
import { CargoRefused, refuseOtherAccount, refuseOtherSecret, type CarriedSecret, type SecretCargo } from '../secret-cargo.js';
import { newAccountRecord, withoutSecrets, wrappedKeyOf, type KeptSecret, type PresentAccount } from './account-record.js';
import type { StoredAccount } from './accounts.js';
import { inParallel } from './in-parallel.js';
import type { SecretStreams } from './streams.js';
import type { Walked } from './walks.js';

const atOnce = 16;

type Sealed = Extract<SecretCargo, { kind: 'account' }>;

/** What the store in the cluster hands over to another one, and takes over from it. */
export class Cargo {
  constructor(
    private readonly parts: Walked,
    private readonly wrapping: KeyWrapping,
    private readonly streams: SecretStreams,
  ) {}

  async *unload(pause: () => void): AsyncGenerator<SecretCargo, void> {
    const { index, labels, ledger } = this.parts;
    await index.catchUp();
    for (const label of [...index.labels].sort()) {
      const stored = await labels.stored(label);
      if (stored !== null) yield { kind: 'labelledKey', label, wrapped: stored };
    }
    const accountIds = [...new Set([...index.accountIds, ...(await ledger.shreddedIds())])].sort();
    for (let first = 0; first < accountIds.length; first += atOnce) {
      pause();
      const page = await Promise.all(accountIds.slice(first, first + atOnce).map((accountId) => this.#account(accountId)));
      for (const cargo of page) if (cargo !== null) yield cargo;
    }
  }

  async load(cargo: Exclude<SecretCargo, { kind: 'shreddedAccount' }>): Promise<void> {
    if (cargo.kind === 'labelledKey') return this.#loadLabelledKey(cargo);
    const { accounts, texts } = this.parts;
    const { accountId, keyId } = cargo;
    const wrapped = await accountKeyUnderActive(this.wrapping, accountId, keyId, cargo.wrapped);
    for (;;) {
      const stored = await accounts.load(accountId);
      const before = this.#refuseOthers(cargo, stored) ?? newAccountRecord(keyId, wrapped);
      const [after, number] = stored.kind === 'present' ? ([stored.revision, stored.revision + 1n] as const) : (['no_stream', 0n] as const);
      const record = this.#carried(before, cargo, number);
      // The record comes first, as with a put, so that no sealed text is stored that no sweep would find.
      if (stored.kind !== 'present' || JSON.stringify(record) !== JSON.stringify(before)) if (!(await accounts.write(accountId, record, after))) continue;
      const streamOf = new Map(record.secrets.map(({ secretId, stream }) => [secretId, stream]));
      await inParallel(cargo.secrets, 8, async (secret) => {
        const stream = streamOf.get(secret.secretId);
        if (stream === undefined || !(await texts.store(stream, secret)))
          throw new CargoRefused(`Account ${accountId} is in use in the secret store that is to take it. Stop every node that uses it, then start again.`);
      });
      await accounts.finishEnding(accountId, record);
      return;
    }
  }

  async #account(accountId: string): Promise<SecretCargo | null> {
    const { accounts, texts } = this.parts;
    const stored = await accounts.load(accountId);
    switch (stored.kind) {
      case 'missing':
        return null;
      case 'shredded':
        return { kind: 'shreddedAccount', accountId };
      case 'present': {
        const { record } = stored;
        const read = await Promise.all(
          record.secrets.toSorted(byId).map(async ({ stream, ...secret }): Promise<CarriedSecret | null> => {
            const text = await texts.read(stream);
            return text && { ...secret, ...text };
          }),
        );
        // One without a text was put and never stored, or was destroyed a moment ago.
        const secrets = read.filter((secret) => secret !== null);
        return { kind: 'account', accountId, keyId: record.keyId, wrapped: wrappedKeyOf(record), secrets };
      }
    }
  }

  /** @throws {CargoRefused} */
  #refuseOthers(cargo: Sealed, stored: StoredAccount): PresentAccount | null {
    if (stored.kind === 'missing') return null;
    refuseOtherAccount(cargo, stored.kind === 'present' ? { kind: 'present', keyId: stored.record.keyId } : { kind: 'shredded' });
    if (stored.kind !== 'present') return null;
    for (const secret of cargo.secrets)
      refuseOtherSecret(
        cargo.accountId,
        secret,
        stored.record.secrets.find(({ secretId }) => secretId === secret.secretId),
      );
    return stored.record;
  }

  #carried(before: PresentAccount, { accountId, secrets }: Sealed, number: bigint): PresentAccount {
    const kept = new Map(before.secrets.map((secret) => [secret.secretId, secret]));
    const carried = secrets.map(({ secretId, slot, fingerprint, lookedAt, wasCurrent, supersededAt }): KeptSecret => ({
      secretId,
      slot,
      fingerprint,
      stream: kept.get(secretId)?.stream ?? this.streams.secret(accountId, secretId, number),
      lookedAt,
      wasCurrent,
      supersededAt,
    }));
    const ids = new Set(secrets.map(({ secretId }) => secretId));
    const { ending } = withoutSecrets(before, ({ secretId }) => !ids.has(secretId));
    return { ...before, secrets: carried, ending };
  }

  async #loadLabelledKey(cargo: Extract<SecretCargo, { kind: 'labelledKey' }>): Promise<void> {
    const { labels } = this.parts;
    for (;;) {
      const wrapped = await labelledKeyToStore(this.wrapping, cargo, await labels.stored(cargo.label));
      if (wrapped === null || (await labels.keep(cargo.label, wrapped))) return;
    }
  }
}

const byId = ({ secretId: one }: { readonly secretId: string }, { secretId: other }: { readonly secretId: string }) => (one < other ? -1 : 1);
