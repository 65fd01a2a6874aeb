import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesWith, shapesOf } from './canaries.js';
import { openIdProvider, type OpenIdProvider } from './openid-provider.js';
import { startTestService, type TestService } from './service.js';

const publicUrl = 'https://mail.example.com';
const clientSecret = 'canary-Client"Secret\'7f3a';
const fields = `name grant preset tokenEndpoint authorizationEndpoint clientId scopes tenant clientSecret { isSet version setBy { displayName } }
  clientSecretExpiresAt certificateThumbprint certificateExpiresAt refreshToken { isSet version } state stateMessage version`;

let service: TestService;
let provider: OpenIdProvider;
const pages: string[] = [];
/** Private keys that were taken in. */
const privateKeys: string[] = [];

const change = async (mutation: string, input: object, options: Parameters<TestService['query']>[2] = {}) => {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
  const shown = mutation === 'beginConsent' ? 'url expiresAt' : `authenticationProfile { ${fields} }`;
  const data = await service.data<Record<string, Answer>>(
    `mutation ($input: ${type}) { ${mutation}(input: $input) { ${shown} errors { code message field } } }`,
    { input },
    options,
  );
  return data[mutation] ?? expect.fail('There is no answer.');
};
interface Answer {
  readonly authenticationProfile: Record<string, unknown> | null;
  readonly url: string | null;
  readonly expiresAt: string | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly field: readonly string[] | null }[];
}
const profile = async (name: string) =>
  (
    await service.data<{ authenticationProfile: Record<string, unknown> | null }>(`query ($name: ID!) { authenticationProfile(name: $name) { ${fields} } }`, {
      name,
    })
  ).authenticationProfile;
const bySecret = (name: string, more: object = {}) => ({
  name,
  grant: 'CLIENT_CREDENTIALS',
  tokenEndpoint: provider.tokenEndpoint,
  clientId: 'mail',
  clientSecret,
  ...more,
});
const byConsent = (name: string) => ({
  name,
  grant: 'AUTHORIZATION_CODE',
  tokenEndpoint: provider.tokenEndpoint,
  authorizationEndpoint: provider.authorizationEndpoint,
  clientId: provider.clientId,
  clientSecret,
  scopes: ['openid', 'offline_access', 'mail'],
});
const begin = async (authenticationProfile: string) => (await change('beginConsent', { authenticationProfile })).url ?? expect.fail('There is no address.');
/** As the browser comes back to the service, wherever its public address leads. */
const comeBack = async (address: URL) => {
  const answer = await fetch(new URL(`${address.pathname}${address.search}`, service.url));
  const page = await answer.text();
  pages.push(page, JSON.stringify([...answer.headers]));
  return { status: answer.status, page, headers: answer.headers };
};
const history = async (name: string) =>
  (
    await service.data<{ authenticationProfile: { history: { nodes: Record<string, unknown>[] } } }>(
      'query ($name: ID!) { authenticationProfile(name: $name) { history { nodes { action outcome actor { displayName } changes { path before after secret } } } } }',
      { name },
    )
  ).authenticationProfile.history.nodes;
const account = (accountId: string, authenticationProfile: string) =>
  service.query('mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code message } } }', {
    input: {
      accountId,
      accountName: accountId,
      sender: { smtp: { identity: { emailAddress: 'sales@example.com' }, connection: { host: 'mail.example.com', authenticationProfile } } },
    },
  });

beforeAll(async () => {
  provider = await openIdProvider(`${publicUrl}/oauth/callback`, clientSecret);
  service = await startTestService({ POSTLEDGER_PUBLIC_URL: publicUrl, POSTLEDGER_LOG_LEVEL: 'trace' });
});
afterAll(async () => {
  await service.stop();
  await provider.stop();
});

