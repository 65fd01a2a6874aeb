import { describe, expect, it } from 'vitest';
import { CommandHandler } from '../../src/commands/command-handler.js';
import { EmailAccountCommands } from '../../src/commands/email-account-commands.js';
import { secretReferences } from '../../src/domain/email-account/state.js';
import { ConcurrencyConflict, StoreUnavailable, type EventStore } from '../../src/event-store/event-store.js';
import { account, password } from './inputs.js';
import { call, openCommands, overriding, sharedCommands, type OpenedCommands } from './opened-commands.js';

const Sales = { accountId: 'Sales' };

/** Another writer is quicker, once: after this one has read the stream, and before it appends. */
async function withRival(act: (rival: OpenedCommands['accounts']) => Promise<unknown>): Promise<OpenedCommands> {
  const rival: { act: (() => Promise<unknown>) | null } = { act: null };
  const opened = await openCommands({ wrapEvents: (store) => afterTheRival(store, rival) });
  await opened.accounts.create(call, account(), {});
  // A handler of its own, as another process has: nothing but the exact revision decides between the two.
  const { handler } = opened;
  const other = new CommandHandler(opened.events, handler.securityLog, handler.readYourWrites, handler.onLateFault, handler.reasonRequiredFor);
  const accounts = new EmailAccountCommands(
    other,
    opened.secrets,
    opened.history,
    () => null,
    () => Promise.resolve(),
    () => new Date(),
  );
  rival.act = () => act(accounts);
  return opened;
}

function afterTheRival(store: EventStore, rival: { act: (() => Promise<unknown>) | null }): EventStore {
  return overriding(store, {
    async appendToStream(streamId, events, expected) {
      const { act } = rival;
      rival.act = null;
      await act?.();
      return store.appendToStream(streamId, events, expected);
    },
  });
}

describe('of two writers', () => {
  it('the slower one decides anew on what the quicker one wrote', async () => {
    const opened = await withRival((rival) => rival.rename(call, { ...Sales, accountName: 'Quicker' }, {}));
    const changed = await opened.accounts.disable(call, Sales, {});
    expect(changed).toMatchObject({ problems: [], entity: { version: 5, account: { accountName: 'Quicker', status: 'disabled' } } });
  });

  it('the slower one is refused where what the quicker one wrote forbids it', async () => {
    const opened = await withRival((rival) => rival.delete(call, Sales, {}));
    expect(await opened.accounts.rename(call, { ...Sales, accountName: 'Slower' }, {})).toMatchObject({
      entity: null,
      problems: [{ code: 'ACCOUNT_DELETED' }],
    });
  });

  it('the slower one is refused where it expected the version that the quicker one changed', async () => {
    const opened = await withRival((rival) => rival.rename(call, { ...Sales, accountName: 'Quicker' }, {}));
    const late = await opened.accounts.rename(call, { ...Sales, accountName: 'Slower' }, { expectedVersion: 3 });
    expect(late).toMatchObject({ entity: null, problems: [{ code: 'VERSION_CONFLICT', versions: { expected: 3, current: 4 } }] });
  });

  it('each sets a password of its own version, and the last one opens', async () => {
    const change = (text: string) => ({ ...Sales, password: password(text) });
    const opened = await withRival((rival) => rival.changeSenderPassword(call, change('quicker'), {}));
    const { entity } = await opened.accounts.changeSenderPassword(call, change('slower'), {});
    const [reference] = entity ? secretReferences(entity.account) : [];
    expect(reference).toMatchObject({ version: 3 });
    if (!reference) throw new Error('The sender has a password.');
    expect((await opened.secrets.open('Sales', { ...reference, slot: 'sender.password' })).reveal()).toBe('slower');
  });

  it('one creates the account, and the other is told that it is there', async () => {
    const opened = await openCommands();
    const answers = await Promise.all(['Sales', 'SALES'].map((accountId) => opened.accounts.create(call, account({ accountId }), {})));
    expect(answers.map(({ problems }) => problems.map(({ code }) => code))).toEqual([[], ['ALREADY_EXISTS']]);
  });

  it('one that always loses gives up, and says that it may be tried again', async () => {
    let conflicts = 0;
    const opened = await openCommands({
      wrapEvents: (store) =>
        overriding(store, {
          appendToStream: (streamId, events, expected) => {
            if (!streamId.startsWith('emailAccount-')) return store.appendToStream(streamId, events, expected);
            conflicts++;
            return Promise.reject(new ConcurrencyConflict(streamId, expected, 7n));
          },
        }),
    });
    await expect(opened.accounts.create(call, account(), {})).rejects.toThrow(StoreUnavailable);
    expect(conflicts).toBeGreaterThan(1);
    expect(await opened.stream('emailAccount-sales')).toEqual([]);
  });
});

describe('an expected version', () => {
  const commands = sharedCommands();
  const rename = (accountId: string, expectedVersion: number) =>
    commands().accounts.rename(call, { accountId, accountName: `Expecting ${expectedVersion}` }, { expectedVersion });
  const test = (accountId: string) => commands().connectionTests.test(call, { accountId }, new AbortController().signal);
  const conflict = (expected: number, current: number) => ({
    entity: null,
    problems: [{ code: 'VERSION_CONFLICT', field: ['expectedVersion'], versions: { expected, current } }],
  });

  it('is the current one, or the change is refused with both', async () => {
    const accountId = 'Versions';
    await commands().accounts.create(call, account({ accountId }), {});
    for (const expected of [-1, 0, 2, 4, 2_147_483_647]) expect(await rename(accountId, expected)).toMatchObject(conflict(expected, 3));
    expect(await rename(accountId, 3)).toMatchObject({ problems: [], entity: { version: 4 } });
  });

  it('may be one that only connection tests came after', async () => {
    const accountId = 'Tested';
    await commands().accounts.create(call, account({ accountId }), {});
    await test(accountId);
    await test(accountId);
    expect(await rename(accountId, 2)).toMatchObject(conflict(2, 5));
    expect(await rename(accountId, 6)).toMatchObject(conflict(6, 5));
    expect(await rename(accountId, 3)).toMatchObject({ problems: [], entity: { version: 6 } });
    await test(accountId);
    expect(await rename(accountId, 5)).toMatchObject(conflict(5, 7));
    expect(await rename(accountId, 6)).toMatchObject({ problems: [], entity: { version: 8 } });
  });

  it('does not get in the way of a repeat, and of no account there is none', async () => {
    const accountId = 'Repeated';
    await commands().accounts.create(call, account({ accountId }), {});
    const change = () => commands().accounts.disable(call, { accountId }, { expectedVersion: 3, idempotencyKey: 'disable-repeated' });
    expect(await change()).toMatchObject({ problems: [], entity: { version: 4 } });
    expect(await change()).toMatchObject({ problems: [], entity: { version: 4 } });
    expect(await rename('Nobody', 3)).toMatchObject({ problems: [{ code: 'NOT_FOUND' }] });
  });
});

describe('a stop', () => {
  it('is waited for by what a caller asked for who has gone away since, a refusal and its record too', async () => {
    const opened = await openCommands();
    const under = [opened.accounts.create(call, account(), {}), opened.accounts.rename(call, { ...Sales, accountName: '' }, {})];
    await opened.handler.idle();
    const pending = Symbol('still under way');
    for (const each of under) expect(await Promise.race([each, Promise.resolve(pending)])).not.toBe(pending);
    const recorded: string[] = [];
    for await (const { type } of opened.events.readAll()) recorded.push(type);
    expect(recorded).toEqual(['AccountCreated', 'SenderConfigured', 'ReceiverConfigured', 'CommandRefused']);
  });
});
