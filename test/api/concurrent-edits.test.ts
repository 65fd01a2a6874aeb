import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestService, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

it('1,000 concurrent edits of one account leave one winner a version', async () => {
  await service.data('mutation { createEmailAccount(input: { accountId: "Busy", accountName: "Busy" }) { errors { code } } }');
  const rename = 'mutation ($input: RenameEmailAccountInput!) { renameEmailAccount(input: $input) { account { version accountName } errors { code } } }';
  const rounds = 20;
  const rivals = 50;
  let version = 1;
  for (let round = 0; round < rounds; round++) {
    const answers = await Promise.all(
      Array.from({ length: rivals }, (_, rival) =>
        service.data<{ renameEmailAccount: { account: { version: number; accountName: string } | null; errors: { code: string }[] } }>(rename, {
          input: { accountId: 'Busy', accountName: `Round ${round} rival ${rival}`, expectedVersion: version },
        }),
      ),
    );
    const winners = answers.filter(({ renameEmailAccount }) => renameEmailAccount.account !== null);
    const losers = answers.filter(({ renameEmailAccount }) => renameEmailAccount.errors.some(({ code }) => code === 'VERSION_CONFLICT'));
    expect([winners.length, losers.length]).toEqual([1, rivals - 1]);
    version += 1;
    const { emailAccount } = await service.data<{ emailAccount: unknown }>('{ emailAccount(accountId: "Busy") { version accountName } }');
    expect(emailAccount).toEqual(winners[0]?.renameEmailAccount.account);
    expect(emailAccount).toMatchObject({ version });
  }
});