describe('an authentication profile', () => {
  it('is created, read back, and shows of its secret no more than who set it', async () => {
    const { authenticationProfile, errors } = await change('createAuthenticationProfile', bySecret('Corp', { clientSecretExpiresAt: '2027-06-30T00:00:00Z' }));
    expect(errors).toEqual([]);
    expect(authenticationProfile).toMatchObject({
      name: 'Corp',
      grant: 'CLIENT_CREDENTIALS',
      preset: 'CUSTOM',
      clientSecret: { isSet: true, version: 1 },
      clientSecretExpiresAt: '2027-06-30T00:00:00.000Z',
      state: 'UNUSED',
      stateMessage: null,
      version: 1,
    });
    expect(await profile('cORP')).toEqual(authenticationProfile);
  });

  it('is found by its id, in the list, and by the accounts that name it', async () => {
    await change('createAuthenticationProfile', bySecret('Listed'));
    await account('Listed', 'listed');
    const { authenticationProfiles, emailAccount } = await service.data<{
      authenticationProfiles: { totalCount: number; nodes: { id: string; name: string; usedBy: { nodes: { accountId: string }[] } }[] };
      emailAccount: { sender: { connection: { authenticationProfile: { name: string } } } };
    }>(`{
      authenticationProfiles { totalCount nodes { id name usedBy { nodes { accountId } } } }
      emailAccount(accountId: "Listed") { sender { ... on SmtpSender { connection { authenticationProfile { name } } } } }
    }`);
    const listed = authenticationProfiles.nodes.find(({ name }) => name === 'Listed');
    expect(listed?.usedBy.nodes).toEqual([{ accountId: 'Listed' }]);
    expect(authenticationProfiles.totalCount).toBe(authenticationProfiles.nodes.length);
    expect(emailAccount.sender.connection.authenticationProfile.name).toBe('Listed');
    const { node } = await service.data<{ node: object }>('query ($id: ID!) { node(id: $id) { ... on AuthenticationProfile { name } } }', { id: listed?.id });
    expect(node).toEqual({ name: 'Listed' });
  });

  it('makes accounts that name it ready, and not ready while somebody has to consent', async () => {
    await account('Waiting', 'Later');
    const readiness = async () =>
      service.data<{ emailAccount: { readiness: { ready: boolean; missing: { code: string }[] } }; ready: { nodes: { accountId: string }[] } }>(`{
        emailAccount(accountId: "Waiting") { readiness { ready missing { code } } }
        ready: emailAccounts(filter: { ready: true, accountId: ["Waiting"] }) { nodes { accountId } }
      }`);
    expect(await readiness()).toEqual({
      emailAccount: { readiness: { ready: false, missing: [{ code: 'AUTHENTICATION_PROFILE_MISSING' }] } },
      ready: { nodes: [] },
    });
    await change('createAuthenticationProfile', byConsent('Later'));
    expect(await readiness()).toEqual({ emailAccount: { readiness: { ready: false, missing: [{ code: 'REAUTHORIZATION_REQUIRED' }] } }, ready: { nodes: [] } });
    expect((await comeBack(await provider.visit(await begin('Later')))).status).toBe(200);
    expect(await readiness()).toEqual({ emailAccount: { readiness: { ready: true, missing: [] } }, ready: { nodes: [{ accountId: 'Waiting' }] } });
  });

  it('does not take its secret to another token endpoint', async () => {
    await change('createAuthenticationProfile', bySecret('Bound'));
    const tokenEndpoint = 'https://evil.example.com/token';
    const refused = await change('changeAuthenticationProfile', { name: 'Bound', tokenEndpoint });
    expect(refused.errors).toMatchObject([{ code: 'SECRET_REBIND_REQUIRED', field: ['clientSecret'] }]);
    const changed = await change('changeAuthenticationProfile', { name: 'Bound', tokenEndpoint, clientSecret: 'another' });
    expect(changed.authenticationProfile).toMatchObject({ tokenEndpoint, clientSecret: { version: 2 } });
  });

  it('is not changed over the head of somebody else', async () => {
    await change('createAuthenticationProfile', bySecret('Versions'));
    await change('changeAuthenticationProfile', { name: 'Versions', scopes: ['mail'], expectedVersion: 1 });
    const { errors } = await change('changeAuthenticationProfile', { name: 'Versions', scopes: ['other'], expectedVersion: 1 });
    expect(errors).toMatchObject([{ code: 'VERSION_CONFLICT' }]);
  });

  it('is not deleted while an account names it, a deleted one too', async () => {
    await change('createAuthenticationProfile', bySecret('Named'));
    await account('Naming', 'Named');
    await service.data('mutation { deleteEmailAccount(input: { accountId: "Naming" }) { errors { code } } }');
    const refused = await change('deleteAuthenticationProfile', { name: 'Named' });
    expect(refused.errors).toMatchObject([{ code: 'IN_USE', field: ['name'] }]);
    expect(refused.errors[0]?.message).toContain('Naming');
    await service.data('mutation { eraseEmailAccount(input: { accountId: "Naming", confirmation: "Naming", reason: "done" }) { errors { code } } }');
    expect((await change('deleteAuthenticationProfile', { name: 'Named' })).errors).toEqual([]);
    expect(await profile('Named')).toBeNull();
  });

  it('is changed by editors alone, and every attempt of others is on record', async () => {
    const token = await service.tokenFor('OPERATOR');
    const { errors } = await service.query(
      'mutation ($input: BeginConsentInput!) { beginConsent(input: $input) { url } }',
      { input: { authenticationProfile: 'Corp' } },
      { token },
    );
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const { auditTrail } = await service.data<{ auditTrail: { nodes: object[] } }>(
      '{ auditTrail(filter: { outcome: [DENIED], entityType: ["AuthenticationProfile"] }) { nodes { entityId ... on AccessDeniedEntry { command } } } }',
    );
    expect(auditTrail.nodes).toEqual([{ entityId: 'Corp', command: 'Mutation.beginConsent' }]);
  });
});

