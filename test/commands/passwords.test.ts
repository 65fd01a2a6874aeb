import { describe, expect, it } from 'vitest';
import { secretReferences } from '../../src/domain/email-account/state.js';
import { StoreUnavailable } from '../../src/event-store/event-store.js';
import { SecretStoreUnavailable, type SecretStore } from '../../src/secret-store/secret-store.js';
import { finishErasures, keepSecretsSwept } from '../../src/start/secret-upkeep.js';
import { account, imap, password, smtp } from './inputs.js';
import { call, openCommands, overriding, temporaryDirectory, type OpenedCommands } from './opened-commands.js';

const hour = 3_600_000;
const day = 24 * hour;
const Sales = { accountId: 'Sales' };
const erasure = { ...Sales, confirmation: 'Sales' };
const asked = { reason: 'Asked for' };

const secretsLeft = async ({ secrets }: OpenedCommands) => (await secrets.listIds('Sales')).size;
const changePassword = ({ accounts }: OpenedCommands, text: string | null) => accounts.changeSenderPassword(call, { ...Sales, password: password(text) }, {});

/** One round of the service's upkeep, as it is made at the start and then hourly. */
async function sweep({ secrets, history, views }: OpenedCommands, clock: { now: Date }): Promise<void> {
  const upkeep = keepSecretsSwept(
    secrets,
    { accountHistory: history, storedProfiles: { secretIds: () => Promise.resolve(new Set()) } },
    {
      erasedAccounts: () => views.erasedAccounts(),
      noteErasure: () => Promise.resolve(),
      graceMilliseconds: day,
      now: () => clock.now,
      onFault: (error) => expect.fail(String(error)),
    },
  );
  await upkeep.firstRound;
  upkeep.stop();
}

async function withAccount(options: Parameters<typeof openCommands>[0] = {}): Promise<OpenedCommands & { readonly clock: { now: Date } }> {
  const clock = { now: new Date('2026-11-24T12:00:00Z') };
  const opened = await openCommands({ clock, ...options });
  await opened.accounts.create(call, account(), {});
  return { ...opened, clock };
}
const later = (clock: { now: Date }, milliseconds: number) => (clock.now = new Date(clock.now.getTime() + milliseconds));

describe('a password', () => {
  it('is sealed before the event that refers to it is written, and opens by what the event says', async () => {
    const order: string[] = [];
    const opened = await openCommands({
      wrapEvents: (store) =>
        overriding(store, {
          appendToStream: (streamId, events, expected) => {
            order.push(...events.map(({ type }) => type));
            return store.appendToStream(streamId, events, expected);
          },
        }),
      wrapSecrets: (store) => overriding(store, { put: (accountId, secrets) => store.put(accountId, secrets).finally(() => order.push('sealed')) }),
    });
    const { entity } = await opened.accounts.create(call, account(), {});
    expect(order).toEqual(['sealed', 'AccountCreated', 'SenderConfigured', 'ReceiverConfigured']);
    const [sender, receiver] = entity ? secretReferences(entity.account) : [];
    if (!sender || !receiver) throw new Error('Both passwords are referred to.');
    expect((await opened.secrets.open('Sales', { ...sender, slot: 'sender.password' })).reveal()).toBe('sender secret');
    expect((await opened.secrets.open('Sales', { ...receiver, slot: 'receiver.password' })).reveal()).toBe('receiver secret');
  });

  it('whose change was never written is swept an hour later, and the one in use stays', async () => {
    const opened = await withAccount({
      wrapEvents: (store) =>
        overriding(store, {
          appendToStream: (streamId, events, expected) =>
            events.some(({ type }) => type === 'SenderPasswordChanged')
              ? Promise.reject(new StoreUnavailable('The process ended here.'))
              : store.appendToStream(streamId, events, expected),
        }),
    });
    await expect(changePassword(opened, 'never written')).rejects.toThrow(StoreUnavailable);
    expect(await secretsLeft(opened)).toBe(3);
    await sweep(opened, opened.clock);
    expect(await secretsLeft(opened)).toBe(3);
    later(opened.clock, hour);
    await sweep(opened, opened.clock);
    expect(await secretsLeft(opened)).toBe(2);
    expect(await opened.accounts.disable(call, Sales, {})).toMatchObject({ entity: { account: { sender: { password: { version: 1 } } } } });
  });

  it('that cannot be sealed changes nothing', async () => {
    const opened = await openCommands({
      wrapSecrets: (store) => overriding(store, { put: () => Promise.reject(new SecretStoreUnavailable('The disk is full.')) }),
    });
    await expect(opened.accounts.create(call, account(), {})).rejects.toThrow(SecretStoreUnavailable);
    expect(await opened.stream('emailAccount-sales')).toEqual([]);
  });

  it('that was replaced or cleared stays for a day, for a revert', async () => {
    const opened = await withAccount();
    await changePassword(opened, 'second');
    await changePassword(opened, null);
    later(opened.clock, day - 1);
    await sweep(opened, opened.clock);
    expect(await secretsLeft(opened)).toBe(3);
    later(opened.clock, 1);
    await sweep(opened, opened.clock);
    expect(await secretsLeft(opened)).toBe(1);
  });

  it.each<[string, (opened: OpenedCommands) => Promise<unknown>]>([
    ['is removed', ({ accounts }) => accounts.removeReceiver(call, Sales, {})],
    ['changes its protocol', ({ accounts }) => accounts.configureReceiver(call, { ...Sales, receiver: imap('other', {}, 'pop3') }, {})],
  ])('of a section that %s is destroyed at once, and the other section keeps its own', async (_what, change) => {
    const opened = await withAccount();
    const before = await opened.secrets.listIds('Sales');
    await change(opened);
    const left = [...(await opened.secrets.listIds('Sales'))].filter((id) => before.has(id));
    expect(left).toHaveLength(1);
  });

  it('that nobody refers to any more is put away late where the store failed after the change, which stands', async () => {
    let fails = true;
    const opened = await withAccount({
      wrapSecrets: (store) =>
        overriding(store, {
          destroy: (...what) => (fails ? Promise.reject(new SecretStoreUnavailable('The disk is full.')) : store.destroy(...what)),
        }),
    });
    expect(await opened.accounts.removeReceiver(call, Sales, {})).toMatchObject({ problems: [], entity: { version: 4, account: { receiver: null } } });
    expect(opened.lateFaults).toEqual([expect.any(SecretStoreUnavailable)]);
    expect(await secretsLeft(opened)).toBe(2);
    fails = false;
    later(opened.clock, hour);
    await sweep(opened, opened.clock);
    expect(await secretsLeft(opened)).toBe(1);
  });

  it('that a revert asked for in vain keeps its day', async () => {
    const opened = await withAccount();
    await changePassword(opened, 'second');
    // Bound to the same server: the second one is kept, and the first is not brought back.
    expect(await opened.accounts.revert(call, { ...Sales, toVersion: 3 }, {})).toMatchObject({ problems: [] });
    later(opened.clock, 2 * hour);
    await sweep(opened, opened.clock);
    expect(await secretsLeft(opened)).toBe(3);
    await opened.accounts.configureSender(call, { ...Sales, sender: smtp('third', { host: 'smtp.example.org' }) }, {});
    const reverted = await opened.accounts.revert(call, { ...Sales, toVersion: 3 }, {});
    expect(reverted).toMatchObject({ entity: { account: { sender: { connection: { host: 'smtp.example.com' }, password: { version: 1 } } } } });
    later(opened.clock, day);
    await sweep(opened, opened.clock);
    expect(await secretsLeft(opened)).toBe(2);
  });
});

