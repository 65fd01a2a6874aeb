import { SealBroken } from '../sealing.js';
import { SecretUnreadable, type Diagnosis, type OnProgress, type Rewrapping, type SweepOptions, type UnreadableSecret } from '../secret-store.js';
import { claimedPlace } from '../claimed-place.js';
import { dueAt, usualGrace, verdict } from '../sweep-rules.js';
import { withoutSecrets, type KeptSecret, type PresentAccount } from './account-record.js';
import type { AccountKeyUse } from './account-key-use.js';
import type { Accounts } from './accounts.js';
import type { ErasureLedger } from './erasure-ledger.js';
import { inParallel } from './in-parallel.js';
import type { IndexOfAccounts } from './index-of-accounts.js';
import type { LabelledKeys } from './labelled-keys.js';
import type { SealedTexts } from './sealed-texts.js';

const atOnce = 16;
const day = 86_400_000; // milliseconds

export interface Walked {
  readonly accounts: Accounts;
  readonly index: IndexOfAccounts;
  readonly keys: AccountKeyUse;
  readonly labels: LabelledKeys;
  readonly texts: SealedTexts;
  readonly ledger: ErasureLedger;
}

/** Walks over all accounts. `pause` is called before each of them, and throws when the walk must end. */
export class Walks {
  constructor(
    private readonly parts: Walked,
    private readonly pause: () => void,
  ) {}

  /** Deletes what is due and referred to by nobody. An account that was changed since it was read is left for the next walk. */
  async sweep({ now, graceMilliseconds: grace = usualGrace, isCurrent }: SweepOptions): Promise<{ readonly deleted: number }> {
    const { index } = this.parts;
    await index.catchUp();
    let deleted = 0;
    await inParallel(index.due(now.getTime(), grace), atOnce, async (accountId) => {
      this.pause();
      const ofAccount = await this.#sweepAccount(accountId, now.getTime(), grace, isCurrent);
      deleted += ofAccount;
    });
    return { deleted };
  }

