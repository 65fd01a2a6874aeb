import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyWrapping } from '../key-wrapping.js';
import { refuseTwice, sealRow, type SealedRow } from '../sealed-secret.js';
import { SecretStoreUnavailable, type SealedSecret, type SecretToSeal } from '../secret-store.js';
import type { AccountKeyUse } from './account-key-use.js';
import { newAccountRecord, withSecrets, type PresentAccount } from './account-record.js';
import { presentRecord, type Accounts } from './accounts.js';
import { inParallel } from './in-parallel.js';
import type { RootKeyRegister } from './root-key-register.js';
import type { SealedTexts } from './sealed-texts.js';
import type { SecretStreams } from './streams.js';

export interface PutParts {
  readonly accounts: Accounts;
  readonly keys: AccountKeyUse;
  readonly texts: SealedTexts;
  readonly wrapping: KeyWrapping;
  readonly register: RootKeyRegister;
  readonly streams: SecretStreams;
  readonly now: () => Date;
}

interface Sealed {
  readonly record: PresentAccount;
  readonly rows: readonly SealedRow[];
}

/** So often a put tries again because another node was quicker; each time that one has got ahead. */
const mostLostRaces = 100;
const streamsAtOnce = 8;

/** Stores secrets beside other nodes that do the same. */
export class Puts {
  constructor(private readonly parts: PutParts) {}

  /** See `SecretStore.put`. */
  async put(accountId: string, secrets: readonly SecretToSeal[]): Promise<readonly SealedSecret[]> {
    refuseTwice(accountId, secrets);
    for (let failures = 0; failures < mostLostRaces; failures++) {
      const stored = await this.#attempt(accountId, secrets);
      if (stored !== null) return stored.map(({ secretId, fingerprint }) => ({ secretId, fingerprint }));
      // Those who lost a race do not come back in step.
      await sleep(Math.random() * Math.min(100, 2 ** failures));
    }
    throw new SecretStoreUnavailable(`Account ${accountId} was changed by others all the time. Nothing is certain to be stored: try again.`);
  }

  /**
   * Enters the secrets into the account's record, then stores them; null when somebody else changed the account meanwhile. The record comes first, so that nothing is stored that no sweep
   * would find.
   */
  async #attempt(accountId: string, toSeal: readonly SecretToSeal[]): Promise<readonly SealedRow[] | null> {
    const { accounts, texts, streams, now } = this.parts;
    const stored = await accounts.load(accountId);
    const present = presentRecord(accountId, stored);
    const { record, rows } = present === null ? await this.#sealFirst(accountId, toSeal) : await this.#sealMore(accountId, present, toSeal);
    const [after, number] = stored.kind === 'present' ? ([stored.revision, stored.revision + 1n] as const) : (['no_stream', 0n] as const);
    const entered = withSecrets(record, accountId, rows, (secretId) => streams.secret(accountId, secretId, number), now().getTime());
    if (!(await accounts.write(accountId, entered, after))) return null;

    const streamOf = new Map(entered.secrets.map(({ secretId, stream }) => [secretId, stream]));
    let allThere = true;
    await inParallel(rows, streamsAtOnce, async (row) => {
      const stream = streamOf.get(row.secretId);
      if (stream === undefined || !(await texts.store(stream, row))) allThere = false;
    });
    return allThere ? rows : null;
  }

  async #sealFirst(accountId: string, toSeal: readonly SecretToSeal[]): Promise<Sealed> {
    const { wrapping, register } = this.parts;
    // Another node may have struck this node's root key off, as one that wraps nothing.
    const [{ key, wrapped }] = await Promise.all([wrapping.newAccountKey(accountId), register.check()]);
    const rows = toSeal.map((secret) => sealRow(key, accountId, secret));
    const record = newAccountRecord(key.id, wrapped);
    key.erase();
    return { record, rows };
  }

  async #sealMore(accountId: string, record: PresentAccount, toSeal: readonly SecretToSeal[]): Promise<Sealed> {
    return { record, rows: await this.parts.keys.use(accountId, record, (key) => toSeal.map((secret) => sealRow(key, accountId, secret))) };
  }
}
