import { expect, it } from 'vitest';
import { account, smtp } from './inputs.js';
import { call, openCommands } from './opened-commands.js';

/** Each differs from the id of an account in something that a store or a fold of cases could lose. */
const others = ['Sales\0', 'Sales\0x', '\0Sales', 'Sales\ud83d', 'Sales ', ' Sales', 'Sales\n', 'Sales%', 'Sale_', 'Sales\u200b', '', 'x'.repeat(100_000)];

it('an id that is not exactly that of an account changes, opens and reads none', async () => {
  const opened = await openCommands();
  const { accounts, history, connectionTests, testMessages, secrets, tested } = opened;
  await accounts.create(call, account(), {});
  const { signal } = new AbortController();
  for (const accountId of others) {
    const answers = [
      await accounts.configureSender(call, { accountId, sender: smtp('other', { host: 'smtp.example.org' }) }, {}),
      await accounts.revert(call, { accountId, toVersion: 1 }, {}),
      await accounts.erase(call, { accountId, confirmation: accountId }, { reason: 'Asked for' }),
      await testMessages.send(call, { accountId, to: 'bob@example.com' }, {}, signal),
      ...(accountId === '' ? [] : [await connectionTests.test(call, { accountId }, signal)]),
    ];
    for (const { problems } of answers) expect(problems).toMatchObject([{ code: 'NOT_FOUND', field: ['accountId'] }]);
    expect((await accounts.create(call, account({ accountId }), {})).problems).toMatchObject([{ code: 'INVALID_FORMAT', field: ['accountId'] }]);
    expect([await history.atVersion(accountId, 1), await history.at(accountId, new Date())]).toEqual([null, null]);
  }
  expect(tested).toEqual([]);
  expect(await opened.stream('emailAccount-sales')).toHaveLength(3);
  expect(await secrets.listIds('Sales')).toHaveProperty('size', 2);
});
