import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenUnavailable, type AccessTokens, type Credentials } from '../../src/mail/mail-port.js';
import { loopback, failureIn, receiver, sender, stagesOf } from '../mail/accounts.js';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';
import { closeFakeServers, imapServer, pop3Server, smtpServer, type FakeServer } from '../mail/lab/fake-server.js';
import { freePorts } from '../mail/lab/free-ports.js';
import { startMailLab, withMailLab, type MailLab } from '../mail/lab/mail-lab.js';
import { consentClient } from '../../src/oauth/consent-client.js';
import { tokenClient } from '../../src/oauth/token-client.js';
import { TokenOwner } from '../../src/oauth/token-owner.js';
import { TokenRefused, type TokenProfile } from '../../src/oauth/token-port.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';
import { openIdProvider, type OpenIdProvider } from '../api/openid-provider.js';

const never = new AbortController().signal;
const redirectUri = 'http://127.0.0.1:1/oauth/callback';
const clientSecret = 'the-client-secret-of-tests';
const client = tokenClient(fetch, () => new Date());

const certified = certificateAuthority('Application').issue(['application']);
let lab: MailLab | null = null;
let provider: OpenIdProvider;
beforeAll(async () => {
  lab = withMailLab ? await startMailLab() : null;
  provider = await openIdProvider(redirectUri, clientSecret, { port: lab?.ports.introspection ?? 0, certifiedKey: createPublicKey(certified.certificate) });
});
afterAll(async () => {
  await provider.stop();
  await closeFakeServers();
});

function profile(change: Partial<TokenProfile> = {}): TokenProfile {
  return {
    name: 'lab',
    grant: 'CLIENT_CREDENTIALS',
    preset: 'CUSTOM',
    tokenEndpoint: provider.tokenEndpoint,
    clientId: provider.clientId,
    scopes: ['mail'],
    clientSecret: new SecretValue(clientSecret),
    certificatePem: null,
    privateKey: null,
    refreshToken: null,
    refreshTokenVersion: null,
    reauthorization: null,
    ...change,
  };
}

const refusal = async (change: Partial<TokenProfile>) => {
  const error: unknown = await client(profile(change), AbortSignal.timeout(10_000)).catch((reason: unknown) => reason);
  expect(String(error)).not.toMatch(/the-client-secret|wrong-secret/);
  if (error instanceof TokenRefused) return `${error.kind}: ${error.message}`;
  return error instanceof TokenUnavailable ? `${error.code}: ${error.message}` : error;
};

/** Somebody logs in and consents; the refresh token that comes of it. */
async function consented(login: string): Promise<SecretValue> {
  const consent = consentClient(fetch);
  const asked = { ...profile(), authorizationEndpoint: provider.authorizationEndpoint, scopes: ['openid', 'offline_access', 'mail'] };
  const request = { state: 'state-of-this-test', codeVerifier: 'v'.repeat(64), redirectUri };
  const back = await provider.visit(await consent.address(asked, { ...request, loginHint: null }), 'consent', login);
  const { refreshToken } = await consent.exchange(asked, back.searchParams, request, never);
  if (refreshToken === null) throw new Error('The provider gave no refresh token.');
  return refreshToken;
}

