import { secretReferences } from '../domain/email-account/state.js';
import type { AccountHistory } from '../commands/account-history.js';
import type { StoredProfiles } from '../commands/stored-profiles.js';
import { profileOf } from '../secret-store/secret-slot.js';
import type { SecretStore } from '../secret-store/secret-store.js';

const everyHour = 3_600_000; // milliseconds

/** Those who know what is referred to. */
export interface Owners {
  readonly accountHistory: AccountHistory;
  readonly storedProfiles: Pick<StoredProfiles, 'secretIds'>;
}

export interface UpkeepOptions {
  /** In lower case. */
  readonly erasedAccounts: () => AsyncIterable<string>;
  /** Told of each of them in every round. */
  readonly noteErasure: (accountId: string) => Promise<void>;
  readonly graceMilliseconds: number;
  readonly now: () => Date;
  readonly onFault: (error: unknown) => void;
}

/**
 * Finishes erasures and deletes what no account and no authentication profile refers to any more, now and then hourly. A fault is told to `onFault`, and the next round tries again.
 * `firstRound` never rejects.
 */
export function keepSecretsSwept(
  store: SecretStore,
  owners: Owners,
  { erasedAccounts, noteErasure, graceMilliseconds, now, onFault }: UpkeepOptions,
): { readonly firstRound: Promise<void>; stop(): void } {
  const round = async () => {
    try {
      await finishErasures(store, erasedAccounts(), noteErasure);
      await store.sweep({ now: now(), graceMilliseconds, isCurrent: (owner, secretIds) => currentSecrets(owners, owner, secretIds) });
    } catch (error) {
      onFault(error);
    }
  };
  const firstRound = round();
  const timer = setInterval(() => void round(), everyHour);
  timer.unref();
  return { firstRound, stop: () => clearInterval(timer) };
}

/** Finishes what a crash or a fault may have left: destroys the keys of accounts whose erasure is on record, and notes each erasure. */
export async function finishErasures(store: SecretStore, erasedAccounts: AsyncIterable<string>, noteErasure: UpkeepOptions['noteErasure']): Promise<number> {
  let finished = 0;
  for await (const accountId of erasedAccounts) {
    await store.shred(accountId);
    await noteErasure(accountId);
    finished++;
  }
  return finished;
}

async function currentSecrets({ accountHistory, storedProfiles }: Owners, owner: string, secretIds: readonly string[]): Promise<ReadonlySet<string>> {
  const profile = profileOf(owner);
  const current = profile === null ? await secretsOfAccount(accountHistory, owner) : await storedProfiles.secretIds(profile);
  return new Set(secretIds.filter((secretId) => current.has(secretId)));
}

async function secretsOfAccount(history: AccountHistory, accountId: string): Promise<ReadonlySet<string>> {
  const snapshot = await history.at(accountId, new Date(8.64e15));
  return new Set(snapshot ? secretReferences(snapshot.account).map(({ secretId }) => secretId) : []);
}
