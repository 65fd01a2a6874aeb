import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Page, PageRequest } from '../../projections/paging.js';
import { openViews, type Views } from '../../projections/views.js';
import { History, histories, start } from './histories.js';
import { lastPositionAt } from './last-position.js';
import { MemoryLog } from './memory-log.js';
import { throughPages } from './pages.js';
import { temporaryDirectory, viewsOf } from './temporary-views.js';

const fields = ['ACCOUNT_ID', 'ACCOUNT_NAME', 'CREATED_AT', 'UPDATED_AT'] as const;
const texts = ['sales', 'equipe', 'example', 'erin', 'because'];
const everyStatus = { status: ['ACTIVE', 'DISABLED', 'DELETED'] } as const;

/** Everything that the views answer: what is the same here is the same to whoever asks. */
async function answersOf(views: Views, { log: { events } }: History): Promise<unknown> {
  const { accounts, auditTrail, tokens } = views;
  const each = <Row>(read: (page: PageRequest) => Page<Row>) => throughPages(read, 'first', 100);
  const erased: string[] = [];
  for await (const key of views.erasedAccounts()) erased.push(key);
  const moments = [...new Set(events.map(({ recordedAt }) => recordedAt.getTime()))].slice(0, 10).map((at) => lastPositionAt(events, new Date(at)));
  return {
    accounts: fields.map((field) => each((page) => accounts.page(everyStatus, { field, direction: 'ASC' }, page))),
    found: texts.map((text) => each((page) => accounts.page({ text }, { field: 'ACCOUNT_ID', direction: 'ASC' }, page))),
    past: moments.map((at) => each((page) => accounts.pageAt({ ...everyStatus, text: 'sales' }, { field: 'ACCOUNT_NAME', direction: 'DESC' }, page, at))),
    counts: [
      accounts.count({}),
      accounts.count(everyStatus),
      auditTrail.count({}),
      tokens.count(),
      accounts.countAt({}, lastPositionAt(events, new Date(start))),
    ],
    entries: each((page) => auditTrail.page({}, page)),
    entriesFound: texts.map((text) => each((page) => auditTrail.page({ text }, page)).map(({ id }) => id)),
    tokens: each((page) => tokens.page(page)),
    erased,
  };
}

describe('views built anew', () => {
  it('answer as those that followed the log piece by piece, through stops and starts: for any history', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories(60),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.boolean()), { minLength: 1, maxLength: 4 }),
        async (history, pieces) => {
          const { events } = history.log;
          const log = new MemoryLog();
          const directory = temporaryDirectory();
          let views = await viewsOf(log, directory);
          for (const [size, restarts] of [...pieces, [events.length, false] as const]) {
            for (const event of events.slice(log.events.length, log.events.length + size)) log.record(event.streamId, [event], event.recordedAt);
            expect(await views.readYourWrites.reached(BigInt(log.events.length))).toBe(true);
            if (!restarts) continue;
            await views.stop();
            views = await viewsOf(log, directory);
          }
          const followed = await answersOf(views, history);
          for (const name of views.names) await views.rebuild(name);
          expect(await answersOf(views, history)).toEqual(followed);
          await views.stop();
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it('tell how far they are while they are built, and how far behind afterwards', async () => {
    const history = new History();
    history.recordForeign('emailAccount-a', 'AccountCreated', { accountId: 'a', accountName: 'a', provider: 'custom' });
    const directory = temporaryDirectory();
    const listener = { stopped: () => undefined, storeLost: () => undefined };
    const views = await openViews(history.log, {
      rawEvents: history.log,
      directory,
      listener,
      readYourWritesMilliseconds: 1,
      follow: false,
      now: () => new Date(start + 5_000),
    });
    const progress: [number, number][] = [];
    expect(views.names).toEqual(['email-accounts', 'audit-trail', 'api-tokens', 'authentication-profiles', 'expiries', 'truststores', 'audit-ledger']);
    await expect(views.rebuild('none')).rejects.toThrow(RangeError);
    for (const name of views.names) await views.rebuild(name, (done, total) => void progress.push([done, total]));
    expect(progress.at(-1)).toEqual([1, 1]);
    history.recordForeign('emailAccount-a', 'AccountRenamed', { accountName: 'b' });
    const facts = await views.facts(2n);
    expect(facts.map(({ eventsBehind, secondsBehind, position }) => [eventsBehind, secondsBehind, position])).toEqual([
      [1, 5, 1n],
      [1, 5, 1n],
      [0, 0, 1n],
      [0, 0, 1n],
      [1, 5, 1n], // what is about to expire
      [0, 0, 1n],
      [1, 5, 1n],
    ]);
    expect((await views.facts(1n)).map(({ eventsBehind, secondsBehind }) => [eventsBehind, secondsBehind])).toEqual(views.names.map(() => [0, 0]));
    await views.stop();
  });
});