describe('an erasure', () => {
  it("destroys the account's key and every password of it", async () => {
    const opened = await withAccount();
    await changePassword(opened, 'second');
    expect(await opened.accounts.erase(call, erasure, asked)).toMatchObject({ problems: [], entity: null });
    expect(await opened.secrets.status()).toMatchObject({ accounts: 0, secrets: 0, shreddedAccounts: 1 });
    expect(opened.lateFaults).toEqual([]);
  });

  it('that was written before a crash is finished at the next start', async () => {
    const directory = await temporaryDirectory();
    const before = await withAccount({ directory, wrapSecrets: withoutShredding });
    expect(await before.accounts.erase(call, erasure, asked)).toMatchObject({ problems: [], entity: null });
    expect(before.lateFaults).toHaveLength(1);
    expect(await before.secrets.status()).toMatchObject({ accounts: 1, secrets: 2 });
    await before.close();
    const after = await openCommands({ directory });
    const noted: string[] = [];
    const note = (accountId: string) => Promise.resolve(void noted.push(accountId));
    expect([await finishErasures(after.secrets, after.views.erasedAccounts(), note), noted]).toEqual([1, ['sales']]);
    expect(await after.secrets.status()).toMatchObject({ accounts: 0, secrets: 0, shreddedAccounts: 1 });
  });

  it('whose secrets could not be destroyed is finished by the upkeep, without a restart', async () => {
    const opened = await withAccount({ wrapSecrets: withoutShredding });
    await opened.accounts.erase(call, erasure, asked);
    await sweep(opened, opened.clock);
    expect(await opened.secrets.status()).toMatchObject({ accounts: 0, secrets: 0, shreddedAccounts: 1 });
  });

  it('leaves nothing to read, at no version and at no time, and nothing to change, whatever version is expected', async () => {
    const { accounts, history, clock } = await withAccount();
    await accounts.erase(call, erasure, asked);
    expect([await history.atVersion('Sales', 3), await history.at('Sales', clock.now)]).toEqual([null, null]);
    for (const expectedVersion of [1, 4, 9])
      expect(await accounts.rename(call, { ...Sales, accountName: 'X' }, { expectedVersion })).toMatchObject({
        problems: [{ code: 'NOT_FOUND', field: ['accountId'] }],
      });
    expect(await accounts.create(call, account({ accountId: 'SALES' }), {})).toMatchObject({ problems: [{ code: 'ALREADY_EXISTS' }] });
  });
});

function withoutShredding(store: SecretStore): SecretStore {
  return overriding(store, { shred: () => Promise.reject(new SecretStoreUnavailable('The process ended here.')) });
}
