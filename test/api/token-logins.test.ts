import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMailLab, withMailLab, type MailLab } from '../mail/lab/mail-lab.js';
import { openIdProvider, type OpenIdProvider } from './openid-provider.js';
import { startTestService, type TestService } from './service.js';

interface Payload {
  readonly test: {
    readonly outcome: string;
    readonly stages: readonly { direction: string; stage: string; outcome: string; code: string; message: string }[];
  } | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly field: readonly string[] | null }[];
}

describe.runIf(withMailLab)('an account that logs in with access tokens, on real servers', () => {
  const clientSecret = 'client-secret-of-the-lab';
  let lab: MailLab;
  let service: TestService;
  let provider: OpenIdProvider;
  beforeAll(async () => {
    lab = await startMailLab();
    provider = await openIdProvider('http://127.0.0.1:1/callback', clientSecret, { port: lab.ports.introspection });
    service = await startTestService({}, { additionalRoots: [lab.authority] });
    const { createAuthenticationProfile } = await service.data<{ createAuthenticationProfile: { errors: unknown[] } }>(
      'mutation ($input: CreateAuthenticationProfileInput!) { createAuthenticationProfile(input: $input) { errors { code message } } }',
      { input: profile('lab', { preset: 'CUSTOM', tokenEndpoint: provider.tokenEndpoint }) },
    );
    expect(createAuthenticationProfile.errors).toEqual([]);
    await create('Tokens', sender(), receiver('imap'));
  });
  afterAll(async () => {
    await service.stop();
    await provider.stop();
  });

  const profile = (name: string, more: object) => ({ name, grant: 'CLIENT_CREDENTIALS', clientId: provider.clientId, clientSecret, scopes: ['mail'], ...more });
  const sender = (more: object = {}) => ({
    smtp: {
      identity: { emailAddress: lab.users.alice.address },
      connection: { host: lab.hosts.good, port: lab.ports.submission, startTls: 'REQUIRED', authenticationProfile: 'lab', ...more },
    },
  });
  const receiver = (kind: 'imap' | 'pop3', more: object = {}) => ({
    [kind]: {
      identity: { userId: lab.users.alice.address },
      connection: { host: lab.hosts.good, port: kind === 'imap' ? lab.ports.imaps : lab.ports.pop3s, authenticationProfile: 'LAB', ...more },
    },
  });
  const create = async (accountId: string, sending: object, receiving: object) => {
    const { createEmailAccount } = await service.data<{ createEmailAccount: { errors: unknown[] } }>(
      'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code message field } } }',
      { input: { accountId, accountName: accountId, sender: sending, receiver: receiving } },
    );
    expect(createEmailAccount.errors).toEqual([]);
  };
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

  it('is tested by SMTP, IMAP and POP3, and shows the token as a stage of its own', async () => {
    const tested = await test({ accountId: 'tokens' });
    expect(tested).toMatchObject({ errors: [], test: { outcome: 'PASSED' } });
    expect(stagesOf(tested, 'SENDER')).toEqual(
      ['DNS', 'CONNECT', 'GREETING', 'STARTTLS', 'TOKEN', 'AUTHENTICATION', 'SENDER', 'RECIPIENT'].map((stage) => `${stage} PASSED`),
    );
    expect(stagesOf(tested, 'RECEIVER')).toEqual(['DNS', 'CONNECT', 'TLS', 'GREETING', 'TOKEN', 'AUTHENTICATION', 'MAILBOX'].map((stage) => `${stage} PASSED`));
    const pop3 = await test({ draft: { receiver: receiver('pop3') } });
    expect(stagesOf(pop3, 'RECEIVER')).toEqual(['DNS', 'CONNECT', 'TLS', 'GREETING', 'TOKEN', 'AUTHENTICATION', 'MAILBOX'].map((stage) => `${stage} PASSED`));
  });

  it('says of its profile that it works, and until when its token is good', async () => {
    const { authenticationProfile } = await service.data<{ authenticationProfile: { state: string; accessTokenExpiresAt: string | null } }>(
      '{ authenticationProfile(name: "lab") { state stateMessage accessTokenExpiresAt lastRefreshedAt } }',
    );
    expect(authenticationProfile).toMatchObject({ state: 'VALID', stateMessage: null });
    expect(Date.parse(authenticationProfile.accessTokenExpiresAt ?? '')).toBeGreaterThan(Date.now());
  });

  it('sends, and finds what it sent', async () => {
    const { verifyRoundTrip } = await service.data<{ verifyRoundTrip: { roundTrip: { stages: { stage: string; outcome: string }[] }; errors: unknown[] } }>(
      'mutation ($input: VerifyRoundTripInput!) { verifyRoundTrip(input: $input) { roundTrip { stages { stage outcome } } errors { code message } } }',
      { input: { accountId: 'Tokens' } },
    );
    expect(verifyRoundTrip.errors).toEqual([]);
    expect(verifyRoundTrip.roundTrip.stages.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual([
      'SENT PASSED',
      'ARRIVED PASSED',
      'READ PASSED',
      'REMOVED PASSED',
    ]);
  });

  it('stops at the token where the provider gives none, and the profile says why', async () => {
    const change = 'mutation ($input: ChangeAuthenticationProfileInput!) { changeAuthenticationProfile(input: $input) { errors { code message } } }';
    await service.data(change, { input: { name: 'lab', clientSecret: 'no-such-secret' } });
    const tested = await test({ accountId: 'Tokens', directions: ['SENDER'] });
    expect(stagesOf(tested, 'SENDER')?.slice(4)).toEqual(['TOKEN FAILED', 'AUTHENTICATION SKIPPED', 'SENDER SKIPPED', 'RECIPIENT SKIPPED']);
    expect(tested.test?.stages.find(({ stage }) => stage === 'TOKEN')).toMatchObject({
      code: 'OAUTH_TOKEN_FAILED',
      message: expect.stringContaining('invalid_client') as unknown,
    });
    const { authenticationProfile } = await service.data<{ authenticationProfile: { state: string; stateMessage: string } }>(
      '{ authenticationProfile(name: "lab") { state stateMessage } }',
    );
    expect(authenticationProfile).toMatchObject({ state: 'FAILING', stateMessage: expect.stringContaining('Check client ID and client secret') as unknown });
    await service.data(change, { input: { name: 'lab', clientSecret } });
    expect(await test({ accountId: 'Tokens', directions: ['SENDER'] })).toMatchObject({ test: { outcome: 'PASSED' } });
  });

  it('never shows tokens of a known provider to a host of somebody else', async () => {
    await service.data('mutation ($input: CreateAuthenticationProfileInput!) { createAuthenticationProfile(input: $input) { errors { code message } } }', {
      input: profile('contoso', { preset: 'MICROSOFT', tenant: 'contoso.example', scopes: ['https://outlook.office365.com/.default'] }),
    });
    await create('Elsewhere', sender({ authenticationProfile: 'contoso' }), receiver('imap', { authenticationProfile: 'contoso' }));
    const tested = await test({ accountId: 'Elsewhere' });
    expect(tested).toMatchObject({ test: null, errors: [{ code: 'NOT_READY', field: ['accountId'] }] });
    expect(tested.errors[0]?.message).toContain('servers of that provider alone');
    expect(await test({ draft: { receiver: receiver('pop3', { authenticationProfile: 'contoso' }) } })).toMatchObject({
      test: null,
      errors: [{ code: 'NOT_READY', field: ['draft', 'receiver', 'pop3', 'connection', 'host'] }],
    });
  });

  it('gives those who may not configure accounts no way to have a token sent to a host of their choice', async () => {
    const operator = await service.tokenFor('OPERATOR');
    expect(await test({ accountId: 'Tokens' }, operator)).toMatchObject({ test: { outcome: 'PASSED' } });
    expect(await test({ accountId: 'Tokens', draft: { sender: sender() } }, operator)).toMatchObject({ test: { outcome: 'PASSED' } });
    for (const draft of [{ sender: sender({ host: '127.0.0.6' }) }, { receiver: receiver('pop3') }])
      expect(await test({ accountId: 'Tokens', draft }, operator)).toMatchObject({ test: null, errors: [{ code: 'NOT_READY' }] });
    expect(await test({ draft: { sender: sender() } }, operator)).toMatchObject({ test: null, errors: [{ code: 'NOT_READY' }] });
  });

  it('leaves no token and no secret of it anywhere', async () => {
    const said = (
      await service.query(
        '{ auditTrail(last: 100) { nodes { __typename action changes { path before after } } } emailAccount(accountId: "Tokens") { connectionTest { stages { message serverResponse } } } }',
      )
    ).text;
    expect(provider.secrets.length).toBeGreaterThan(0);
    for (const secret of [...provider.secrets, clientSecret, 'no-such-secret']) {
      expect(said).not.toContain(secret);
      expect(service.logged()).not.toContain(secret);
    }
  });
});