  async #sweepAccount(accountId: string, now: number, grace: number, isCurrent: SweepOptions['isCurrent']): Promise<number> {
    const { accounts, index } = this.parts;
    const stored = await this.#readable(accountId);
    if (stored?.kind !== 'present') return 0;
    const due = stored.record.secrets.filter((secret) => dueAt(secret, grace) <= now);
    const current =
      due.length === 0
        ? new Set<string>()
        : await isCurrent(
            accountId,
            due.map(({ secretId }) => secretId),
          );
    const verdicts = new Map(due.map((secret) => [secret.secretId, verdict(secret, current.has(secret.secretId))]));
    const swept = this.#swept(stored.record, verdicts, now);
    if (swept !== null && !(await accounts.write(accountId, swept, stored.revision))) return 0;
    // A secret that was confirmed before is not written again: this node remembers when it looked, and a restart only looks once more.
    if (swept === null)
      index.lookAgain(accountId, Math.min(now + day, ...stored.record.secrets.filter((secret) => !due.includes(secret)).map((secret) => dueAt(secret, grace))));
    await accounts.finishEnding(accountId, swept ?? stored.record);
    return [...verdicts.values()].filter((each) => each === 'delete').length;
  }

  /** Null when nothing of it has to be written. */
  #swept(record: PresentAccount, verdicts: ReadonlyMap<string, ReturnType<typeof verdict>>, now: number): PresentAccount | null {
    const secrets = record.secrets.map((secret): KeptSecret => {
      switch (verdicts.get(secret.secretId)) {
        case 'confirm':
          return secret.wasCurrent && secret.supersededAt === null ? secret : { ...secret, wasCurrent: true, supersededAt: null, lookedAt: now };
        case 'supersede':
          return { ...secret, supersededAt: now };
        case 'delete':
        case undefined:
          return secret;
      }
    });
    const swept = withoutSecrets({ ...record, secrets }, ({ secretId }) => verdicts.get(secretId) === 'delete');
    return swept.ending.length === record.ending.length && secrets.every((secret, index) => secret === record.secrets[index]) ? null : swept;
  }

  /** Wraps anew what another root key than the active one wraps. Counts keys. */
  async rewrapAll(activeKeyId: string, onProgress?: OnProgress): Promise<Rewrapping> {
    const { index, labels, ledger } = this.parts;
    await index.catchUp();
    const { accountIds, labels: oldLabels } = index.underOthers(activeKeyId);
    const failedAccounts: string[] = [];
    let [rewrapped, done] = [0, 0];
    const total = accountIds.length + oldLabels.length;
    await inParallel(oldLabels, 1, async (label) => {
      if (await labels.rewrap(label)) rewrapped++;
      onProgress?.(++done, total);
    });
    await inParallel(accountIds, atOnce, async (accountId) => {
      this.pause();
      const outcome = await this.#rewrapAccount(accountId, activeKeyId);
      if (outcome === 'failed') failedAccounts.push(accountId);
      if (outcome === 'rewrapped') rewrapped++;
      onProgress?.(++done, total);
    });
    if (rewrapped > 0) await ledger.keysRewrapped(rewrapped);
    return { rewrapped, failedAccounts: failedAccounts.sort() };
  }

  async #rewrapAccount(accountId: string, activeKeyId: string): Promise<'rewrapped' | 'failed' | 'asItWas'> {
    const { accounts, keys } = this.parts;
    try {
      for (;;) {
        const stored = await accounts.load(accountId);
        if (stored.kind !== 'present' || stored.record.rootKeyId === activeKeyId) return 'asItWas';
        if (await accounts.write(accountId, await keys.rewrapped(accountId, stored.record), stored.revision)) return 'rewrapped';
      }
    } catch (error) {
      if (error instanceof SecretUnreadable) return 'failed';
      throw error;
    }
  }

  /** Opens every stored secret and lets go of it again. Counts secrets. */
  async doctor(onProgress?: OnProgress): Promise<Diagnosis> {
    const { index } = this.parts;
    await index.catchUp();
    const unreadable: UnreadableSecret[] = [];
    const lostKeys: string[] = [];
    let checked = 0;
    const total = index.secrets;
    await inParallel(index.accountIds, atOnce, async (accountId) => {
      this.pause();
      const stored = await this.#readable(accountId);
      if (stored === null || (stored.kind === 'present' && !(await this.#unwraps(accountId, stored.record)))) lostKeys.push(accountId);
      const secrets =
        stored === null ? [{ secretId: 'all', readable: false }] : stored.kind === 'present' ? await this.#examined(accountId, stored.record) : [];
      unreadable.push(...secrets.filter(({ readable }) => !readable).map(({ secretId }) => ({ accountId, secretId })));
      checked += secrets.length;
      onProgress?.(checked, Math.max(total, checked));
    });
    return { checked, unreadable, lostKeys: lostKeys.sort() };
  }

  async #unwraps(accountId: string, record: PresentAccount): Promise<boolean> {
    try {
      await this.parts.keys.use(accountId, record, () => undefined);
      return true;
    } catch (error) {
      if (error instanceof SecretUnreadable) return false;
      throw error;
    }
  }

  async #examined(accountId: string, record: PresentAccount): Promise<readonly { readonly secretId: string; readonly readable: boolean }[]> {
    const { accounts, keys, texts } = this.parts;
    const examined: { readonly secretId: string; readonly readable: boolean }[] = [];
    for (const { secretId, slot, stream } of record.secrets) {
      const text = await texts.read(stream);
      let readable = false;
      try {
        if (text !== null) {
          await keys.use(accountId, record, (key) => key.open(claimedPlace({ accountId, secretId, slot, ...text }), text.sealed).erase());
          readable = true;
        }
      } catch (error) {
        if (!(error instanceof SealBroken) && !(error instanceof SecretUnreadable)) throw error;
      }
      if (!readable) {
        // Destroyed while it was looked at: nothing is lost that should be there.
        const now = await accounts.load(accountId);
        if (now.kind !== 'present' || !now.record.secrets.some((secret) => secret.stream === stream)) continue;
      }
      examined.push({ secretId, readable });
    }
    return examined;
  }

  /** Null when the record is none that this store wrote. */
  async #readable(accountId: string) {
    try {
      return await this.parts.accounts.load(accountId);
    } catch (error) {
      if (error instanceof SecretUnreadable) return null;
      throw error;
    }
  }
}
