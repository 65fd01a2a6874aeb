import { describe, expect, it } from 'vitest';
import { StoreUnavailable, type EventStore } from '../../src/event-store/event-store.js';
import { account, password, smtp } from './inputs.js';
import { unsealed, withUnsealedAccount } from './unsealed-account.js';
import { call, callOf, openCommands, overriding, sharedCommands, temporaryDirectory, type OpenedCommands } from './opened-commands.js';

const key = { idempotencyKey: 'key-1' };
const reused = [{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }];
const lengthOf = async (opened: OpenedCommands, accountId: string) => (await opened.stream(`emailAccount-${accountId.toLowerCase()}`)).length;
const shared = sharedCommands();

describe('the same idempotency key', () => {
  it('with the same input gets the first answer, whatever happened since', async () => {
    const opened = await openCommands();
    const { accounts } = opened;
    const first = await accounts.create(call, account(), key);
    await accounts.rename(call, { accountId: 'Sales', accountName: 'Other' }, {});
    await accounts.delete(call, { accountId: 'Sales' }, {});
    const again = await accounts.create(call, account(), key);
    expect(first.problems).toEqual([]);
    expect(again.problems).toEqual([]);
    expect(again.entity).toEqual(first.entity);
    expect(await lengthOf(opened, 'sales')).toBe(5);
  });

  it.each([
    ['another name', { accountName: 'Other' }],
    ["another sender's password", { sender: smtp('another secret') }],
    ['no password where there was one', { sender: smtp(null) }],
    ['another port', { sender: smtp('sender secret', { port: 2525 }) }],
  ])('with %s is refused', async (what, other) => {
    const [accountId, options] = [what.replace(/\W/g, ''), { idempotencyKey: what }];
    await shared().accounts.create(call, account({ accountId }), options);
    expect((await shared().accounts.create(call, account({ accountId, ...other }), options)).problems).toMatchObject(reused);
    expect(await lengthOf(shared(), accountId)).toBe(3);
  });

  it('for another command, or on another account, is refused', async () => {
    const opened = await openCommands();
    const { accounts } = opened;
    await accounts.create(call, account(), {});
    await accounts.create(call, account({ accountId: 'Other' }), {});
    await accounts.disable(call, { accountId: 'Sales' }, key);
    expect((await accounts.enable(call, { accountId: 'Sales' }, key)).problems).toMatchObject(reused);
    expect((await accounts.disable(call, { accountId: 'Other' }, key)).problems).toMatchObject(reused);
    expect(await lengthOf(opened, 'other')).toBe(3);
  });

  it('of another caller is another key', async () => {
    const { accounts } = shared();
    await accounts.create(call, account(), key);
    const changed = await accounts.rename(callOf('tok2'), { accountId: 'Sales', accountName: 'Other' }, key);
    expect(changed).toMatchObject({ problems: [], entity: { version: 4 } });
  });

  it('in two requests at the same moment makes one change, and both get its answer', async () => {
    const opened = await openCommands();
    const change = () => opened.accounts.create(call, account(), key);
    const answers = await Promise.all([change(), change(), change()]);
    for (const answer of answers) expect(answer).toMatchObject({ problems: [], entity: { version: 3 } });
    expect(await lengthOf(opened, 'sales')).toBe(3);
    expect(await opened.secrets.listIds('Sales')).toHaveProperty('size', 2);
  });

  it('on two accounts at the same moment changes one of them', async () => {
    const opened = await openCommands();
    await opened.accounts.create(call, account(), {});
    await opened.accounts.create(call, account({ accountId: 'Other' }), {});
    const answers = await Promise.all(['Sales', 'Other'].map((accountId) => opened.accounts.disable(call, { accountId }, key)));
    expect(answers.flatMap(({ problems }) => problems)).toMatchObject(reused);
    expect([await lengthOf(opened, 'sales'), await lengthOf(opened, 'other')].sort((one, other) => one - other)).toEqual([3, 4]);
  });

  it('is known after a restart', async () => {
    const directory = await temporaryDirectory();
    const before = await openCommands({ directory });
    const first = await before.accounts.create(call, account(), key);
    await before.close();
    const after = await openCommands({ directory });
    expect((await after.accounts.create(call, account(), key)).entity).toEqual(first.entity);
    expect((await after.accounts.create(call, account({ sender: smtp('another secret') }), key)).problems).toMatchObject(reused);
    expect((await after.accounts.create(call, account({ accountId: 'Other' }), key)).problems).toMatchObject(reused);
  });

  it('is known also where a reason came to be needed since, which another change has to have', async () => {
    const directory = await temporaryDirectory();
    const before = await openCommands({ directory });
    const first = await before.accounts.create(call, account(), key);
    await before.close();
    const { accounts } = await openCommands({ directory, reasonRequiredFor: new Set(['createEmailAccount', 'renameEmailAccount']) });
    expect(await accounts.create(call, account(), key)).toMatchObject({ problems: [], entity: first.entity });
    expect((await accounts.create(call, account({ accountName: 'Other' }), key)).problems).toMatchObject(reused);
    const another = await accounts.rename(call, { accountId: 'Sales', accountName: 'Other' }, { idempotencyKey: 'key-2' });
    expect(another.problems).toMatchObject([{ code: 'REASON_REQUIRED', field: ['reason'] }]);
  });

  it('of a change that was written before personal data was sealed is known, also once the account has a key', async () => {
    const opened = await openCommands();
    await withUnsealedAccount(opened, 'key-1');
    expect(await opened.accounts.create(call, unsealed, key)).toMatchObject({ problems: [], entity: { version: 2 } });
    await opened.accounts.rename(call, { accountId: 'Old', accountName: 'New' }, {});
    expect(await opened.accounts.create(call, unsealed, key)).toMatchObject({ problems: [], entity: { version: 2 } });
    expect((await opened.accounts.create(call, { ...unsealed, accountName: 'New' }, key)).problems).toMatchObject(reused);
  });

  it('of what changed nothing is not remembered: a retry is decided anew', async () => {
    const opened = await openCommands();
    await opened.accounts.create(call, account(), {});
    const rename = (accountName: string, options = {}) => opened.accounts.rename(call, { accountId: 'Sales', accountName }, options);
    await rename('Sales', key);
    await rename('Other');
    expect(await rename('Sales', key)).toMatchObject({ problems: [], entity: { version: 5 } });
    await rename('Other');
    expect(await rename('Sales', key)).toMatchObject({ problems: [], entity: { version: 5 } });
    expect(await lengthOf(opened, 'sales')).toBe(6);
  });

  it('finishes a change whose outcome was not known: done already, it is not done again', async () => {
    const opened = await openCommands({ wrapEvents: (store) => answeringOnce(store, 'after') });
    await expect(opened.accounts.create(call, account(), key)).rejects.toThrow(StoreUnavailable);
    expect(await opened.accounts.create(call, account(), key)).toMatchObject({ problems: [], entity: { version: 3 } });
    expect(await lengthOf(opened, 'sales')).toBe(3);
    expect(await opened.secrets.listIds('Sales')).toHaveProperty('size', 2);
  });

  it('finishes a change whose outcome was not known: not done yet, it is done', async () => {
    const opened = await openCommands({ wrapEvents: (store) => answeringOnce(store, 'before') });
    await expect(opened.accounts.create(call, account(), key)).rejects.toThrow(StoreUnavailable);
    expect((await opened.accounts.create(call, account({ sender: smtp('another secret') }), key)).problems).toMatchObject(reused);
    expect(await opened.accounts.create(call, account(), key)).toMatchObject({ problems: [], entity: { version: 3 } });
    expect(await opened.secrets.listIds('Sales')).toHaveProperty('size', 2);
  });

  it('destroys what an erasure of unknown outcome left behind', async () => {
    const opened = await openCommands({ wrapEvents: (store) => answeringOnce(store, 'after', 'AccountErased') });
    const erase = () => opened.accounts.erase(call, { accountId: 'Sales', confirmation: 'Sales' }, { ...key, reason: 'Asked for' });
    await opened.accounts.create(call, account(), {});
    await expect(erase()).rejects.toThrow(StoreUnavailable);
    expect(await erase()).toMatchObject({ problems: [], entity: null });
    expect(await opened.secrets.status()).toMatchObject({ accounts: 0, secrets: 0, shreddedAccounts: 1 });
  });

  it('of a change before an erasure brings nothing of the account back', async () => {
    const { accounts } = await openCommands();
    await accounts.create(call, account(), {});
    await accounts.rename(call, { accountId: 'Sales', accountName: 'Personal data' }, key);
    await accounts.erase(call, { accountId: 'Sales', confirmation: 'Sales' }, { reason: 'Asked for' });
    expect(await accounts.rename(call, { accountId: 'Sales', accountName: 'Personal data' }, key)).toMatchObject({ problems: [], entity: null });
  });
});

