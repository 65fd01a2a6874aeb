import { actorOf, isEmailAccountEvent, upcast } from '../src/domain/event-catalogue.js';
import { evolveSnapshot, type EmailAccountSnapshot } from '../src/domain/email-account/snapshot.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import { columnNames, columnsOf, statusOf, wordsIn } from './account-columns.js';
import { forEver, type AccountRecord, type AccountRecords } from './account-records.js';
import type { Scalar } from './paging.js';
import type { ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

/** Rows are numbered by the position of the event that they came of: a view built anew is the same. */
interface Moment {
  readonly number: number;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** How an account looks to a filter, since when, and by which words it is found. */
interface Look {
  readonly since: Moment;
  readonly wording: number;
  readonly wordedAt: number;
  readonly columns: readonly Scalar[];
}

/** An account that the running batch changes. */
interface Draft {
  readonly key: string;
  /** The account's row; when it looks otherwise, the row as it was is kept as one of the past. */
  readonly number: number;
  readonly stored: AccountRecord | null;
  snapshot: EmailAccountSnapshot | null;
  /** The last event of the account: what it made of the account is not yet in `look`. */
  moment: Moment;
  /** Null before the first moment has passed. */
  look: Look | null;
  /** Whether `look` is in the table. */
  isWritten: boolean;
  /** Rows of the full-text index that the running batch took away, while the account's row may still name them. */
  readonly unindexed: Set<number>;
}

const row = `(?, ?, ?, ?, ?, ?${', ?'.repeat(columnNames.length)})`;
const update = `UPDATE account SET valid_from = ?, wording = ?, worded_at = ?, ${columnNames.map((name) => `${name} = ?`).join(', ')} WHERE number = ?`;

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
    // What happened at one moment is one change: a create with both sections is one.
    if (moment.at !== draft.moment.at) this.#look(draft);
    draft.moment = moment;
    const { revision, recordedAt, metadata } = event;
    draft.snapshot = evolveSnapshot(draft.snapshot, { ...known, revision, recordedAt, actor: actorOf(metadata) });
  }

  flush(): void {
    this.#tally();
    for (const draft of this.#drafts.values()) {
      if (draft.snapshot) this.#write(draft, draft.snapshot);
      else this.#erase(draft);
    }
    this.#drafts.clear();
  }

  reset(): void {
    this.#drafts.clear();
    this.records.forgetAll();
  }

  #begun(key: string, moment: Moment): Draft {
    return this.#drafted({ key, number: moment.number, stored: null, snapshot: null, moment, look: null, isWritten: false, unindexed: new Set() });
  }

  #loaded(key: string, moment: Moment): Draft | null {
    const stored = this.records.find(key);
    if (!stored) return null;
    const { number, snapshot, since, sincePosition, wording, wordedAt } = stored;
    return this.#drafted({
      key,
      number,
      stored,
      snapshot,
      moment,
      look: { since: { number: sincePosition, at: since }, wording, wordedAt, columns: columnsOf(snapshot) },
      isWritten: true,
      unindexed: new Set(),
    });
  }

  #drafted(draft: Draft): Draft {
    this.#drafts.set(draft.key, draft);
    return draft;
  }

  /** Takes note of how the account looks since its last event. */
  #look(draft: Draft): void {
    const { key, snapshot, look: last, moment } = draft;
    if (snapshot === null) return;
    const columns = columnsOf(snapshot);
    if (last && columns.every((value, index) => value === last.columns[index])) return;
    if (last && last.since.at < moment.at) {
      if (draft.isWritten) this.#keepAsPast(draft, moment);
      else
        this.view.run(`INSERT INTO account VALUES ${row}`, moment.number, key, last.since.number, moment.number, last.wording, last.wordedAt, ...last.columns);
    }
    const words = wordsIn(columns);
    draft.isWritten = false;
    draft.look =
      last && wordsIn(last.columns) === words
        ? { ...last, since: moment, columns }
        : { since: moment, columns, wording: this.#reworded(draft, words), wordedAt: moment.at };
  }

  /** The account's row as it is, under another number. */
  #keepAsPast({ number }: Draft, moment: Moment): void {
    const names = ['wording', 'worded_at', ...columnNames].join(', ');
    const sql = `INSERT INTO account SELECT ?, key, valid_from, ?, ${names} FROM account WHERE number = ?`;
    this.view.run(sql, moment.number, moment.number, number);
  }

  /** Words of an earlier time stay: lists of accounts as they were are searched by them. */
  #reworded({ look: last, moment: { number, at }, unindexed }: Draft, words: string): number {
    if (last?.wordedAt === at) {
      this.#unindex(last.wording, wordsIn(last.columns));
      unindexed.add(last.wording);
    }
    this.view.run('INSERT INTO account_words (rowid, words) VALUES (?, ?)', number, words);
    return number;
  }

  #write(draft: Draft, snapshot: EmailAccountSnapshot): void {
    this.#look(draft);
    const { key, number, stored, look, isWritten } = draft;
    if (!look) return;
    const { since, wording, wordedAt, columns } = look;
    if (!stored) this.view.run(`INSERT INTO account VALUES ${row}`, number, key, since.number, forEver, wording, wordedAt, ...columns);
    else if (!isWritten) this.view.run(update, since.number, wording, wordedAt, ...columns, number);
    const kept = [since.at, since.number, wording, wordedAt, JSON.stringify(snapshot)] as const;
    if (stored)
      this.view.run('UPDATE account_snapshot SET since = ?, since_position = ?, wording = ?, worded_at = ?, snapshot = ? WHERE number = ?', ...kept, number);
    else this.view.run('INSERT INTO account_snapshot VALUES (?, ?, ?, ?, ?, ?)', number, ...kept);
    this.records.keep(key, { number, snapshot, since: since.at, sincePosition: since.number, wording, wordedAt });
  }

  /** Nothing stays but the id: the secrets that are destroyed with an account are found by it, also after a crash. */
  #erase({ key, number, look, isWritten, unindexed }: Draft): void {
    const wordings = new Map(
      this.view.all('SELECT DISTINCT wording, words FROM account WHERE key = ?', key).map(({ wording, words }) => [Number(wording), String(words)]),
    );
    if (look && !isWritten) wordings.set(look.wording, wordsIn(look.columns));
    for (const [wording, words] of wordings) if (!unindexed.has(wording)) this.#unindex(wording, words);
    this.view.run('DELETE FROM account WHERE key = ?', key);
    this.view.run('DELETE FROM account_snapshot WHERE number = ?', number);
    this.view.run('INSERT OR IGNORE INTO erased_account VALUES (?, ?)', number, key);
    this.view.scrub();
    this.records.forget(key);
  }

  #unindex(wording: number, words: string): void {
    this.view.run(`INSERT INTO account_words (account_words, rowid, words) VALUES ('delete', ?, ?)`, wording, words);
  }

  /** How many accounts have which status: lists without a filter are counted by it. */
  #tally(): void {
    const changes = new Map<string, number>();
    const add = (snapshot: EmailAccountSnapshot | null | undefined, accounts: number) => {
      if (snapshot) changes.set(statusOf(snapshot.account), (changes.get(statusOf(snapshot.account)) ?? 0) + accounts);
    };
    for (const { stored, snapshot } of this.#drafts.values()) {
      add(stored?.snapshot, -1);
      add(snapshot, 1);
    }
    const sql = 'INSERT INTO account_tally VALUES (?, ?) ON CONFLICT (status) DO UPDATE SET accounts = accounts + excluded.accounts';
    for (const [status, accounts] of changes) if (accounts !== 0) this.view.run(sql, status, accounts);
  }
}
