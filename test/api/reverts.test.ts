import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

interface Payload {
  readonly account: {
    readonly accountName: string;
    readonly version: number;
    readonly readiness: { readonly ready: boolean; readonly missing: readonly { readonly code: string; readonly message: string }[] };
  } | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly field: readonly string[] | null }[];
}

async function change(mutation: string, input: object): Promise<Payload> {
  const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
  const document = `mutation ($input: ${type}!) {
    ${mutation}(input: $input) { account { accountName version readiness { ready missing { code message } } } errors { code message field } }
  }`;
  const data = await service.data<Record<string, Payload>>(document, { input });
  const payload = data[mutation];
  if (!payload) throw new Error('There is no payload.');
  return payload;
}

const smtp = (host: string, password?: string) => ({
  smtp: { identity: { emailAddress: 'a@a.example', ...(password !== undefined && { password }) }, connection: { host } },
});

interface Entry {
  readonly action: string;
  readonly version: number | null;
  readonly revertedToVersion: number | null;
  readonly reason: string | null;
}

async function history(accountId: string): Promise<readonly Entry[]> {
  const { emailAccount } = await service.data<{ emailAccount: { history: { nodes: readonly Entry[] } } }>(
    `{ emailAccount(accountId: "${accountId}") { history(first: 100) { nodes { action version revertedToVersion reason } } } }`,
  );
  return emailAccount.history.nodes;
}

const nameAt = async (accountId: string, version: number) =>
  (await service.data<{ emailAccount: { accountName: string } | null }>(`{ emailAccount(accountId: "${accountId}", atVersion: ${version}) { accountName } }`))
    .emailAccount?.accountName;

describe('a revert', () => {
  it('is told apart in the history, with its reason, from changes that do the same by hand', async () => {
    await change('createEmailAccount', { accountId: 'Told', accountName: 'First', sender: smtp('one.example', 'secret') });
    await change('renameEmailAccount', { accountId: 'Told', accountName: 'Second' });
    await change('configureSender', { accountId: 'Told', sender: smtp('two.example', 'secret') });
    await change('renameEmailAccount', { accountId: 'Told', accountName: 'First', reason: 'By hand' });
    await change('renameEmailAccount', { accountId: 'Told', accountName: 'Second' });
    const { account } = await change('revertEmailAccount', { accountId: 'Told', toVersion: 2, reason: 'The new server loses mail' });
    expect(account).toMatchObject({ accountName: 'First', version: 8 });
    const byHand = { revertedToVersion: null };
    expect(await history('Told')).toMatchObject([
      { action: 'AccountCreated', version: 1, ...byHand },
      { action: 'SenderConfigured', version: 2, ...byHand },
      { action: 'AccountRenamed', version: 3, ...byHand },
      { action: 'SenderConfigured', version: 4, ...byHand },
      { action: 'AccountRenamed', version: 5, reason: 'By hand', ...byHand },
      { action: 'AccountRenamed', version: 6, ...byHand },
      { action: 'AccountRenamed', version: 7, revertedToVersion: 2, reason: 'The new server loses mail' },
      { action: 'SenderConfigured', version: 8, revertedToVersion: 2, reason: 'The new server loses mail' },
    ]);
  });

  it('loses no version, and can itself be reverted', async () => {
    await change('createEmailAccount', { accountId: 'Again', accountName: 'First' });
    await change('renameEmailAccount', { accountId: 'Again', accountName: 'Second' });
    await change('revertEmailAccount', { accountId: 'Again', toVersion: 1 });
    expect((await change('revertEmailAccount', { accountId: 'Again', toVersion: 2 })).account).toMatchObject({ accountName: 'Second', version: 4 });
    expect((await change('revertEmailAccount', { accountId: 'Again', toVersion: 3 })).account).toMatchObject({ accountName: 'First', version: 5 });
    expect(await Promise.all([1, 2, 3, 4, 5].map((version) => nameAt('Again', version)))).toEqual(['First', 'Second', 'First', 'Second', 'First']);
    expect((await history('Again')).map(({ revertedToVersion }) => revertedToVersion)).toEqual([null, null, 1, 2, 3]);
  });

  it('to what the account is already changes nothing, and says so in the trail', async () => {
    await change('createEmailAccount', { accountId: 'Same', accountName: 'Same' });
    await change('disableEmailAccount', { accountId: 'Same' });
    expect(await change('revertEmailAccount', { accountId: 'Same', toVersion: 1 })).toMatchObject({ account: { version: 2 }, errors: [] });
    expect((await history('Same')).at(-1)).toMatchObject({ action: 'CommandChangedNothing', version: null, revertedToVersion: null });
  });

  it('does not bring back a password that was destroyed: it says which has to be entered again', async () => {
    await change('createEmailAccount', { accountId: 'Lost', accountName: 'Lost', sender: smtp('one.example', 'secret') });
    await change('removeSender', { accountId: 'Lost' });
    const { account } = await change('revertEmailAccount', { accountId: 'Lost', toVersion: 2 });
    expect(account?.readiness.ready).toBe(false);
    expect(account?.readiness.missing).toEqual([{ code: 'PASSWORD_MISSING', message: "The sender's password could not be brought back. Enter it again." }]);
  });

  it('to a version that there is not is refused, and says where to look', async () => {
    await change('createEmailAccount', { accountId: 'Few', accountName: 'Few' });
    const { account, errors } = await change('revertEmailAccount', { accountId: 'Few', toVersion: 2 });
    expect(account).toBeNull();
    expect(errors).toEqual([{ code: 'OUT_OF_RANGE', message: 'The account has no version 2. Its history says which there are.', field: ['toVersion'] }]);
  });
});
