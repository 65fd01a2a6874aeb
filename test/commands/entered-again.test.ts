import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secretChangeOf, type SecretChange } from '../../src/domain/email-account/secret-change.js';
import type { Password } from '../../src/domain/email-account/settings.js';
import { passwordOf } from '../../src/domain/email-account/state.js';
import { account, password, smtp } from './inputs.js';
import { call, sharedCommands } from './opened-commands.js';

const commands = sharedCommands();
const texts = fc.array(fc.constantFrom('one', 'two', 'three', null), { minLength: 1, maxLength: 8 });
let accounts = 0;

/** What is to be told of the two: that a value is the same only where every version from the one to the other has it. */
function changeOf(from: readonly (string | null)[]): SecretChange | null {
  const [before, after] = [from[0] ?? null, from.at(-1) ?? null];
  if (after === null) return before === null ? null : 'CLEARED';
  if (before === null) return 'SET';
  return from.every((text) => text === before) ? 'ENTERED_AGAIN' : 'CHANGED';
}

it('what became of a password between any two versions is told by the values of all from the one to the other: whether it came back is not', async () => {
  await fc.assert(
    fc.asyncProperty(texts, async (entered) => {
      const accountId = `Again-${++accounts}`;
      await commands().accounts.create(call, account({ accountId, sender: smtp('one'), receiver: null }), {});
      const references: Password[] = [];
      for (const text of entered) {
        const { entity } = await commands().accounts.changeSenderPassword(call, { accountId, password: password(text) }, {});
        references.push(passwordOf(entity?.account.sender ?? null));
      }
      for (const [index, before] of references.entries())
        for (const [further, after] of references.slice(index + 1).entries())
          expect(secretChangeOf(before, after)).toBe(changeOf(entered.slice(index, index + further + 2)));
    }),
    { numRuns: 25 },
  );
});

describe('whoever may enter a password and not read it', () => {
  /** An account with somebody's password, and what a guess at it is told, by the trail and by a comparison with every version. */
  async function guessing() {
    const accountId = `Guessed-${++accounts}`;
    const created = await commands().accounts.create(call, account({ accountId, sender: smtp('theirs'), receiver: null }), {});
    const guess = async (text: string) => {
      const { entity } = await commands().accounts.changeSenderPassword(call, { accountId, password: password(text) }, {});
      const guessed = passwordOf(entity?.account.sender ?? null);
      const told = new Set<SecretChange | null>();
      for (let version = 1; version < (entity?.version ?? 0); version++) {
        const before = (await commands().history.atVersion(accountId, version))?.account.sender ?? null;
        told.add(secretChangeOf(passwordOf(before), guessed));
      }
      return told;
    };
    const change = (to: string | null) => commands().accounts.changeSenderPassword(call, { accountId, password: password(to) }, {});
    const revert = () => commands().accounts.revert(call, { accountId, toVersion: created.entity?.version ?? 0 }, {});
    return { accountId, guess, change, revert };
  }

  it('is told of the right one, once: it was the only guess, and the password is given up with it', async () => {
    const { guess } = await guessing();
    expect(await guess('theirs')).toContain('ENTERED_AGAIN');
  });

  it('is not told of the right one after a wrong one', async () => {
    const { guess } = await guessing();
    expect(await guess('mine')).not.toContain('ENTERED_AGAIN');
    expect(await guess('theirs')).not.toContain('ENTERED_AGAIN');
  });

  it('is not told of it where a revert brings the password back after each guess', async () => {
    const { guess, change, revert } = await guessing();
    for (const text of ['mine', 'theirs']) {
      expect(await guess(text)).not.toContain('ENTERED_AGAIN');
      await change(null);
      const { entity } = await revert();
      expect(passwordOf(entity?.account.sender ?? null)).toMatchObject({ version: 1 });
    }
  });

  it('is not told of it where the sender was removed and configured again', async () => {
    const { accountId } = await guessing();
    await commands().accounts.removeSender(call, { accountId }, {});
    const { entity } = await commands().accounts.configureSender(call, { accountId, sender: smtp('theirs') }, {});
    expect(passwordOf(entity?.account.sender ?? null)).not.toHaveProperty('sameValueAs');
  });
});