it('without an idempotency key every request is a change of its own', async () => {
  const { accounts } = shared();
  await accounts.create(call, account({ accountId: 'Keyless' }), {});
  const change = () => accounts.changeSenderPassword(call, { accountId: 'Keyless', password: password('new secret') }, {});
  expect([(await change()).entity?.version, (await change()).entity?.version]).toEqual([4, 5]);
});

describe.each([
  ['reason', 500, ['reason']],
  ['idempotencyKey', 200, ['idempotencyKey']],
] as const)('a %s', (option, maximum, field) => {
  let accounts = 0;
  const disable = async (text: string) => {
    const accountId = `${option}-${++accounts}`;
    await shared().accounts.create(call, account({ accountId }), {});
    return { accountId, changed: await shared().accounts.disable(call, { accountId }, { [option]: text }) };
  };

  it(`of ${maximum} characters is taken, however wide they are`, async () => {
    expect((await disable('😀'.repeat(maximum))).changed).toMatchObject({ problems: [], entity: { version: 4 } });
  });

  it.each([
    ['is too long', 'x'.repeat(maximum + 1), 'TOO_LONG'],
    ['has a control character', 'a\u0007b', 'FORBIDDEN_CHARACTER'],
    ['has a mark that reorders text', 'a\u202eb', 'FORBIDDEN_CHARACTER'],
    ['has half a character', 'a\ud83d', 'FORBIDDEN_CHARACTER'],
  ])('that %s is refused, and is not kept with the refusal', async (_what, text, code) => {
    const { accountId, changed } = await disable(text);
    expect(changed).toMatchObject({ entity: null, problems: [{ code, field }] });
    expect(await lengthOf(shared(), accountId)).toBe(3);
    const { entries } = shared().views.auditTrail.page({ entityId: [accountId] }, { take: 'last', size: 1, after: null, before: null });
    expect(entries).toMatchObject([{ row: { action: 'CommandRefused', reason: null } }]);
  });
});

/** Fails one append, before or after it really happened. */
function answeringOnce(store: EventStore, when: 'before' | 'after', type?: string): EventStore {
  let failed = false;
  return overriding(store, {
    async appendToStream(streamId, events, expected) {
      const fails = !failed && streamId.startsWith('emailAccount-') && (type === undefined || events.some((event) => event.type === type));
      failed ||= fails;
      if (fails && when === 'before') throw new StoreUnavailable('The connection was cut.');
      const appended = await store.appendToStream(streamId, events, expected);
      if (fails) throw new StoreUnavailable('The connection was cut.');
      return appended;
    },
  });
}
