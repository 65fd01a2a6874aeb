import type { AccountsView } from '../../projections/views.js';
import type { EmailAccountSnapshot } from '../domain/email-account/snapshot.js';
import type { Problem } from '../domain/decider.js';
import type { Call } from './change.js';
import type { EmailAccountCommands } from './email-account-commands.js';

/** How long what nobody uses any more is kept. */
export interface RetentionPolicy {
  /** Deleted accounts are erased after so many days; null: never. */
  readonly deletedAccountDays: number | null;
}

/** An account whose time is up. */
export interface DueAccount {
  readonly accountId: string;
  readonly accountName: string;
  /** When it was deleted: nothing was changed since. ISO 8601. */
  readonly deletedAt: string;
  readonly version: number;
}

export interface Retained {
  readonly erased: number;
  /** Those that could not be, each with what was said of it. */
  readonly refused: readonly { readonly accountId: string; readonly problems: readonly Problem[] }[];
}

const day = 86_400_000; // milliseconds
const atOnce = 100;

/** Erases what the policy says has been kept for long enough, as {@link EmailAccountCommands.erase} does: for good, and on record. */
export class Retention {
  constructor(
    readonly accounts: Pick<AccountsView, 'page' | 'count'>,
    readonly commands: Pick<EmailAccountCommands, 'erase' | 'currentVersion'>,
    readonly policy: RetentionPolicy,
    readonly now: () => Date,
  ) {}

  /** How many are due. */
  count(): number {
    const filter = this.#filter();
    return filter === null ? 0 : this.accounts.count(filter);
  }

  /** What is due, longest deleted first. Changes nothing. */
  *due(): Generator<DueAccount, void> {
    const filter = this.#filter();
    if (filter === null) return;
    for (let after: string | null = null; ;) {
      const order = { field: 'UPDATED_AT', direction: 'ASC' } as const;
      const { entries, hasNextPage } = this.accounts.page(filter, order, { take: 'first', size: atOnce, after, before: null });
      for (const { row } of entries) yield dueAccount(row);
      if (!hasNextPage) return;
      after = entries.at(-1)?.cursor ?? null;
    }
  }

  /** Erases what is due. One that was restored or changed meanwhile is left alone. What is left when `signal` aborts stays for the next time. @throws {StoreUnavailable} */
  async apply(call: Call, { onProgress, signal }: { readonly onProgress?: (done: number) => void; readonly signal?: AbortSignal } = {}): Promise<Retained> {
    const refused: Retained['refused'][number][] = [];
    let erased = 0;
    for (const { accountId, version } of this.due()) {
      if (signal?.aborted) break;
      // Other nodes do the same at the same time, and a refusal would be on record.
      if ((await this.commands.currentVersion(accountId)) !== version) continue;
      const reason = `Retention: deleted accounts are erased after ${this.policy.deletedAccountDays} days.`;
      const { problems } = await this.commands.erase(call, { accountId, confirmation: accountId }, { reason, expectedVersion: version });
      if (problems.length === 0) erased++;
      else if (!problems.some(({ code }) => code === 'VERSION_CONFLICT' || code === 'NOT_FOUND')) refused.push({ accountId, problems });
      onProgress?.(erased + refused.length);
    }
    return { erased, refused };
  }

  #filter() {
    const { deletedAccountDays: days } = this.policy;
    return days === null ? null : { status: ['DELETED'] as const, updatedAt: { to: new Date(this.now().getTime() - days * day) } };
  }
}

function dueAccount({ account, updatedAt, version }: EmailAccountSnapshot): DueAccount {
  return { accountId: account.accountId, accountName: account.accountName, deletedAt: updatedAt, version };
}
