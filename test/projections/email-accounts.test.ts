import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { AccountFilter, AccountOrder } from '../../projections/account-filter.js';
import type { AccountReader } from '../../projections/account-reader.js';
import { emailAccounts } from '../../projections/email-accounts.js';
import { InvalidCursor, type Page, type PageRequest, type Scalar } from '../../projections/paging.js';
import type { EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import { entered, mailboxForm, smtpForm } from '../domain/accounts.js';
import { modelledAccounts } from './account-model.js';
import { creation, History, histories, start, tested } from './histories.js';
import { throughPages } from './pages.js';
import { lastPositionAt } from './last-position.js';
import { filled, temporaryDirectory } from './temporary-views.js';

const byId: AccountOrder = { field: 'ACCOUNT_ID', direction: 'ASC' };
const everyStatus = ['ACTIVE', 'DISABLED', 'DELETED'] as const;
const firstTen: PageRequest = { take: 'first', size: 10, after: null, before: null };
const orders = fc.record<AccountOrder>({
  field: fc.constantFrom('ACCOUNT_ID', 'ACCOUNT_NAME', 'CREATED_AT', 'UPDATED_AT'),
  direction: fc.constantFrom('ASC', 'DESC'),
});
/** Milliseconds that histories step by, so that the ends of a range are met. */
const spans = fc.constantFrom(0, 1, 1_000, 1_001, 2_000, 60_000, 61_000);
const fields: { readonly [Field in keyof AccountFilter]: fc.Arbitrary<AccountFilter[Field]> } = {
  text: fc.constantFrom('sales', 'equipe', 'TEAM', 'mail exam', 'アカウント', 'inbox contoso', 'smtp example org', 'answers', '!!', 'nobody'),
  status: fc.subarray(['ACTIVE', 'DISABLED', 'DELETED'] as const),
  provider: fc.subarray(['custom', 'gmail']),
  accountId: fc.subarray(['SALES', 'ops', 'none']),
  emailAddress: fc.constantFrom('SMT@example.com', 'graph@contoso.example', 'nobody@example.com'),
  host: fc.constantFrom('mail.EXAMPLE.net', 'smtp.example.org', 'nowhere'),
  senderKind: fc.subarray(['SMTP', 'MICROSOFT_GRAPH', 'NONE'] as const),
  receiverKind: fc.subarray(['IMAP', 'POP3', 'MICROSOFT_GRAPH', 'NONE'] as const),
  ready: fc.boolean(),
  connectionTest: fc.subarray(['PASSED', 'FAILED'] as const),
  truststore: fc.constantFrom('private-ca', 'none'),
  authenticationProfile: fc.constantFrom('CONTOSO', 'none'),
  updatedAt: fc.record({ from: spans, to: spans }, { requiredKeys: [] }).map(({ from, to }) => ({
    ...(from !== undefined && { from: new Date(start + from) }),
    ...(to !== undefined && { to: new Date(start + to) }),
  })),
};
/** One field or two, so that something is left; sometimes none. */
const filters: fc.Arbitrary<AccountFilter> = fc
  .tuple(fc.record(fields), fc.subarray(Object.keys(fields), { maxLength: 2 }))
  .map(([all, names]) => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))));

/** The time of one of the events, or a millisecond beside it. */
function atOrBeside({ log: { events } }: History, [index, beside]: readonly [number, number]): Date {
  return new Date((events[index % Math.max(1, events.length)]?.recordedAt.getTime() ?? start) + beside);
}

function withIds({ entries, ...ends }: Page<EmailAccountSnapshot>): Page<string> {
  return { ...ends, entries: entries.map(({ row, cursor }) => ({ row: row.account.accountId.toLowerCase(), cursor })) };
}

function readerOf(history: History, options: Parameters<typeof filled>[3] = {}): AccountReader {
  return filled(emailAccounts, history.log.events, join(temporaryDirectory(), 'accounts.db'), options).reader;
}

