import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Retention, type RetentionPolicy } from '../../src/commands/retention.js';
import { readConfig } from '../../src/config.js';
import { CommandFailed } from '../../src/start/command-failed.js';
import { openStores } from '../../src/start/open-stores.js';
import { applyRetention, type RetentionOptions } from '../../src/start/retention.js';
import { call, openCommands } from '../commands/opened-commands.js';
import { account } from '../commands/inputs.js';
import { startTestService } from '../api/service.js';

const days = (count: number) => count * 86_400_000;

it('a retention policy erases what was deleted long enough ago, the longest first, and nothing else', async () => {
  const clock = { now: new Date('2026-03-01T08:00:00Z') };
  const service = await openCommands({ clock });
  onTestFinished(() => service.close());
  const { accounts, views } = service;
  const at = (date: string) => void (clock.now = new Date(date));
  for (const accountId of ['Old', 'Older', 'Restored', 'Young', 'Used']) await accounts.create(call, account({ accountId }), {});
  at('2026-03-02T08:00:00Z');
  await accounts.delete(call, { accountId: 'Older' }, {});
  await accounts.delete(call, { accountId: 'Restored' }, {});
  at('2026-03-03T08:00:00Z');
  await accounts.delete(call, { accountId: 'Old' }, {});
  await accounts.restore(call, { accountId: 'Restored' }, {});
  at('2026-03-20T08:00:00Z');
  await accounts.delete(call, { accountId: 'Young' }, {});
  await views.settled();

  const retention = (policy: RetentionPolicy, when: string) => new Retention(views.accounts, accounts, policy, () => new Date(when));
  const due = (policy: RetentionPolicy, when: string) => [...retention(policy, when).due()].map(({ accountId }) => accountId);
  expect(due({ deletedAccountDays: null }, '2030-01-01T00:00:00Z')).toEqual([]);
  expect(due({ deletedAccountDays: 30 }, '2026-04-01T08:00:00Z')).toEqual([]);
  expect(due({ deletedAccountDays: 30 }, '2026-04-01T08:00:00.001Z')).toEqual(['Older']);
  expect(due({ deletedAccountDays: 30 }, '2026-04-10T00:00:00Z')).toEqual(['Older', 'Old']);
  expect(retention({ deletedAccountDays: 30 }, '2026-04-10T00:00:00Z').count()).toBe(2);

  expect(await retention({ deletedAccountDays: 30 }, '2026-04-10T00:00:00Z').apply(call)).toEqual({ erased: 2, refused: [] });
  await views.settled();
  expect(due({ deletedAccountDays: 30 }, '2026-04-10T00:00:00Z')).toEqual([]);
  expect(['Old', 'Older', 'Restored', 'Young', 'Used'].map((id) => views.accounts.find(id)?.account.status)).toEqual([
    undefined,
    undefined,
    'active',
    'deleted',
    'active',
  ]);
});

it('an account that was restored while the policy was applied is left alone', async () => {
  const service = await openCommands({});
  onTestFinished(() => service.close());
  const { accounts, views } = service;
  await accounts.create(call, account({ accountId: 'Wanted' }), {});
  await accounts.delete(call, { accountId: 'Wanted' }, {});
  await views.settled();
  const later = () => new Date(Date.now() + days(400));
  const racing = {
    currentVersion: (accountId: string) => accounts.currentVersion(accountId),
    erase: async (...erase: Parameters<typeof accounts.erase>) => {
      await accounts.restore(call, { accountId: 'Wanted' }, {});
      return accounts.erase(...erase);
    },
  };
  expect(await new Retention(views.accounts, racing, { deletedAccountDays: 30 }, later).apply(call)).toEqual({ erased: 0, refused: [] });
  await views.settled();
  expect(views.accounts.find('Wanted')?.account.status).toBe('active');
});

it('what another node has erased already is passed over, without a record of a refusal', async () => {
  const service = await openCommands({});
  onTestFinished(() => service.close());
  const { accounts, views, events } = service;
  await accounts.create(call, account({ accountId: 'Gone' }), {});
  await accounts.delete(call, { accountId: 'Gone' }, {});
  await views.settled();
  const policy = { deletedAccountDays: 30 };
  const later = () => new Date(Date.now() + days(400));
  const seen = views.accounts.page({ status: ['DELETED'] }, { field: 'UPDATED_AT', direction: 'ASC' }, { take: 'first', size: 10, after: null, before: null });
  expect(await new Retention(views.accounts, accounts, policy, later).apply(call)).toEqual({ erased: 1, refused: [] });
  const head = await events.headPosition();
  const behind = { page: () => seen, count: () => 1 };
  expect(await new Retention(behind, accounts, policy, later).apply(call)).toEqual({ erased: 0, refused: [] });
  expect(await events.headPosition()).toBe(head);
});

it('postledger retention apply names with --dry-run what it would erase, changes nothing, and erases it without', async () => {
  const data = await mkdtemp(join(tmpdir(), 'postledger-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const environment = { POSTLEDGER_DATA_DIR: data };
  const service = await startTestService({}, { store: { environment, options: {}, end: () => Promise.resolve() }, adminToken: 'known later' });
  onTestFinished(() => service.stop());
  const token = { token: (await readFile(join(data, 'bootstrap-token'), 'utf8')).trim() };
  const receiver = { imap: { identity: { userId: 'left' }, connection: { host: 'imap.example.org' } } };
  await service.data(
    'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code } } }',
    { input: { accountId: 'Left', accountName: 'Left behind', receiver } },
    token,
  );
  await service.data('mutation { deleteEmailAccount(input: { accountId: "Left" }) { errors { code } } }', {}, token);

  const config = readConfig({ ...environment, POSTLEDGER_PORT: '0' });
  const run = async (options: RetentionOptions) => {
    let said = '';
    const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation((text) => Boolean((said += String(text)))));
    const stores = await openStores(config);
    vi.useFakeTimers({ now: Date.now() + days(31), toFake: ['Date'] });
    try {
      await applyRetention(stores, config, options);
    } finally {
      vi.useRealTimers();
      await stores.close();
      for (const spy of spies) spy.mockRestore();
    }
    return said;
  };
  const trail = () =>
    service.data<{ auditTrail: { nodes: readonly object[] } }>(
      '{ auditTrail(filter: { entityId: ["Left"], action: ["AccountErased"] }, first: 10) { nodes { reason actor { kind } } } }',
      {},
      token,
    );
  await service.restartAfter(async () => {
    expect(await run({ dryRun: true, days: 30 })).toMatch(/Left {2}Left behind\n1 account would be erased/);
    expect(await run({ dryRun: true, days: 32 })).toContain('0 accounts would be erased');
    await expect(run({ dryRun: true })).rejects.toThrow(CommandFailed);
  });
  expect((await trail()).auditTrail.nodes).toEqual([]);
  await service.restartAfter(async () => {
    expect(await run({ dryRun: false, days: 30 })).toContain('1 account erased.');
  });
  expect((await trail()).auditTrail.nodes).toEqual([{ reason: 'Retention: deleted accounts are erased after 30 days.', actor: { kind: 'COMMAND_LINE' } }]);
});
