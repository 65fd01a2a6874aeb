import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type QueryOptions, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

interface Entry {
  readonly action: string;
  readonly actor: { readonly kind: string; readonly id: string; readonly displayName: string };
  readonly actorRole: string | null;
  readonly tokenId: string | null;
  readonly origin: { readonly requestId: string; readonly ip: string | null; readonly userAgent: string | null; readonly clientName: string | null } | null;
  readonly shownTokenId?: string | null;
  readonly cause?: string;
  readonly expiredAt?: string;
}

async function trail(filter: object): Promise<readonly Entry[]> {
  const { deleteEmailAccount } = await service.data<{ deleteEmailAccount: { consistencyToken: string } }>(
    'mutation { deleteEmailAccount(input: { accountId: "Nobody" }) { consistencyToken } }',
  );
  const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly Entry[] } }>(
    `query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 100) { nodes { action actor { kind id displayName } actorRole tokenId
       origin { requestId ip userAgent clientName } ... on AuthenticationFailedEntry { cause shownTokenId } ... on ApiTokenExpiredEntry { expiredAt } } } }`,
    { filter },
    { extensions: { consistencyToken: deleteEmailAccount.consistencyToken } },
  );
  return auditTrail.nodes;
}

async function issued(role: string, expiresAt: Date | null = null): Promise<{ readonly id: string; readonly token: string }> {
  const { issueApiToken } = await service.data<{ issueApiToken: { apiToken: { id: string }; token: string } }>(
    'mutation ($input: IssueApiTokenInput!) { issueApiToken(input: $input) { apiToken { id } token } }',
    { input: { name: `a ${role.toLowerCase()}`, role, expiresAt } },
  );
  const { node } = await service.data<{ node: { tokenId: string } | null }>('query ($id: ID!) { node(id: $id) { ... on ApiToken { tokenId: id } } }', {
    id: issueApiToken.apiToken.id,
  });
  return {
    id: Buffer.from(node?.tokenId ?? '', 'base64url')
      .toString()
      .replace(/^.*:/, ''),
    token: issueApiToken.token,
  };
}

const client = { 'user-agent': 'deployer/2.1', 'apollographql-client-name': 'pipeline' };
const create = (accountId: string, options: QueryOptions) =>
  service.query(`mutation { createEmailAccount(input: { accountId: "${accountId}", accountName: "x" }) { errors { code } } }`, {}, options);

describe('who did it', () => {
  it('is told with the role that they had then and the token that they showed', async () => {
    const { token } = await issued('EDITOR');
    await create('Sales', { token });
    const [entry, ...more] = await trail({ entityId: ['Sales'], action: ['AccountCreated'] });
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ actor: { kind: 'API_TOKEN', displayName: 'a editor' }, actorRole: 'EDITOR' });
    expect(entry?.tokenId).toBe(entry?.actor.id);
  });

  it("is told of the first administrator's token as of any other, and of the service itself without role and token", async () => {
    await create('Desk', {});
    expect(await trail({ entityId: ['Desk'] })).toMatchObject([
      { actor: { kind: 'BOOTSTRAP' }, actorRole: 'ADMIN', tokenId: expect.stringMatching(/./) as string },
    ]);
    expect(await trail({ action: ['ServiceStarted'] })).toMatchObject([{ actor: { kind: 'SYSTEM' }, actorRole: null, tokenId: null }]);
  });

  it('is told in every form of an export, in the last columns', async () => {
    const get = async (format: string) => {
      const url = new URL(`/audit/export?format=${format}&entityId=Sales&action=AccountCreated`, service.url);
      return (await fetch(url, { headers: { authorization: `Bearer ${service.adminToken}` } })).text();
    };
    const [entry] = await trail({ entityId: ['Sales'], action: ['AccountCreated'] });
    expect(JSON.parse(await get('jsonl'))).toMatchObject({ actorRole: 'EDITOR', tokenId: entry?.tokenId });
    const [header = '', record = ''] = (await get('csv')).split('\r\n');
    // The only quoted cells hold JSON: split at commas, the last columns are counted from the end.
    const [names, cells] = [header.split(',').toReversed(), record.split(',').toReversed()];
    expect([cells[names.indexOf('actorRole')], cells[names.indexOf('tokenId')]]).toEqual(['EDITOR', entry?.tokenId]);
    expect(names.indexOf('actorRole')).toBeLessThan(names.indexOf('data'));
    expect(await get('cef')).toMatch(new RegExp(`PostledgerActorRole=EDITOR PostledgerTokenId=${entry?.tokenId ?? 'none'}`));
  });
});

describe('an authentication', () => {
  it('that succeeds is on record with its first use, from where and with which program', async () => {
    const { token } = await issued('VIEWER');
    const uses = async () => (await trail({ action: ['ApiTokenUsed'] })).filter(({ actor }) => actor.displayName === 'a viewer');
    await service.data('{ viewer { role } }', {}, { token, headers: client });
    await service.data('{ viewer { role } }', {}, { token, headers: client });
    const origin = { ip: '127.0.0.1', userAgent: 'deployer/2.1', clientName: 'pipeline' };
    await expect.poll(uses).toMatchObject([{ actorRole: 'VIEWER', origin }]);
  });

  it('that fails is on record with the token that was shown, where that was one of ours', async () => {
    const revoked = await issued('OPERATOR');
    await service.data('mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { errors { code } } }', { id: revoked.id });
    const made = `postledger_abcdefABCDEF_${'0'.repeat(43)}_`;
    for (const token of [revoked.token, `${made}000000`, 'nonsense']) expect((await service.query('{ viewer { role } }', {}, { token })).status).toBe(401);
    const failures = async () => (await trail({ action: ['AuthenticationFailed'] })).map(({ cause, shownTokenId }) => [cause, shownTokenId]);
    await expect.poll(failures).toEqual([
      ['REVOKED', revoked.id],
      ['MALFORMED', null],
    ]);
    expect(await trail({ action: ['AuthenticationFailed'] })).toMatchObject([
      { actor: { kind: 'ANONYMOUS' }, actorRole: null, tokenId: null },
      { actor: { kind: 'ANONYMOUS' }, actorRole: null, tokenId: null },
    ]);
  });

  it('comes to its end with the token, and that is on record once the service has looked', async () => {
    const end = new Date(Date.now() + 1_000);
    const { token } = await issued('AUDITOR', end);
    while (new Date() <= end) await after(100);
    expect((await service.query('{ viewer { role } }', {}, { token })).status).toBe(401);
    await service.restart();
    await expect.poll(() => trail({ action: ['ApiTokenExpired'] })).toMatchObject([{ actor: { kind: 'SYSTEM' }, expiredAt: end.toISOString() }]);
  });
});
