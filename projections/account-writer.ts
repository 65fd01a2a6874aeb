import { actorOf, isEmailAccountEvent, upcast } from '../src/domain/event-catalogue.js';
import { evolveSnapshot, type EmailAccountSnapshot } from '../src/domain/email-account/snapshot.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import { accountWords, columnNames, columnsOf, statusOf } from './account-columns.js';
import type { AccountRecords } from './account-records.js';
import type { Scalar } from './paging.js';
import type { ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

/** Until when a running period lasts: no clock gets there. */
export const forEver = 9_007_199_254_740_991;

/** Accounts and periods are numbered by the position of the event that they began with: a view built anew is the same. */
interface Moment {
  readonly number: number;
  /** In milliseconds since 1970. */
  readonly at: number;
}

interface Period {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly wording: number;
  readonly words: string;
  readonly columns: readonly Scalar[];
}

/** An account that the running batch changes. */
interface Draft {
  readonly number: number;
  readonly statusBefore: string | null;
  /** The period that ran before the batch; null for a new account. */
  readonly stored: Period | null;
  snapshot: EmailAccountSnapshot | null;
  /** The last event of the account. */
  moment: Moment;
  /** Those that the batch has begun or ended, oldest first; what the last moment made of the account is not yet among them. */
  readonly periods: Period[];
}

const insertAccount = `INSERT INTO account VALUES (?, ?, ?, ?, ?${', ?'.repeat(columnNames.length)})`;
const updateAccount = `UPDATE account SET period = ?, since = ?, wording = ?, ${columnNames.map((name) => `${name} = ?`).join(', ')} WHERE number = ?`;
const writePeriod = `INSERT OR REPLACE INTO account_period VALUES (?, ?, ?, ?, ?${', ?'.repeat(columnNames.length)})`;

/** Folds the events of a batch in memory, and writes each account that they touch once. */
export class AccountWriter implements ProjectionWriter {
  readonly #drafts = new Map<string, Draft>();

  constructor(
    readonly view: ViewDatabase,
    readonly records: AccountRecords,
  ) {}

  apply(event: RecordedEvent): void {
    const known = upcast(event);
    if (!known || !isEmailAccountEvent(known)) return;
    const key = event.streamId.slice(streamPrefixes.emailAccount.length);
    const moment = { number: Number(event.position), at: event.recordedAt.getTime() };
    const draft = this.#drafts.get(key) ?? (known.type === 'AccountCreated' ? this.#begun(key, moment) : this.#loaded(key, moment));
    if (!draft) return;
    // What happened at one moment is one change: a create with both sections is one period.
    if (moment.at !== draft.moment.at) continuePeriods(draft);
    draft.moment = moment;
    const { revision, recordedAt, metadata } = event;
    draft.snapshot = evolveSnapshot(draft.snapshot, { ...known, revision, recordedAt, actor: actorOf(metadata) });
  }

  flush(): void {
    for (const [key, draft] of this.#drafts) {
      this.#tally(draft.statusBefore, draft.snapshot && statusOf(draft.snapshot.account));
      if (draft.snapshot) this.#write(key, draft, draft.snapshot);
      else this.#erase(key, draft);
    }
    this.#drafts.clear();
  }

  reset(): void {
    this.#drafts.clear();
    this.records.forgetAll();
  }

  #begun(key: string, moment: Moment): Draft {
    return this.#drafted(key, { number: moment.number, statusBefore: null, stored: null, snapshot: null, moment, periods: [] });
  }

  #loaded(key: string, moment: Moment): Draft | null {
    const record = this.records.find(key);
    if (!record) return null;
    const { number, period, since: from, wording, snapshot } = record;
    const stored = { number: period, from, to: forEver, wording, words: accountWords(snapshot), columns: columnsOf(snapshot) };
    return this.#drafted(key, { number, statusBefore: statusOf(snapshot.account), stored, snapshot, moment, periods: [stored] });
  }

  #drafted(key: string, draft: Draft): Draft {
    this.#drafts.set(key, draft);
    return draft;
  }

  #write(key: string, draft: Draft, snapshot: EmailAccountSnapshot): void {
    const { number, stored, periods } = draft;
    const running = continuePeriods(draft);
    if (!running) return;
    if (stored) this.view.run(updateAccount, running.number, running.from, running.wording, ...running.columns, number);
    else this.view.run(insertAccount, number, key, running.number, running.from, running.wording, ...running.columns);
    this.view.run('INSERT OR REPLACE INTO account_snapshot VALUES (?, ?)', number, JSON.stringify(snapshot));
    for (const period of periods) {
      if (period === stored) continue;
      this.view.run(writePeriod, key, period.number, period.from, period.to, period.wording, ...period.columns);
      if (period.wording === period.number) this.#index(period, stored);
    }
    this.records.keep(key, { number, snapshot, period: running.number, since: running.from, wording: running.wording });
  }

  #index({ wording, words }: Period, stored: Period | null): void {
    if (stored?.wording === wording) {
      if (stored.words === words) return;
      this.#unindex(wording, stored.words);
    }
    this.view.run('INSERT OR REPLACE INTO account_wording VALUES (?, ?)', wording, words);
    this.view.run('INSERT INTO account_words (rowid, words) VALUES (?, ?)', wording, words);
  }

  /** Nothing stays but the id: the secrets that are destroyed with an account are found by it, also after a crash. */
  #erase(key: string, { number }: Draft): void {
    const wordings = this.view.all('SELECT number, words FROM account_wording WHERE number IN (SELECT wording FROM account_period WHERE key = ?)', key);
    for (const { number: wording, words } of wordings) {
      this.#unindex(Number(wording), String(words));
      this.view.run('DELETE FROM account_wording WHERE number = ?', Number(wording));
    }
    this.view.run('DELETE FROM account_period WHERE key = ?', key);
    this.view.run('DELETE FROM account_snapshot WHERE number = ?', number);
    this.view.run('DELETE FROM account WHERE number = ?', number);
    this.view.run('INSERT OR IGNORE INTO erased_account VALUES (?, ?)', number, key);
    this.view.scrub();
    this.records.forget(key);
  }

  #unindex(wording: number, words: string): void {
    this.view.run(`INSERT INTO account_words (account_words, rowid, words) VALUES ('delete', ?, ?)`, wording, words);
  }

  #tally(before: string | null, after: string | null): void {
    if (before === after) return;
    const add = 'INSERT INTO account_tally VALUES (?, ?) ON CONFLICT (status) DO UPDATE SET accounts = accounts + excluded.accounts';
    if (before !== null) this.view.run(add, before, -1);
    if (after !== null) this.view.run(add, after, 1);
  }
}

/** Ends the running period and begins the next, if the account looks different to a filter by now. @returns the one that runs. */
function continuePeriods({ periods, snapshot, moment: { number, at } }: Draft): Period | undefined {
  const running = periods.at(-1);
  if (snapshot === null) return running;
  const columns = columnsOf(snapshot);
  const words = accountWords(snapshot);
  if (running && words === running.words && columns.every((value, index) => value === running.columns[index])) return running;
  const next = { from: at, to: forEver, columns, words };
  if (running) periods.pop();
  if (running?.from === at) periods.push({ ...running, ...next, wording: words === running.words ? running.wording : running.number });
  else {
    if (running) periods.push({ ...running, to: at });
    periods.push({ ...next, number, wording: words === running?.words ? running.wording : number });
  }
  return periods.at(-1);
}