describe('a certificate', () => {
  let directory: string;
  const pair = async (name: string, ...key: string[]) => {
    const [keyFile, certificateFile] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
    const request = ['req', '-x509', '-nodes', '-subj', `/CN=${name}`, '-days', '30', '-keyout', keyFile, '-out', certificateFile];
    execFileSync('openssl', [...request, '-newkey', ...key], { stdio: 'ignore' });
    const privateKeyPem = await readFile(keyFile, 'utf8');
    privateKeys.push(privateKeyPem.split('\n')[1] ?? '');
    return { certificatePem: await readFile(certificateFile, 'utf8'), privateKeyPem };
  };
  const create = (name: string, credentials: object) => change('createAuthenticationProfile', bySecret(name, { clientSecret: undefined, ...credentials }));
  const [p256, p384, weak] = [['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ['rsa:1024']] as const;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postledger-certificates-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('takes the place of a client secret, and shows its thumbprint and when it expires', async () => {
    const { authenticationProfile, errors } = await create('ByCertificate', await pair('good', ...p256));
    expect(errors).toEqual([]);
    expect(authenticationProfile).toMatchObject({ clientSecret: { isSet: false }, certificateThumbprint: expect.stringMatching(/^[0-9A-F]{64}$/) as unknown });
    expect(Date.parse(String(authenticationProfile?.['certificateExpiresAt']))).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  });

  it('is renewed for the stored key alone when it is that key’s', async () => {
    const other = await pair('other', ...p256);
    const { errors } = await change('changeAuthenticationProfile', { name: 'ByCertificate', certificatePem: other.certificatePem });
    expect(errors).toMatchObject([{ code: 'INVALID_CERTIFICATE', field: ['privateKeyPem'] }]);
    expect((await change('changeAuthenticationProfile', { name: 'ByCertificate', ...other })).errors).toEqual([]);
  });

  it('is let in as a secret in lines, and no password is', async () => {
    const { privateKeyPem: password } = await pair('password', ...p256);
    const sender = { smtp: { identity: { emailAddress: 'a@example.com', password }, connection: { host: 'a.example' } } };
    const { data } = await service.query('mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code } } }', {
      input: { accountId: 'Lines', accountName: 'Lines', sender },
    });
    expect(data).toEqual({ createEmailAccount: { errors: [{ code: 'FORBIDDEN_CHARACTER' }] } });
  });

  it.each([
    [
      'a key of another',
      async () => ({ ...(await pair('one', ...p256)), privateKeyPem: (await pair('two', ...p256)).privateKeyPem }),
      'INVALID_CERTIFICATE',
      'privateKeyPem',
    ],
    ['a weak key', () => pair('weak', ...weak), 'INVALID_CERTIFICATE', 'privateKeyPem'],
    ['a key of another curve', () => pair('p384', ...p384), 'INVALID_CERTIFICATE', 'privateKeyPem'],
    ['what is no certificate', async () => ({ ...(await pair('garbage', ...p256)), certificatePem: 'garbage' }), 'INVALID_CERTIFICATE', 'certificatePem'],
    ['its private key in it', async () => ({ certificatePem: (await pair('mixed', ...p256)).privateKeyPem }), 'PRIVATE_KEY_REFUSED', 'certificatePem'],
  ] as const)('is refused with %s', async (_what, credentials, code, field) => {
    const { errors } = await create('Refused', await credentials());
    expect(errors.map((error) => [error.code, error.field])).toEqual([[code, [field]]]);
  });
});

