import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphDouble } from '../mail/graph/graph-double.js';
import { tokenWith } from '../mail/graph/graph-accounts.js';
import { startTestService, type TestService } from './service.js';
import { tokenEndpoint, type TokenEndpoint } from './token-endpoint.js';

interface Payload {
  readonly test: {
    readonly outcome: string;
    readonly stages: readonly { direction: string; stage: string; outcome: string; code: string; message: string }[];
  } | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly field: readonly string[] | null }[];
}

describe('an account at Microsoft Graph', () => {
  const shared = 'orders@contoso.test';
  const clientSecret = 'client-secret-of-contoso';
  const roles = ['Mail.ReadWrite', 'Mail.Send'];
  const accessToken = tokenWith({ roles });
  let graph: GraphDouble;
  let provider: TokenEndpoint;
  let service: TestService;
  beforeAll(async () => {
    graph = await GraphDouble.start();
    graph.mailbox(shared);
    graph.tokens.set(accessToken, roles);
    provider = await tokenEndpoint(() => accessToken);
    service = await startTestService({}, { graphBaseUrl: graph.url });
    await createProfile('contoso', { preset: 'CUSTOM', tokenEndpoint: provider.url, scopes: ['https://graph.microsoft.com/.default'] });
    const { createEmailAccount } = await service.data<{ createEmailAccount: { errors: unknown[] } }>(
      'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code message field } } }',
      { input: { accountId: 'Orders', accountName: 'Orders', sender: sender(), receiver: receiver() } },
    );
    expect(createEmailAccount.errors).toEqual([]);
  });
  afterAll(async () => {
    await service.stop();
    await provider.stop();
    await graph.stop();
  });

  const createProfile = async (name: string, more: object) => {
    const { createAuthenticationProfile } = await service.data<{ createAuthenticationProfile: { errors: unknown[] } }>(
      'mutation ($input: CreateAuthenticationProfileInput!) { createAuthenticationProfile(input: $input) { errors { code message } } }',
      { input: { name, grant: 'CLIENT_CREDENTIALS', clientId: 'app', clientSecret, ...more } },
    );
    expect(createAuthenticationProfile.errors).toEqual([]);
  };
  const section = (userPrincipalName = shared, authenticationProfile = 'Contoso') => ({
    microsoftGraph: { identity: { userPrincipalName }, connection: { authenticationProfile } },
  });
  const [sender, receiver] = [section, section];
  const test = async (input: object, token?: string): Promise<Payload> =>
    (
      await service.data<{ testConnection: Payload }>(
        'mutation ($input: TestConnectionInput!) { testConnection(input: $input) { test { outcome stages { direction stage outcome code message } } errors { code message field } } }',
        { input },
        token === undefined ? {} : { token },
      )
    ).testConnection;
  const stagesOf = ({ test: tested }: Payload, direction: string) =>
    tested?.stages.filter((stage) => stage.direction === direction).map(({ stage, outcome }) => `${stage} ${outcome}`);

  it('is ready, and tested with the tokens of its profile', async () => {
    const { emailAccount } = await service.data<{ emailAccount: { readiness: { ready: boolean } } }>(
      '{ emailAccount(accountId: "Orders") { readiness { ready } } }',
    );
    expect(emailAccount.readiness.ready).toBe(true);
    const tested = await test({ accountId: 'Orders' });
    expect(tested).toMatchObject({ errors: [], test: { outcome: 'PASSED' } });
    expect(stagesOf(tested, 'SENDER')).toEqual(['DNS PASSED', 'CONNECT PASSED', 'TOKEN PASSED', 'AUTHENTICATION PASSED', 'SENDER PASSED', 'RECIPIENT SKIPPED']);
    expect(stagesOf(tested, 'RECEIVER')).toEqual(['DNS PASSED', 'CONNECT PASSED', 'TOKEN PASSED', 'AUTHENTICATION PASSED', 'MAILBOX PASSED']);
    expect(graph.sent).toEqual([]);
  });

  it('sends a test message from the shared mailbox', async () => {
    const { sendTestMessage } = await service.data<{ sendTestMessage: { messageId: string; serverResponse: string; errors: unknown[] } }>(
      'mutation ($input: SendTestMessageInput!) { sendTestMessage(input: $input) { messageId serverResponse errors { code message } } }',
      { input: { accountId: 'Orders', to: 'bob@lab.test' } },
    );
    expect(sendTestMessage).toMatchObject({ errors: [], messageId: expect.stringMatching(/@contoso\.test>$/) as string });
    expect(graph.sent.at(-1)).toMatchObject({ from: shared, mime: expect.stringContaining(`Message-ID: ${sendTestMessage.messageId}`) as string });
  });

  it('fails with the permission that is missing, by name', async () => {
    graph.tokens.set(accessToken, ['Mail.Send']);
    const tested = await test({ accountId: 'Orders', directions: ['RECEIVER'] });
    graph.tokens.set(accessToken, roles);
    expect(tested.test?.stages.find(({ outcome }) => outcome === 'FAILED')).toMatchObject({
      stage: 'MAILBOX',
      code: 'PERMISSION_MISSING',
      message: expect.stringContaining('Mail.Read') as string,
    });
  });

  it('that names no profile there is is told so before anything is sent', async () => {
    const seen = graph.seen.length;
    expect(await test({ draft: { receiver: section(shared, 'nobody') } })).toMatchObject({
      test: null,
      errors: [{ code: 'NOT_READY', field: ['draft', 'receiver', 'microsoftGraph', 'connection', 'authenticationProfile'] }],
    });
    expect(graph.seen).toHaveLength(seen);
  });

  it('shows Microsoft no token of another provider', async () => {
    await createProfile('gmail', { preset: 'GOOGLE', grant: 'REFRESH_TOKEN', refreshToken: 'refresh-token-of-google' });
    expect(await test({ draft: { receiver: section(shared, 'gmail') } })).toMatchObject({
      test: null,
      errors: [{ code: 'NOT_READY', message: expect.stringContaining('GOOGLE') as string }],
    });
  });

  it('is no way into the mailbox of somebody else for those who may not configure accounts', async () => {
    const operator = await service.tokenFor('OPERATOR');
    graph.mailbox('board@contoso.test');
    const seen = graph.seen.length;
    for (const input of [{ draft: { receiver: section('board@contoso.test') } }, { accountId: 'Orders', draft: { receiver: section('board@contoso.test') } }])
      expect(await test(input, operator)).toMatchObject({ test: null, errors: [{ code: 'NOT_READY' }] });
    expect(graph.seen).toHaveLength(seen);
    expect(await test({ accountId: 'Orders', draft: { receiver: receiver() } }, operator)).toMatchObject({ test: { outcome: 'PASSED' } });
  });

  it('leaves no token anywhere', async () => {
    graph.faults.push(...[1, 2].map(() => ({ on: /inbox/, status: 401, code: 'InvalidAuthenticationToken', text: `The token ${accessToken} is no good.` })));
    expect((await test({ accountId: 'Orders', directions: ['RECEIVER'] })).test?.outcome).toBe('FAILED');
    const { text } = await service.query(
      '{ auditTrail(last: 100) { nodes { __typename action changes { path before after } } } emailAccount(accountId: "Orders") { connectionTest { stages { message hint serverResponse } } } }',
    );
    expect(text).toContain('[secret]');
    for (const secret of [accessToken, clientSecret]) {
      expect(text).not.toContain(secret);
      expect(service.logged()).not.toContain(secret);
    }
  });
});
