import type { EmailAccountSnapshot } from '../src/domain/email-account/snapshot.js';
import type { Position } from '../src/event-store/event-store.js';
import { columnNames } from './account-columns.js';
import { accountConditions, isByStatusAlone, narrowed, type Conditions, type UsableNames } from './account-conditions.js';
import type { AccountFilter, AccountOrder } from './account-filter.js';
import { forEver, type AccountRecords } from './account-records.js';
import { cutPage, encodeCursor, pageClause, type Keyset, type Page, type PageRequest } from './paging.js';
import type { ViewDatabase } from './view-database.js';

const orderColumns = { ACCOUNT_ID: [], ACCOUNT_NAME: ['name_key'], CREATED_AT: ['created_at'], UPDATED_AT: ['updated_at'] } as const;

export class AccountReader {
  constructor(
    readonly view: ViewDatabase,
    readonly records: AccountRecords,
  ) {}

  find(accountId: string): EmailAccountSnapshot | null {
    // The database would cut the text at the NUL and find another account.
    return accountId.includes('\0') ? null : (this.records.find(accountId.toLowerCase())?.snapshot ?? null);
  }

  findAtVersion(accountId: string, version: number): EmailAccountSnapshot | null {
    const snapshot = this.find(accountId);
    return snapshot?.version === version ? snapshot : null;
  }

  page(filter: AccountFilter, order: AccountOrder, page: PageRequest, usable: UsableNames = nothingUsable): Page<EmailAccountSnapshot> {
    const keys = this.#page(now, [accountConditions(filter, usable), narrowed(this.view, filter)], order, page);
    return { ...keys, entries: keys.entries.flatMap(({ row, cursor }) => present(this.find(row), cursor)) };
  }

  count(filter: AccountFilter, usable: UsableNames = nothingUsable): number {
    if (!isByStatusAlone(filter)) return this.#count(now, [accountConditions(filter, usable), narrowed(this.view, filter)]);
    const counted = new Map(this.view.all('SELECT status, accounts FROM account_tally').map(({ status, accounts }) => [String(status), Number(accounts)]));
    return [...new Set(filter.status ?? ['ACTIVE', 'DISABLED'])].reduce((sum, status) => sum + (counted.get(status) ?? 0), 0);
  }

  /** As it all was right after the event at this position, or the last before it. @throws {InvalidCursor} */
  pageAt(filter: AccountFilter, order: AccountOrder, page: PageRequest, at: Position, usable: UsableNames = nothingUsable): Page<string> {
    return this.#page(rightAfter(at), [accountConditions(filter, usable)], order, page);
  }

  countAt(filter: AccountFilter, at: Position, usable: UsableNames = nothingUsable): number {
    return this.#count(rightAfter(at), [accountConditions(filter, usable)]);
  }

  /** The ids of erased accounts, in lower case. */
  erased(after: number, size: number): readonly { readonly number: number; readonly key: string }[] {
    const rows = this.view.all('SELECT number, key FROM erased_account WHERE number > ? ORDER BY number LIMIT ?', after, size);
    return rows.map(({ number, key }) => ({ number: Number(number), key: String(key) }));
  }

  #page(rows: Rows, conditions: readonly (Conditions | null)[], { field, direction }: AccountOrder, page: PageRequest): Page<string> {
    const [column] = orderColumns[field];
    const keyset: Keyset = { name: `${field} ${direction}`, columns: column ? [column, 'key'] : ['key'], direction };
    const clause = pageClause(keyset, page);
    const given = conditions.filter((each) => each !== null);
    const where = [...rows.texts, ...given.flatMap(({ texts }) => texts), ...clause.conditions].join(' AND ');
    const sql = `SELECT key${column ? `, ${column} AS place` : ''} FROM ${rows.from} WHERE ${where} ${clause.tail}`;
    const found = this.view.all(sql, ...rows.values, ...given.flatMap(({ values }) => values), ...clause.values);
    const cut = cutPage(found, page, ({ key, place }) => encodeCursor(keyset, column ? [place ?? '', key ?? ''] : [key ?? '']));
    return { ...cut, entries: cut.entries.map(({ row, cursor }) => ({ row: String(row['key']), cursor })) };
  }

  #count(rows: Rows, conditions: readonly (Conditions | null)[]): number {
    const given = conditions.filter((each) => each !== null);
    const where = [...rows.texts, ...given.flatMap(({ texts }) => texts)].join(' AND ');
    const sql = `SELECT count(*) AS accounts FROM ${rows.from} WHERE ${where}`;
    return Number(this.view.get(sql, ...rows.values, ...given.flatMap(({ values }) => values))?.['accounts'] ?? 0);
  }
}

const nothingUsable: UsableNames = { truststores: [], authenticationProfiles: [] };

/** The rows that a list is made of, one an account. */
interface Rows extends Conditions {
  readonly from: string;
}

/** A text, so that the indexes over present rows are taken. */
const now: Rows = { from: 'account', texts: [`valid_to = ${forEver}`], values: [] };

/**
 * Account by account, the row that was valid then, found by its key: the rows of all other times are not looked at, however many there are. What never changes of an
 * account is taken from its present row, in the order of whose index a page can be cut without looking at every account.
 */
const ofThen = `(SELECT running.key AS key, running.created_at AS created_at, ${['valid_from', 'wording', ...columnNames]
  .filter((name) => name !== 'created_at')
  .map((name) => `past.${name} AS ${name}`)
  .join(', ')} FROM account AS running CROSS JOIN account AS past WHERE running.valid_to = ${forEver} AND past.number =
  (SELECT number FROM account AS each WHERE each.key = running.key AND each.valid_to > ? ORDER BY each.valid_to LIMIT 1))`;

function rightAfter(position: Position): Rows {
  return { from: ofThen, texts: ['valid_from <= ?'], values: [position, position] };
}

function present<Row>(row: Row | null, cursor: string): readonly { readonly row: Row; readonly cursor: string }[] {
  return row === null ? [] : [{ row, cursor }];
}
