import { describe, expect, it } from 'vitest';
import { beforeAll } from '../../src/commands/moment.js';
import { NotYetPassed, TimeInLog } from '../../src/commands/time-in-log.js';
import { StoreUnavailable } from '../../src/event-store/event-store.js';
import { creation, History } from '../projections/histories.js';
import { viewsOf } from '../projections/temporary-views.js';

/** Three accounts, a second apart; the log's first event was recorded at `times[0]`. */
async function threeAccounts() {
  const history = new History();
  for (const id of ['a', 'b', 'c']) history.account(id, creation(id));
  const views = await viewsOf(history.log);
  const { events } = history.log;
  return { history, views, events, first: events[0]?.recordedAt.getTime() ?? 0, last: events.at(-1)?.recordedAt.getTime() ?? 0 };
}

describe('up to where in the log a time reaches', () => {
  it('is the last event up to the end of its millisecond', async () => {
    const { history, views, events, first } = await threeAccounts();
    const times = new TimeInLog(history.log, views.auditTrail);
    expect(await times.lastPosition(new Date(first - 1))).toBe(beforeAll);
    for (const { recordedAt } of events)
      for (const beside of [-1, 0, 1]) {
        const time = new Date(recordedAt.getTime() + beside);
        expect(await times.lastPosition(time)).toBe(events.findLast((event) => event.recordedAt <= time)?.position ?? beforeAll);
      }
  });

  it('is not told of a time more than a second ahead, unless the log has come further', async () => {
    const { history, views, first, last } = await threeAccounts();
    const times = new TimeInLog(history.log, views.auditTrail, () => new Date(first));
    for (const time of [new Date(last + 1), new Date('9999-12-31T23:59:59.999Z'), new Date(8.64e15), new Date(Number.NaN)])
      await expect(times.lastPosition(time)).rejects.toThrow(NotYetPassed);
    // The clock of the log is ahead of ours: what it has recorded has passed all the same.
    expect(await times.lastPosition(new Date(last - 1))).toBeLessThan(history.log.events.at(-1)?.position ?? 0n);
  });

  it('waits until a second has passed, so that what is recorded up to the time meanwhile belongs to it', async () => {
    const { history, views, last } = await threeAccounts();
    const times = new TimeInLog(history.log, views.auditTrail, () => new Date(last));
    const found = times.lastPosition(new Date(last));
    const { position } = history.log.record(
      'emailAccount-a',
      [{ id: '00000000-0000-4000-8000-00000000beef', type: 'AccountDeleted', data: {}, metadata: {} }],
      new Date(last),
    );
    expect(await found).toBe(position);
  });

  it('waits for the audit trail, and says so when it does not come', async () => {
    const { history, views, last } = await threeAccounts();
    const { auditTrail } = views;
    const behind = { lastAt: auditTrail.lastAt.bind(auditTrail), position: () => 1n, reached: () => Promise.resolve(false) };
    const times = new TimeInLog(history.log, behind, () => new Date(last + 60_000));
    await expect(times.lastPosition(new Date(last))).rejects.toThrow(StoreUnavailable);
  });
});
