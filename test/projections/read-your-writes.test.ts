import { describe, expect, it } from 'vitest';
import { InvalidConsistencyToken, ReadYourWrites } from '../../projections/read-your-writes.js';
import { creation, History } from './histories.js';
import { viewsOf } from './temporary-views.js';

describe('who has written', () => {
  it('reads what was written as soon as all views show it, by position and by token', async () => {
    const history = new History();
    const views = await viewsOf(history.log);
    history.account('Sales', creation('Sales'));
    expect(views.accounts.find('Sales')).toBeNull();
    expect(await views.readYourWrites.reached(1n)).toBe(true);
    expect([views.accounts.find('Sales')?.version, views.auditTrail.count({})]).toEqual([1, 1]);
    expect(await views.readYourWrites.reachedToken(views.readYourWrites.token(1n))).toBe(true);
    expect(views.readYourWrites.streamOfCommand('command-1')).toBe('emailAccount-sales');
  });

  it('is told after the deadline that the views are not there yet', async () => {
    const views = await viewsOf(new History().log, undefined, { readYourWritesMilliseconds: 1 });
    expect(await views.readYourWrites.reached(1n)).toBe(false);
    expect(await views.readYourWrites.reachedToken(views.readYourWrites.token(7n))).toBe(false);
  });

  it('waits for the slowest view', async () => {
    const asked: bigint[] = [];
    const view = (isThere: boolean) => ({ waitFor: (position: bigint) => Promise.resolve((asked.push(position), isThere)) });
    expect(await new ReadYourWrites([view(true), view(false)], 1_000, () => null).reached(5n)).toBe(false);
    expect(await new ReadYourWrites([view(true), view(true)], 1_000, () => null).reached(5n)).toBe(true);
    expect(asked).toEqual([5n, 5n, 5n, 5n]);
  });

  it('is refused a token that was damaged or made up', async () => {
    const written = new ReadYourWrites([], 1_000, () => null);
    const token = written.token(123_456_789n);
    expect(await written.reachedToken(token)).toBe(true);
    for (const damaged of ['', 'nonsense', token.slice(1), `${token}x`, token.replace(/^./, '3'), '5', token.toUpperCase()])
      await expect(written.reachedToken(damaged)).rejects.toThrow(InvalidConsistencyToken);
  });
});
