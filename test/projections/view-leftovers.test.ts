import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ViewDatabase } from '../../projections/view-database.js';
import { keepViewsScrubbed } from '../../src/start/view-upkeep.js';
import { temporaryDirectory } from './temporary-views.js';

const secret = 'kanarie@example.com';

/** A view of so many megabytes in which rows have moved between pages, and one row that is erased then. */
function scrubbed(megabytes: number): { readonly view: ViewDatabase; readonly file: string } {
  const file = join(temporaryDirectory(), 'views.db');
  const view = new ViewDatabase(file, 'follow');
  view.prepareTables('CREATE TABLE thing (number INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT');
  view.advance(1n, undefined, () => {
    for (let number = 0; number < megabytes * 1_000; number++)
      view.run('INSERT INTO thing VALUES (?, ?)', number * 2, number === 500 ? secret : 'x'.repeat(1_000));
  });
  view.advance(2n, undefined, () => {
    for (const number of [999, 1_001]) view.run('INSERT INTO thing VALUES (?, ?)', number, 'y'.repeat(2_500));
  });
  view.advance(3n, undefined, () => {
    view.run('DELETE FROM thing WHERE number = 1000');
    view.scrub();
  });
  return { view, file };
}

describe('what is scrubbed in a view', () => {
  it('is gone from a small file at once', () => {
    const { view, file } = scrubbed(2);
    expect(view.holdsLeftovers).toBe(false);
    expect([readFileSync(file), readFileSync(`${file}-wal`)].some((bytes) => bytes.includes(secret))).toBe(false);
    view.close();
  });

  it('may be left in unused parts of a large one, which says so, also after a restart', () => {
    const { view, file } = scrubbed(20);
    expect(view.holdsLeftovers).toBe(true);
    view.close();
    const again = new ViewDatabase(file, 'follow');
    expect(again.holdsLeftovers).toBe(true);
    again.close();
  });

  it('is then taken care of by a build anew, without a restart', async () => {
    const left = new Set(['audit-trail', 'email-accounts']);
    const faults: unknown[] = [];
    let isAway = true;
    const views = {
      withLeftovers: () => [...left],
      rebuild(name: string) {
        if (isAway && name === 'email-accounts') return Promise.reject(new Error('The log is away.'));
        left.delete(name);
        return Promise.resolve({ events: 0 });
      },
    };
    const first = keepViewsScrubbed(views, (error) => faults.push(error));
    await first.firstRound;
    first.stop();
    expect([[...left], faults.length]).toEqual([['email-accounts'], 1]);
    isAway = false;
    const second = keepViewsScrubbed(views, (error) => faults.push(error));
    await second.firstRound;
    second.stop();
    expect([[...left], faults.length]).toEqual([[], 1]);
  });
});