describe('tokens of a real provider', () => {
  it('come for an application by its secret', async () => {
    const tokens = await client(profile(), never);
    expect(tokens.accessToken.reveal().length).toBeGreaterThan(20);
    expect(tokens.expiresInSeconds).toBeGreaterThan(0);
    expect(tokens.refreshToken).toBe(null);
  });

  it('come for an application by a signature of its certificate', async () => {
    const change = { clientId: 'certified', clientSecret: null, certificatePem: certified.certificate, privateKey: new SecretValue(certified.key) };
    expect((await client(profile(change), never)).accessToken.reveal().length).toBeGreaterThan(20);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stranger = new SecretValue(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    expect(await refusal({ ...change, privateKey: stranger })).toMatch(/^CONFIGURATION: The provider gives no access token \(invalid_client\)/);
  });

  it('come for a person who consented, with another refresh token each time; one that was used is worth nothing', async () => {
    const first = await consented('alice');
    const grant = { grant: 'AUTHORIZATION_CODE', refreshToken: first, refreshTokenVersion: 1, scopes: [] } as const;
    const tokens = await client(profile(grant), never);
    expect(tokens.refreshToken).not.toBe(null);
    expect(tokens.refreshToken?.reveal()).not.toBe(first.reveal());
    expect(await refusal(grant)).toMatch(/^CONSENT: The provider gives no access token \(invalid_grant\)/);
  });

  it.each<[string, () => Partial<TokenProfile>, RegExp]>([
    ['a wrong secret', () => ({ clientSecret: new SecretValue('wrong-secret') }), /^CONFIGURATION: .*\(invalid_client\).*Check client ID and client secret/],
    ['a client that is not there', () => ({ clientId: 'nobody' }), /^CONFIGURATION: .*\(invalid_client\)/],
    ['a grant that is not allowed', () => ({ clientId: 'certified', clientSecret: new SecretValue('wrong-secret') }), /^CONFIGURATION: /],
    ['a made-up refresh token', () => ({ grant: 'REFRESH_TOKEN', refreshToken: new SecretValue('made up') }), /^CONSENT: .*\(invalid_grant\)/],
    [
      'an endpoint that is none',
      () => ({ tokenEndpoint: `${provider.issuer}/nowhere` }),
      /^CONFIGURATION: What answers at the token endpoint does not speak OAuth 2\.0/,
    ],
  ])('do not come for %s, and it is said why', async (_, change, told) => {
    expect(await refusal(change())).toMatch(told);
  });

  it('do not come where nobody listens, and it is said where', async () => {
    const [port = 0] = await freePorts(1);
    expect(await refusal({ tokenEndpoint: `http://127.0.0.1:${port}/token` })).toMatch(
      /^CONNECTION_REFUSED: The token endpoint of the provider could not be asked\./,
    );
  });
});

const tokensOf = (current: () => Promise<SecretValue>, refused: SecretValue[] = []): AccessTokens => ({
  profile: 'lab',
  current,
  refused: (token) => void refused.push(token),
});
const login = (accessTokens: AccessTokens, userId = 'alice@lab.test'): Credentials => ({ kind: 'oauth', userId, accessTokens });

describe.runIf(withMailLab)('logins with tokens at Postfix and Dovecot', () => {
  const subjects = (credentials: Credentials) => {
    if (lab === null) throw new Error('There is no mail lab.');
    const address = (credentials.kind === 'oauth' && credentials.userId) || 'alice@lab.test';
    return {
      smtp: { sender: { ...sender({ port: lab.ports.submission, security: 'REQUIRED', address }), credentials } },
      imap: { receiver: { ...receiver({ port: lab.ports.imaps, security: 'IMPLICIT' }), credentials } },
      pop3: { receiver: { ...receiver({ kind: 'pop3', port: lab.ports.pop3s, security: 'IMPLICIT' }), credentials } },
    };
  };
  const settings = () => ({ ...loopback, additionalRoots: lab ? [lab.authority] : [] });
  const protocols = ['smtp', 'imap', 'pop3'] as const;

  it.each(protocols)('%s: pass with a token of the mailbox', async (protocol) => {
    const owner = new TokenOwner(
      { load: () => Promise.resolve(profile()), refreshTokenRotated: () => Promise.resolve(), consentLost: () => Promise.resolve() },
      client,
      { now: () => new Date(), random: Math.random, changedAt: () => 'created', onFault: () => undefined },
    );
    const tokens = owner.accessTokensOf('lab');
    if (tokens === null) throw new Error('There is no profile.');
    const stages = await stagesOf(subjects(login(tokens))[protocol], settings());
    expect(failureIn(stages)).toBe('passed');
    const names = stages.map(({ stage }) => stage);
    expect(names.slice(names.indexOf('TOKEN'), names.indexOf('TOKEN') + 2)).toEqual(['TOKEN', 'AUTHENTICATION']);
    const token = await tokens.current(never);
    expect(JSON.stringify(stages)).not.toContain(token.reveal());
  });

  it.each(protocols)('%s: pass with the token of a person, for their own mailbox alone', async (protocol) => {
    const granted = await client(profile({ grant: 'AUTHORIZATION_CODE', refreshToken: await consented('bob'), refreshTokenVersion: 1, scopes: [] }), never);
    const current = () => Promise.resolve(granted.accessToken);
    expect(failureIn(await stagesOf(subjects(login(tokensOf(current), 'bob@lab.test'))[protocol], settings()))).toBe('passed');
    const refused: SecretValue[] = [];
    const stages = await stagesOf(subjects(login(tokensOf(current, refused)))[protocol], settings());
    expect(failureIn(stages)).toBe('AUTHENTICATION AUTHENTICATION_FAILED');
    expect(refused).toEqual([granted.accessToken]);
  });

  it.each(protocols)('%s: fail with a token that opens nothing, which nobody sees', async (protocol) => {
    const token = new SecretValue('no-token-at-all-0123456789');
    const stages = await stagesOf(subjects(login(tokensOf(() => Promise.resolve(token))))[protocol], settings());
    expect(failureIn(stages)).toBe('AUTHENTICATION AUTHENTICATION_FAILED');
    expect(stages.find(({ outcome }) => outcome === 'FAILED')).toMatchObject({ message: 'The server refuses the access token.' });
    expect(JSON.stringify(stages)).not.toContain(token.reveal());
    expect(JSON.stringify(stages)).not.toContain(Buffer.from(token.reveal()).toString('base64'));
  });
});

describe('a login with tokens', () => {
  const token = new SecretValue('access-token-of-this-test');
  const started = { smtp: smtpServer, imap: imapServer, pop3: pop3Server } as const;
  const subject = (protocol: keyof typeof started, { port }: FakeServer, credentials: Credentials) =>
    protocol === 'smtp' ? { sender: { ...sender({ port }), credentials } } : { receiver: { ...receiver({ kind: protocol, port }), credentials } };

  it.each(['smtp', 'imap', 'pop3'] as const)('%s: sends nothing to a server that takes none', async (protocol) => {
    const server = await started[protocol]();
    const stages = await stagesOf(subject(protocol, server, login(tokensOf(() => Promise.resolve(token)))));
    expect(failureIn(stages)).toBe('AUTHENTICATION AUTHENTICATION_NOT_OFFERED');
    expect(server.received()).not.toMatch(/access-token|AUTH X|AUTHENTICATE|Bearer/i);
  });

  it.each(['smtp', 'imap', 'pop3'] as const)('%s: says why there is no token, and connects no further', async (protocol) => {
    const server = await started[protocol]();
    const none = tokensOf(() => Promise.reject(new TokenUnavailable('REAUTHORIZATION_REQUIRED', 'The consent was lost.', 'Consent again.')));
    const stages = await stagesOf(subject(protocol, server, login(none)));
    expect(failureIn(stages)).toBe('TOKEN REAUTHORIZATION_REQUIRED');
    expect(stages.find(({ stage }) => stage === 'TOKEN')).toMatchObject({ message: 'The consent was lost.', hint: 'Consent again.' });
  });

  it('tells what a challenge says of the refusal, and answers it', async () => {
    const reason = Buffer.from('{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}').toString('base64');
    const server = await smtpServer({
      offers: ['AUTH XOAUTH2'],
      answers: { 'AUTH XOAUTH2': `334 ${reason}`, '': '535 5.7.8 Username and Password not accepted' },
    });
    const refused: SecretValue[] = [];
    const stages = await stagesOf(subject('smtp', server, login(tokensOf(() => Promise.resolve(token), refused))));
    expect(stages.find(({ outcome }) => outcome === 'FAILED')).toMatchObject({
      stage: 'AUTHENTICATION',
      code: 'AUTHENTICATION_FAILED',
      serverResponse: '535 5.7.8 Username and Password not accepted (status 400, scope https://mail.example/)',
    });
    expect(refused).toEqual([token]);
  });

  it('that a server cannot judge for now says nothing of the token', async () => {
    const server = await smtpServer({ offers: ['AUTH XOAUTH2'], answers: { 'AUTH XOAUTH2': '454 4.7.0 temporary' } });
    const refused: SecretValue[] = [];
    expect(failureIn(await stagesOf(subject('smtp', server, login(tokensOf(() => Promise.resolve(token), refused)))))).toBe(
      'AUTHENTICATION SERVER_TEMPORARILY_UNAVAILABLE',
    );
    expect(refused).toEqual([]);
  });
});
