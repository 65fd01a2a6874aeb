import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { secretChangeOf, type SecretChange } from '../../src/domain/email-account/secret-change.js';
import type { Password } from '../../src/domain/email-account/settings.js';
import { passwordOf } from '../../src/domain/email-account/state.js';
import { account, password, smtp } from './inputs.js';
import { call, sharedCommands } from './opened-commands.js';

const commands = sharedCommands();
const texts = fc.array(fc.constantFrom('one', 'two', 'three', null), { minLength: 1, maxLength: 8 });
let accounts = 0;

function changeOf(before: string | null, after: string | null): SecretChange | null {
  if (after === null) return before === null ? null : 'CLEARED';
  if (before === null) return 'SET';
  return before === after ? 'ENTERED_AGAIN' : 'CHANGED';
}

it('what became of a password between any two versions is what became of its value, whatever was entered, cleared and entered again', async () => {
  await fc.assert(
    fc.asyncProperty(texts, async (entered) => {
      const accountId = `Again-${++accounts}`;
      await commands().accounts.create(call, account({ accountId, sender: smtp('one'), receiver: null }), {});
      const versions: { readonly text: string | null; readonly reference: Password }[] = [];
      for (const text of entered) {
        const { entity } = await commands().accounts.changeSenderPassword(call, { accountId, password: password(text) }, {});
        versions.push({ text, reference: passwordOf(entity?.account.sender ?? null) });
      }
      for (const [index, before] of versions.entries())
        for (const after of versions.slice(index + 1)) expect(secretChangeOf(before.reference, after.reference)).toBe(changeOf(before.text, after.text));
    }),
    { numRuns: 25 },
  );
});
