import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiTokens } from '../../projections/api-tokens.js';
import { actors, History, issue, start } from './histories.js';
import { throughPages } from './pages.js';
import { filled, temporaryDirectory } from './temporary-views.js';

const history = new History();
history.do({ by: 1, after: 0, token: 't1', command: { ...issue('t1'), bootstrap: true } as ReturnType<typeof issue> });
history.do({ by: 0, after: 1_000, token: 't2', command: issue('t2') });
history.do({ by: 0, after: 1_000, token: 't1', command: { type: 'NoteUse', ip: null } });
history.do({ by: 0, after: 1_000, token: 't1', command: { type: 'RevokeApiToken' } });
const at = (seconds: number) => new Date(start + 1_000 * seconds).toISOString();

describe('the view of API tokens', () => {
  it.each([true, false])('tells who issued a token, when it was used last and since when it is revoked, also after a restart (%s)', (reopens) => {
    const { reader } = filled(apiTokens, history.log.events, join(temporaryDirectory(), 'tokens.db'), { sizes: [1], reopens });
    expect(reader.find('t1')).toEqual({
      id: 't1',
      name: 'Token t1',
      role: 'VIEWER',
      createdAt: at(0),
      createdBy: actors[1],
      expiresAt: null,
      lastUsedAt: at(2),
      revokedAt: at(3),
    });
    expect([reader.find('t2')?.lastUsedAt, reader.find('t2')?.revokedAt, reader.find('t3')]).toEqual([null, null, null]);
    expect(reader.stored('t1')).toMatchObject({ verifier: 'verifier-t1', bootstrap: true, revokedAt: at(3) });
    expect(reader.count()).toBe(2);
    for (const take of ['first', 'last'] as const) expect(throughPages((page) => reader.page(page), take, 1).map(({ id }) => id)).toEqual(['t1', 't2']);
  });

  it('forgets what was applied when the transaction fails', () => {
    const build = filled(apiTokens, history.log.events.slice(0, 1), join(temporaryDirectory(), 'tokens.db'));
    const [first, second] = history.log.events;
    if (!first || !second) throw new Error('The history is shorter than this test.');
    // The first event again cannot be written: the second, in the same batch, must not be seen before it is written either.
    expect(() => build.apply([first, second], 2n)).toThrow('cannot take the event');
    expect(build.reader.find('t2')).toBeNull();
  });
});
