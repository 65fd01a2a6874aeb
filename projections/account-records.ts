import type { EmailAccountSnapshot } from '../src/domain/email-account/snapshot.js';
import { RecentlyUsed } from './recently-used.js';
import type { ViewDatabase } from './view-database.js';

/** An account in the view, and which of its periods runs. */
export interface AccountRecord {
  readonly number: number;
  readonly snapshot: EmailAccountSnapshot;
  readonly period: number;
  /** When the running period began, in milliseconds since 1970. */
  readonly since: number;
  readonly wording: number;
}

/** Some kilobytes each: a few dozen megabytes when all are there. */
const mostKept = 4_000;

/** Accounts by key; those used last are kept parsed. */
export class AccountRecords {
  readonly #kept = new RecentlyUsed<string, AccountRecord>(mostKept);

  constructor(readonly view: ViewDatabase) {}

  find(key: string): AccountRecord | null {
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const row = this.view.get('SELECT number, period, since, wording, snapshot FROM account JOIN account_snapshot USING (number) WHERE key = ?', key);
    if (!row) return null;
    const { number, period, since, wording, snapshot } = row as unknown as Stored;
    const record = { number, period, since, wording, snapshot: JSON.parse(snapshot) as EmailAccountSnapshot };
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

type Stored = Omit<AccountRecord, 'snapshot'> & { readonly snapshot: string };