describe('the view of accounts', () => {
  it('tells for any history, filter, order and page size what the log says, however it was filled', () => {
    const property = fc.property(
      histories(40),
      fc.array(
        fc.record({
          filter: filters,
          order: orders,
          moment: fc.option(fc.tuple(fc.nat(200), fc.constantFrom(-1, 0, 1)), { nil: null }),
          size: fc.integer({ min: 1, max: 4 }),
        }),
        {
          minLength: 5,
          maxLength: 5,
        },
      ),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      (history, questions, sizes, reopens) => {
        const reader = readerOf(history, { sizes, reopens });
        for (const { filter, order, moment, size } of [{ filter: {}, order: byId, moment: null, size: 2 }, ...questions]) {
          const at = moment && atOrBeside(history, moment);
          const expected = modelledAccounts(history.log.events, filter, order, at);
          const ids = expected.map(({ account }) => account.accountId.toLowerCase());
          const read = (page: PageRequest) =>
            at === null ? withIds(reader.page(filter, order, page)) : reader.pageAt(filter, order, page, lastPositionAt(history.log.events, at));
          for (const take of ['first', 'last'] as const) expect(throughPages(read, take, size)).toEqual(ids);
          expect(at === null ? reader.count(filter) : reader.countAt(filter, lastPositionAt(history.log.events, at))).toBe(expected.length);
          expect(expected.map(({ account }) => reader.find(account.accountId))).toEqual(
            at === null
              ? expected
              : expected.map(({ account }) => modelledAccounts(history.log.events, { accountId: [account.accountId], status: everyStatus }, byId)[0]),
          );
        }
      },
    );
    fc.assert(property, { numRuns: 30 });
    // Found once among thousands: an account reworded and erased in a batch that begins in the middle of a moment.
    fc.assert(property, { seed: -1130207976, path: '895', numRuns: 1 });
  });

  it('finds an account whatever the case of its id, and at a version only if that is the present one', () => {
    const history = new History();
    history.account('Sales', creation('Sales'));
    const reader = readerOf(history);
    expect(reader.find('sALES')).toMatchObject({ version: 1, account: { accountId: 'Sales' } });
    expect([reader.findAtVersion('Sales', 1)?.version, reader.findAtVersion('Sales', 2), reader.find('none')]).toEqual([1, null, null]);
  });

  it('goes from one page to the next while accounts come and go', () => {
    const history = new History();
    for (const id of ['a', 'b', 'c', 'd']) history.account(id, creation(id));
    const build = filled(emailAccounts, history.log.events, join(temporaryDirectory(), 'accounts.db'));
    const first = build.reader.page({}, byId, { ...firstTen, size: 2 });
    const seen = history.log.events.length;
    history.account('b', { type: 'DeleteAccount' });
    history.account('bb', creation('bb'));
    build.apply(history.log.events.slice(seen), BigInt(history.log.events.length));
    const next = build.reader.page({}, byId, { ...firstTen, after: first.entries.at(-1)?.cursor ?? null });
    expect(next.entries.map(({ row }) => row.account.accountId)).toEqual(['bb', 'c', 'd']);
  });

  it('refuses cursors that are damaged, or of another order', () => {
    const history = new History();
    history.account('Sales', creation('Sales'));
    const reader = readerOf(history);
    const cursor = reader.page({}, byId, firstTen).entries[0]?.cursor ?? '';
    for (const after of ['', 'nonsense', cursor.slice(1), Buffer.from('[1').toString('base64url'), Buffer.from('{}').toString('base64url')])
      expect(() => reader.page({}, byId, { ...firstTen, after })).toThrow(InvalidCursor);
    expect(() => reader.page({}, { field: 'CREATED_AT', direction: 'ASC' }, { ...firstTen, after: cursor })).toThrow(InvalidCursor);
    expect(reader.page({}, byId, { ...firstTen, after: cursor }).entries).toEqual([]);
  });

  it('looks at one row of each account for a list of the past, however many rows there are of other times', () => {
    const history = new History();
    history.account('Sales', creation('Sales', { sender: smtpForm() }));
    const build = filled(emailAccounts, history.log.events, join(temporaryDirectory(), 'accounts.db'));
    const { view } = build;
    const plan: string[] = [];
    const explained = (sql: string, ...values: readonly Scalar[]) => {
      for (const { detail } of all(`EXPLAIN QUERY PLAN ${sql}`, ...values)) plan.push(String(detail));
      return [];
    };
    const all = view.all.bind(view);
    vi.spyOn(view, 'all').mockImplementation(explained);
    vi.spyOn(view, 'get').mockImplementation((sql, ...values) => explained(sql, ...values)[0]);
    const given: readonly AccountFilter[] = [
      {},
      { host: 'a' },
      { truststore: 'a' },
      { text: 'sales' },
      { accountId: ['Sales'] },
      { ready: true },
      { emailAddress: 'a' },
    ];
    for (const filter of given) {
      for (const field of ['ACCOUNT_ID', 'ACCOUNT_NAME', 'CREATED_AT', 'UPDATED_AT'] as const) {
        plan.length = 0;
        build.reader.pageAt(filter, { field, direction: 'ASC' }, firstTen, 1n);
        const sorts = plan.some((step) => step.includes('ORDER BY'));
        expect([field, sorts]).toEqual([
          field,
          field === 'ACCOUNT_NAME' || field === 'UPDATED_AT' || (filter.accountId !== undefined && field === 'CREATED_AT'),
        ]);
        expect(plan.filter((step) => step.includes('past'))).toEqual(['SEARCH past USING INTEGER PRIMARY KEY (rowid=?)']);
        expect(plan).toContainEqual(expect.stringMatching(/^SEARCH each USING COVERING INDEX account_by_key \(key=\? AND valid_to>\?\)/u));
      }
      plan.length = 0;
      build.reader.countAt(filter, 1n);
      expect(plan.filter((step) => step.includes('past'))).toEqual(['SEARCH past USING INTEGER PRIMARY KEY (rowid=?)']);
    }
  });

  it('holds nothing of an erased account but its id, not even in the bytes of its files', () => {
    const history = new History();
    const sender = smtpForm({ host: 'mail.canary.example' }, { emailAddress: 'canary@canary.example', password: entered('canary-secret') });
    history.account(
      'Erased',
      creation('Erased', { accountName: 'Kanarienvogel', sender, receiver: mailboxForm('imap', {}, { userId: 'canary-user', password: entered('x') }) }),
    );
    history.account('Erased', { type: 'RenameAccount', accountName: 'Zaunkönig' });
    history.account('Erased', tested('PASSED'));
    for (let other = 0; other < 50; other++) history.account(`other-${other}`, creation(`other-${other}`, { sender: smtpForm() }));
    const directory = temporaryDirectory();
    const build = filled(emailAccounts, history.log.events, join(directory, 'accounts.db'), { sizes: [1] });
    build.commit();
    const bytes = () => ['accounts.db', 'accounts.db-wal'].map((name) => readFileSync(join(directory, name)).toString('latin1').toLowerCase()).join('');
    expect(bytes()).toContain('kanarien');
    const seen = history.log.events.length;
    history.account('Erased', { type: 'EraseAccount', confirmation: 'Erased', reason: 'asked' });
    build.apply(history.log.events.slice(seen), BigInt(history.log.events.length));

    expect([build.reader.find('Erased'), build.reader.count({ accountId: ['Erased'] }), build.reader.countAt({ accountId: ['Erased'] }, BigInt(seen))]).toEqual(
      [null, 0, 0],
    );
    expect(build.reader.erased(0, 10).map(({ key }) => key)).toEqual(['erased']);
    for (const trace of ['canary', 'kanarien', 'zaunk']) expect([trace, bytes().includes(trace)]).toEqual([trace, false]);
    expect(build.reader.count({ text: 'other' })).toBe(50);
  });
});
