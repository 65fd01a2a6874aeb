import { secretReferences } from '../domain/email-account/state.js';
import type { AccountHistory } from '../commands/account-history.js';
import type { SecretStore } from '../secret-store/secret-store.js';

const everyHour = 3_600_000; // milliseconds

/** Deletes, at the start and then hourly, what no account refers to any more. A fault is told to `onFault`, and the next round tries again. */
export function keepSecretsSwept(
  store: SecretStore,
  history: AccountHistory,
  options: { readonly graceMilliseconds: number; readonly now: () => Date; readonly onFault: (error: unknown) => void },
): { stop(): void } {
  const sweep = () =>
    store
      .sweep({
        now: options.now(),
        graceMilliseconds: options.graceMilliseconds,
        isCurrent: (accountId, secretIds) => currentSecrets(history, accountId, secretIds),
      })
      .catch(options.onFault);
  void sweep();
  const timer = setInterval(() => void sweep(), everyHour);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Finishes what a crash may have left: destroys the keys of accounts whose erasure is on record. */
export async function finishErasures(store: SecretStore, erasedAccounts: AsyncIterable<string>): Promise<number> {
  let finished = 0;
  for await (const accountId of erasedAccounts) {
    await store.shred(accountId);
    finished++;
  }
  return finished;
}

async function currentSecrets(history: AccountHistory, accountId: string, secretIds: readonly string[]): Promise<ReadonlySet<string>> {
  const snapshot = await history.at(accountId, new Date(8.64e15));
  const current = new Set(snapshot ? secretReferences(snapshot.account).map(({ secretId }) => secretId) : []);
  return new Set(secretIds.filter((secretId) => current.has(secretId)));
}
