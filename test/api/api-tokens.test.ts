import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

interface Issued {
  readonly apiToken: {
    readonly id: string;
    readonly name: string;
    readonly role: string;
    readonly lastUsedAt: string | null;
    readonly revokedAt: string | null;
  } | null;
  readonly token: string | null;
  readonly errors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
}
const fields = 'apiToken { id name role createdBy { kind } expiresAt lastUsedAt revokedAt } errors { code field }';
const issue = async (input: object): Promise<Issued> =>
  (await service.data<{ issueApiToken: Issued }>(`mutation ($input: IssueApiTokenInput!) { issueApiToken(input: $input) { ${fields} token } }`, { input }))
    .issueApiToken;
const revoke = async (id: string) =>
  (await service.data<{ revokeApiToken: Issued }>(`mutation ($input: RevokeApiTokenInput!) { revokeApiToken(input: $input) { ${fields} } }`, { input: { id } }))
    .revokeApiToken;
const codesOf = async (token: string | null) => (await service.query('{ viewer { role } }', {}, { token })).errors.map(({ extensions }) => extensions.code);

describe('an API token', () => {
  it('opens what its role allows, is listed without what it reads, and shows when it was used', async () => {
    const { apiToken, token } = await issue({ name: 'Reports', role: 'AUDITOR', reason: 'Quarterly review' });
    expect(token).toMatch(/^postledger_/);
    const { viewer } = await service.data<{ viewer: { permissions: string[] } }>(
      '{ viewer { role permissions expiresAt actor { kind displayName } } }',
      {},
      { token },
    );
    expect(viewer).toMatchObject({ role: 'AUDITOR', expiresAt: null, actor: { kind: 'API_TOKEN', displayName: 'Reports' } });
    expect(viewer.permissions).toContain('auditTrail');
    expect(viewer.permissions).not.toContain('createEmailAccount');
    await expect
      .poll(
        async () =>
          (await service.data<{ node: Issued['apiToken'] }>('query ($id: ID!) { node(id: $id) { ... on ApiToken { name lastUsedAt } } }', { id: apiToken?.id }))
            .node,
      )
      .toMatchObject({
        name: 'Reports',
        lastUsedAt: expect.stringMatching(/^\d{4}-/) as unknown,
      });
    const { text } = await service.query(
      '{ apiTokens(first: 100) { nodes { id name role } totalCount } auditTrail(first: 100) { nodes { action changes { before after } } } }',
    );
    expect(text).toContain('Reports');
    expect(text).not.toContain(token?.split('_')[2]);
  });

  it('is shown once: the repeat with its idempotency key gets the token without what it reads', async () => {
    const input = { name: 'Once', role: 'VIEWER', idempotencyKey: 'token-1' };
    const first = await issue(input);
    const again = await issue(input);
    expect(first.token).not.toBeNull();
    expect(again).toMatchObject({ token: null, errors: [], apiToken: { id: first.apiToken?.id } });
  });

  it('ends when it is revoked, at once', async () => {
    const { apiToken, token } = await issue({ name: 'Leaked', role: 'EDITOR' });
    expect(await codesOf(token)).toEqual([]);
    expect(await revoke(apiToken?.id ?? '')).toMatchObject({ errors: [], apiToken: { revokedAt: expect.any(String) as unknown } });
    expect(await codesOf(token)).toEqual(['UNAUTHENTICATED']);
    expect(await revoke('nobody')).toMatchObject({ apiToken: null, errors: [{ code: 'NOT_FOUND', field: ['id'] }] });
  });

  it('is refused with an end that has passed, or without a name', async () => {
    expect((await issue({ name: 'Late', role: 'VIEWER', expiresAt: '2020-01-01T00:00:00Z' })).errors).toMatchObject([
      { code: 'OUT_OF_RANGE', field: ['expiresAt'] },
    ]);
    expect((await issue({ name: '', role: 'VIEWER' })).errors).toMatchObject([{ code: 'REQUIRED', field: ['name'] }]);
  });

  it('ends at its end', async () => {
    const { token } = await issue({ name: 'Short', role: 'VIEWER', expiresAt: new Date(Date.now() + 400).toISOString() });
    await expect.poll(() => codesOf(token), { timeout: 5_000 }).toEqual(['UNAUTHENTICATED']);
  });
});

describe('whoever shows no token that opens', () => {
  it('is turned away with a code, and is on record', async () => {
    const known = (await issue({ name: 'Known', role: 'VIEWER' })).token ?? '';
    const forged = `${known.slice(0, -7)}AAAAAAA`;
    for (const token of [null, 'nonsense', forged, known.replace(/_[^_]+_/, '_000000000000_')]) expect(await codesOf(token)).toEqual(['UNAUTHENTICATED']);
    await expect
      .poll(
        async () =>
          (
            await service.data<{ auditTrail: { nodes: { cause: string }[] } }>(
              '{ auditTrail(filter: { action: ["AuthenticationFailed"] }, first: 100) { nodes { outcome actor { kind } ... on AuthenticationFailedEntry { cause } } } }',
            )
          ).auditTrail.nodes,
      )
      .toEqual(expect.arrayContaining([{ outcome: 'DENIED', actor: { kind: 'ANONYMOUS' }, cause: 'MALFORMED' }]));
  });

  it('is told FORBIDDEN for what the role does not allow, which is on record with the token that tried', async () => {
    const viewer = await service.tokenFor('VIEWER');
    const refused = await service.query('mutation { deleteEmailAccount(input: { accountId: "Sales" }) { errors { code } } }', {}, { token: viewer });
    expect(refused.errors).toMatchObject([{ path: ['deleteEmailAccount'], extensions: { code: 'FORBIDDEN' } }]);
    const { auditTrail } = await service.data<{ auditTrail: unknown }>(
      '{ auditTrail(filter: { outcome: [DENIED], entityId: ["sales"] }) { nodes { __typename action outcome entityType entityId actor { displayName } } } }',
    );
    expect(auditTrail).toEqual({
      nodes: [
        {
          __typename: 'AccessDeniedEntry',
          action: 'AccessDenied',
          outcome: 'DENIED',
          entityType: 'EmailAccount',
          entityId: 'Sales',
          actor: { displayName: 'viewer' },
        },
      ],
    });
  });
});