describe('a consent', () => {
  const mailbox = 'Mailbox';
  it('is begun at the provider with PKCE, and tells until when', async () => {
    await change('createAuthenticationProfile', byConsent(mailbox));
    const { url, expiresAt } = await change('beginConsent', { authenticationProfile: mailbox, loginHint: 'sales@example.com' });
    const parameters = new URL(url ?? '').searchParams;
    expect(Object.fromEntries(parameters)).toMatchObject({
      client_id: provider.clientId,
      response_type: 'code',
      redirect_uri: `${publicUrl}/oauth/callback`,
      code_challenge_method: 'S256',
      login_hint: 'sales@example.com',
      scope: 'openid offline_access mail',
    });
    expect(Date.parse(expiresAt ?? '') - Date.now()).toBeLessThanOrEqual(600_000);
    expect(parameters.get('state')).not.toContain(mailbox);
  });

  it('gives the profile access, counts once, and is on record under who began it', async () => {
    const address = await provider.visit(await begin(mailbox));
    const first = await comeBack(address);
    expect([first.status, first.page]).toEqual([200, expect.stringContaining(`The authentication profile ${mailbox} can now use the mailbox.`)]);
    expect(await profile(mailbox)).toMatchObject({ state: 'UNUSED', refreshToken: { isSet: true, version: 1 } });
    const second = await comeBack(address);
    expect([second.status, second.page]).toEqual([400, expect.stringContaining('has been finished already')]);
    expect(await profile(mailbox)).toMatchObject({ refreshToken: { version: 1 } });
    expect((await history(mailbox)).slice(-2)).toEqual([
      {
        action: 'ConsentGranted',
        outcome: 'ACCEPTED',
        actor: { displayName: 'Bootstrap token' },
        changes: [
          { path: 'refreshToken', before: null, after: null, secret: true },
          { path: 'state', before: 'REAUTHORIZATION_REQUIRED', after: null, secret: false },
        ],
      },
      { action: 'CommandRefused', outcome: 'REFUSED', actor: { displayName: 'Bootstrap token' }, changes: [] },
    ]);
  });

  it('that was begun before a restart is finished after it', async () => {
    const address = await provider.visit(await begin(mailbox));
    await service.restart();
    expect(await profile(mailbox)).toMatchObject({ refreshToken: { version: 1 } });
    expect((await comeBack(address)).status).toBe(200);
    expect(await profile(mailbox)).toMatchObject({ refreshToken: { version: 2 } });
  });

  it('that the person does not give changes nothing, and says what to do', async () => {
    const before = await profile(mailbox);
    const { status, page } = await comeBack(await provider.visit(await begin(mailbox), 'cancel'));
    expect([status, page]).toEqual([400, expect.stringContaining('Access was not allowed at the provider')]);
    expect(await profile(mailbox)).toEqual(before);
  });

  it.each([
    ['none', () => ''],
    ['one that was made up', () => 'state=AAAA'],
    ['one that was altered', (state: string) => `state=${state.slice(0, -4)}${state.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`],
    ['one in which markup stands', () => 'state=%3Cscript%3E&error=%3Cscript%3Ealert(1)%3C/script%3E'],
  ] as const)('with a state like %s is refused before anything is asked', async (_what, parameters) => {
    const state = new URL(await begin(mailbox)).searchParams.get('state') ?? '';
    const { status, page } = await comeBack(new URL(`${publicUrl}/oauth/callback?code=abc&${parameters(state)}`));
    expect([status, page]).toEqual([400, expect.stringContaining('This address was not made by Postledger')]);
    expect(page).not.toContain('<script');
  });

  it('with a code that the provider did not give is refused, and shows nothing of the address', async () => {
    const state = new URL(await begin(mailbox)).searchParams.get('state') ?? '';
    const { status, page } = await comeBack(new URL(`${publicUrl}/oauth/callback?code=canary-made-up-code&state=${state}`));
    expect([status, page]).toEqual([400, expect.stringContaining('The provider gave no tokens for it (invalid_grant)')]);
    expect(page).not.toContain('canary-made-up-code');
    expect(page).not.toContain(state);
  });

  it('from another provider than the one that was asked is refused', async () => {
    const state = new URL(await begin(mailbox)).searchParams.get('state') ?? '';
    const { page } = await comeBack(new URL(`${publicUrl}/oauth/callback?code=abc&state=${state}&iss=https://evil.example.com`));
    expect(page).toContain('another provider');
  });

  it('is shown by a page that runs and loads nothing, and is kept nowhere', async () => {
    const { headers, page } = await comeBack(new URL(`${publicUrl}/oauth/callback`));
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(page).not.toMatch(/<script|<img|<link|href=|src=/);
  });

  it('is begun for profiles alone that need one', async () => {
    expect((await change('beginConsent', { authenticationProfile: 'Corp' })).errors).toMatchObject([
      { code: 'CONTRADICTION', field: ['authenticationProfile'] },
    ]);
    expect((await change('beginConsent', { authenticationProfile: 'Nobody' })).errors).toMatchObject([{ code: 'NOT_FOUND', field: ['authenticationProfile'] }]);
  });
});

describe('what opens something', () => {
  it('is in no file, log line or page: client secrets, private keys, codes, refresh and access tokens', async () => {
    const opening = [clientSecret, ...privateKeys, ...provider.secrets];
    expect(privateKeys.every((line) => line.length > 40)).toBe(true);
    expect(provider.secrets.length).toBeGreaterThan(6);
    const shapes = opening.flatMap((secret) => shapesOf(secret));
    const texts = [service.logged(), ...pages].join('\n');
    expect(shapes.filter((shape) => texts.includes(shape))).toEqual([]);
    expect(await filesWith(service.dataDirectory, shapes)).toMatchObject({ found: [] });
  });
});
