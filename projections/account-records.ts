import type { EmailAccountSnapshot } from '../src/domain/email-account/snapshot.js';
import { RecentlyUsed } from './recently-used.js';
import type { ViewDatabase } from './view-database.js';

/** Until where in the log the present row of an account lasts: no log gets there. */
export const forEver = 9_007_199_254_740_991;

/** An account as it is, and what its present row says besides its columns. */
export interface AccountRecord {
  readonly number: number;
  readonly snapshot: EmailAccountSnapshot;
  /** Since when it looks like this to a filter: in milliseconds since 1970, and the position of the event. */
  readonly since: number;
  readonly sincePosition: number;
  /** Its row in the full-text index, and since when: in milliseconds since 1970. */
  readonly wording: number;
  readonly wordedAt: number;
}

/** Some kilobytes each: a few dozen megabytes when all are there. While a file is filled nobody asks for accounts, and a log names one several times in a row. */
const mostKept = { follow: 4_000, fill: 500 };

/** Accounts by key; those used last are kept parsed. */
export class AccountRecords {
  readonly #kept: RecentlyUsed<string, AccountRecord>;

  constructor(readonly view: ViewDatabase) {
    this.#kept = new RecentlyUsed(mostKept[view.purpose]);
  }

  find(key: string): AccountRecord | null {
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const row = this.view.get(
      `SELECT number, since, since_position AS sincePosition, wording, worded_at AS wordedAt, snapshot FROM account_snapshot WHERE number = (SELECT number FROM account WHERE key = ? AND valid_to = ${forEver})`,
      key,
    );
    if (!row) return null;
    const { snapshot, ...rest } = row as unknown as Omit<AccountRecord, 'snapshot'> & { readonly snapshot: string };
    const record = { ...rest, snapshot: JSON.parse(snapshot) as EmailAccountSnapshot };
    this.#kept.set(key, record);
    return record;
  }

  /** To be called with what was written. */
  keep(key: string, record: AccountRecord): void {
    this.#kept.set(key, record);
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }

  forgetAll(): void {
    this.#kept.clear();
  }
}
