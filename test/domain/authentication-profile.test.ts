import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/domain/access/actor.js';
import type { AuthenticationProfileCommand, ProfileForm } from '../../src/domain/authentication-profile/commands.js';
import { authenticationProfileDecider } from '../../src/domain/authentication-profile/decide.js';
import type { AuthenticationProfileEvent } from '../../src/domain/authentication-profile/events.js';
import { profileChanges } from '../../src/domain/authentication-profile/field-changes.js';
import type { ClientCertificate, ProfileSettings } from '../../src/domain/authentication-profile/settings.js';
import { evolve, initialState, reauthorization } from '../../src/domain/authentication-profile/state.js';
import { specification } from '../given-when-then.js';

const given = specification(authenticationProfileDecider);
const erin: Actor = { kind: 'API_TOKEN', id: 'tok_7f3a', displayName: 'Erin' };
const context = { now: '2026-11-24T14:30:00.000Z', actor: erin };
const token = 'https://login.example.com/token';
const authorize = 'https://login.example.com/authorize';

const entered = (secretId: string) => ({ change: 'replace', secretId, fingerprint: '' }) as const;
const keep = { change: 'keep' } as const;
const clear = { change: 'clear' } as const;
const reference = (secretId: string, version: number, boundTo = token) => ({
  secretId,
  version,
  fingerprint: '',
  setAt: context.now,
  setBy: erin,
  boundTo: [boundTo],
});
const certificate: ClientCertificate = {
  pem: 'PEM',
  thumbprintSha256: 'AB'.repeat(32),
  subject: 'CN=mail',
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2028-01-01T00:00:00.000Z',
};

const form = (more: Partial<ProfileForm> = {}): ProfileForm => ({ clientSecret: keep, privateKey: keep, refreshToken: keep, unreadable: [], ...more });
type Create = AuthenticationProfileCommand & { readonly type: 'CreateProfile' };
const create = (more: Partial<Create>, fields: Partial<ProfileForm> = {}): Create => ({
  type: 'CreateProfile',
  name: 'Corp',
  grant: 'CLIENT_CREDENTIALS',
  preset: 'CUSTOM',
  form: form({ tokenEndpoint: token, clientId: 'mail', clientSecret: entered('s1'), ...fields }),
  ...context,
  ...more,
});
const change = (fields: Partial<ProfileForm>): AuthenticationProfileCommand => ({ type: 'ChangeProfile', form: form(fields), ...context });

const bySecret: ProfileSettings = {
  name: 'Corp',
  grant: 'CLIENT_CREDENTIALS',
  preset: 'CUSTOM',
  tenant: null,
  tokenEndpoint: token,
  authorizationEndpoint: null,
  clientId: 'mail',
  scopes: [],
  clientSecret: reference('s1', 1),
  clientSecretExpiresAt: null,
  certificate: null,
  privateKey: null,
  refreshToken: null,
};
const created = (profile: Partial<ProfileSettings> = {}): AuthenticationProfileEvent => ({
  type: 'AuthenticationProfileCreated',
  data: { profile: { ...bySecret, ...profile } },
});
const changed = (profile: Partial<ProfileSettings>): AuthenticationProfileEvent => ({
  type: 'AuthenticationProfileChanged',
  data: { profile: { ...bySecret, ...profile } },
});
const byConsent = { grant: 'AUTHORIZATION_CODE', authorizationEndpoint: authorize } as const;
const granted: AuthenticationProfileEvent = { type: 'ConsentGranted', data: { refreshToken: reference('r1', 1), scopes: null } };
const lost: AuthenticationProfileEvent = { type: 'ConsentLost', data: { message: 'The provider takes the refresh token no more.' } };
const deleted: AuthenticationProfileEvent = { type: 'AuthenticationProfileDeleted', data: {} };

describe('creating an authentication profile', () => {
  it('binds its secret to the token endpoint', () => given().when(create({})).then(created()));
  it('fills in what the preset knows', () =>
    given()
      .when(create({ preset: 'MICROSOFT' }, { tokenEndpoint: undefined, tenant: 'contoso.example' }))
      .then(
        created({
          preset: 'MICROSOFT',
          tenant: 'contoso.example',
          tokenEndpoint: 'https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token',
          scopes: ['https://graph.microsoft.com/.default'],
          clientSecret: reference('s1', 1, 'https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token'),
        }),
      ));
  it('takes what the caller states before what the preset knows', () =>
    given()
      .when(create({ preset: 'MICROSOFT' }, { tenant: 'contoso.example', scopes: ['mail', 'mail'] }))
      .then(created({ preset: 'MICROSOFT', tenant: 'contoso.example', scopes: ['mail'] })));
  it('takes a certificate with its key in place of a secret', () =>
    given()
      .when(create({}, { clientSecret: keep, certificate, privateKey: entered('k1') }))
      .then(created({ clientSecret: null, certificate, privateKey: reference('k1', 1) })));
  it('is refused while there is one of the name', () => given(created()).when(create({})).thenRefused('ALREADY_EXISTS', 'name'));
  it('gives the name of a deleted one out again, and no version of a secret twice', () =>
    given(created(), deleted)
      .when(create({}, { clientSecret: entered('s9') }))
      .then(created({ clientSecret: reference('s9', 2) })));

  const byCode = (more: Partial<ProfileForm> = {}) => create({ grant: 'AUTHORIZATION_CODE' }, { authorizationEndpoint: authorize, ...more });
  it.each([
    ['a name with a slash', create({ name: 'corp/1' }), 'INVALID_FORMAT', 'name'],
    ['CUSTOM without a token endpoint', create({}, { tokenEndpoint: undefined }), 'REQUIRED', 'tokenEndpoint'],
    ['a token endpoint with http elsewhere', create({}, { tokenEndpoint: 'http://login.example.com/token' }), 'INVALID_FORMAT', 'tokenEndpoint'],
    ['a token endpoint with a password', create({}, { tokenEndpoint: 'https://a:b@login.example.com/token' }), 'INVALID_FORMAT', 'tokenEndpoint'],
    ['a token endpoint with a line break', create({}, { tokenEndpoint: 'https://login.example.com/\ntoken' }), 'FORBIDDEN_CHARACTER', 'tokenEndpoint'],
    ['another scheme', create({}, { tokenEndpoint: 'file:///etc/passwd' }), 'INVALID_FORMAT', 'tokenEndpoint'],
    ['no client ID', create({}, { clientId: ' ' }), 'REQUIRED', 'clientId'],
    ['a scope with a space', create({}, { scopes: ['mail read'] }), 'INVALID_FORMAT', 'scopes'],
    ['a tenant with another preset', create({}, { tenant: 'contoso.example' }), 'CONTRADICTION', 'tenant'],
    ['client credentials of Microsoft without a tenant', create({ preset: 'MICROSOFT' }), 'REQUIRED', 'tenant'],
    ['client credentials for every tenant', create({ preset: 'MICROSOFT' }, { tenant: 'common' }), 'CONTRADICTION', 'tenant'],
    ['a tenant that leads elsewhere', create({ preset: 'MICROSOFT' }, { tenant: 'a/../b' }), 'INVALID_FORMAT', 'tenant'],
    ['client credentials of Google', create({ preset: 'GOOGLE' }), 'CONTRADICTION', 'grant'],
    ['client credentials without any', create({}, { clientSecret: keep }), 'REQUIRED', 'clientSecret'],
    ['a secret beside a certificate', create({}, { certificate, privateKey: entered('k1') }), 'CONTRADICTION', 'clientSecret'],
    ['a certificate without its key', create({}, { clientSecret: keep, certificate }), 'REQUIRED', 'privateKeyPem'],
    ['a key without its certificate', create({}, { clientSecret: keep, privateKey: entered('k1') }), 'REQUIRED', 'certificatePem'],
    ['client credentials with a refresh token', create({}, { refreshToken: entered('r1') }), 'CONTRADICTION', 'refreshToken'],
    ['the grant of a refresh token without one', create({ grant: 'REFRESH_TOKEN' }), 'REQUIRED', 'refreshToken'],
    ['a refresh token that a consent is to give', byCode({ refreshToken: entered('r1') }), 'CONTRADICTION', 'refreshToken'],
    ['an authorization endpoint where nobody consents', create({}, { authorizationEndpoint: authorize }), 'CONTRADICTION', 'authorizationEndpoint'],
    ['a consent without an authorization endpoint', byCode({ authorizationEndpoint: undefined }), 'REQUIRED', 'authorizationEndpoint'],
    ['an expiry of no secret', byCode({ clientSecret: keep, clientSecretExpiresAt: context.now }), 'CONTRADICTION', 'clientSecretExpiresAt'],
  ] as const)('is refused with %s', (_what, command, code, field) => given().when(command).thenRefused(code, field));

  it('tells everything that is wrong at once, and what could not be read in its own words', () => {
    const unreadable = [{ code: 'INVALID_CERTIFICATE', message: 'It cannot be read.', field: ['certificatePem'] }] as const;
    const command = create({ name: '1' }, { clientId: '', clientSecret: keep, privateKey: entered('k1'), unreadable });
    given().when(command).thenRefused('INVALID_FORMAT', 'name');
    given().when(command).thenRefused('REQUIRED', 'clientId');
    given().when(command).thenRefused('INVALID_CERTIFICATE', 'certificatePem');
  });
});

describe('http to this very machine', () => {
  it.each(['http://127.0.0.1:9000/token', 'http://localhost/token', 'http://[::1]:9000/token'])('is taken: %s', (tokenEndpoint) =>
    given()
      .when(create({}, { tokenEndpoint }))
      .thenSatisfies(([event]) => expect(event).toMatchObject({ data: { profile: { tokenEndpoint, clientSecret: { boundTo: [tokenEndpoint] } } } })),
  );
  it.each(['http://127.0.0.1.example.com/token', 'http://localhost.example.com/token', 'http://127.1.example/token'])(
    'is not what only looks like it: %s',
    (tokenEndpoint) => given().when(create({}, { tokenEndpoint })).thenRefused('INVALID_FORMAT', 'tokenEndpoint'),
  );
});

describe('changing an authentication profile', () => {
  const elsewhere = 'https://login.example.org/token';
  it('keeps what is left out', () =>
    given(created())
      .when(change({ scopes: ['mail'] }))
      .then(changed({ scopes: ['mail'] })));
  it('changes nothing where everything is so already', () =>
    given(created())
      .when(change({ clientId: 'mail', tokenEndpoint: token }))
      .thenNothing());
  it('does not take a stored secret to another token endpoint', () =>
    given(created())
      .when(change({ tokenEndpoint: elsewhere }))
      .thenRefused('SECRET_REBIND_REQUIRED', 'clientSecret'));
  it('does so when the secret is entered again', () =>
    given(created())
      .when(change({ tokenEndpoint: elsewhere, clientSecret: entered('s2') }))
      .then(changed({ tokenEndpoint: elsewhere, clientSecret: reference('s2', 2, elsewhere) })));
  it('does not take a stored key or refresh token there either', () => {
    const byKey = created({ clientSecret: null, certificate, privateKey: reference('k1', 1) });
    given(byKey)
      .when(change({ tokenEndpoint: elsewhere }))
      .thenRefused('SECRET_REBIND_REQUIRED', 'privateKeyPem');
    const byToken = created({ grant: 'REFRESH_TOKEN', clientSecret: null, refreshToken: reference('r1', 1) });
    given(byToken)
      .when(change({ tokenEndpoint: elsewhere }))
      .thenRefused('SECRET_REBIND_REQUIRED', 'refreshToken');
  });
  it('moves endpoints of the preset with the tenant, which asks for the secret again', () => {
    const microsoft = (tenant: string) => `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`;
    const before = created({
      preset: 'MICROSOFT',
      tenant: 'a.example',
      tokenEndpoint: microsoft('a.example'),
      clientSecret: reference('s1', 1, microsoft('a.example')),
    });
    given(before)
      .when(change({ tenant: 'b.example' }))
      .thenRefused('SECRET_REBIND_REQUIRED', 'clientSecret');
    given(before)
      .when(change({ tenant: 'b.example', clientSecret: entered('s2') }))
      .thenSatisfies(([event]) => expect(event).toMatchObject({ data: { profile: { tokenEndpoint: microsoft('b.example') } } }));
  });
  it('lets the expiry of a secret go with it', () =>
    given(created({ clientSecretExpiresAt: '2027-01-01T00:00:00.000Z' }))
      .when(change({ clientSecret: entered('s2') }))
      .then(changed({ clientSecret: reference('s2', 2), clientSecretExpiresAt: null })));
  it('refuses to clear the last secret', () =>
    given(created())
      .when(change({ clientSecret: clear }))
      .thenRefused('REQUIRED', 'clientSecret'));
  it('ends a consent that was given to another application or endpoint', () => {
    for (const fields of [{ clientId: 'other' }, { tokenEndpoint: elsewhere, clientSecret: entered('s2') }])
      given(created(byConsent), granted)
        .when(change(fields))
        .thenSatisfies(([event]) => expect(event).toMatchObject({ data: { profile: { refreshToken: null } } }));
  });
  it('is refused where there is none', () => given(created(), deleted).when(change({})).thenRefused('NOT_FOUND', 'name'));
});

describe('deleting an authentication profile', () => {
  const deletion = (total: number, ...accountIds: string[]): AuthenticationProfileCommand => ({
    type: 'DeleteProfile',
    usedBy: { total, accountIds },
    ...context,
  });
  it('is done when no account names it', () => given(created()).when(deletion(0)).then(deleted));
  it('is refused while one does', () =>
    given(created())
      .when(deletion(7, 'Sales', 'Support'))
      .thenRefused('IN_USE', 'name'));
  it('names some of them and counts the rest', () =>
    expect(() => authenticationProfileDecider.decide(evolve(initialState, created()), deletion(7, 'Sales', 'Support'))).toThrow('Sales, Support and 5 more'));
});

describe('a consent', () => {
  const grant = (tokenEndpoint = token): AuthenticationProfileCommand => ({
    type: 'GrantConsent',
    refreshToken: entered('r1'),
    scopes: null,
    tokenEndpoint,
    ...context,
  });
  const rotate = (refreshTokenVersion: number): AuthenticationProfileCommand => ({
    type: 'RotateRefreshToken',
    refreshToken: entered('r2'),
    refreshTokenVersion,
    ...context,
  });
  const lose = (refreshTokenVersion: number): AuthenticationProfileCommand => ({
    type: 'LoseConsent',
    message: 'The provider takes the refresh token no more.',
    refreshTokenVersion,
    ...context,
  });
  const stateOf = (...events: AuthenticationProfileEvent[]) => {
    const state = events.reduce(evolve, initialState);
    return state.status === 'present' ? reauthorization(state) : expect.fail('There is no profile.');
  };

  it('gives the profile a refresh token, bound to the token endpoint', () => given(created(byConsent)).when(grant()).then(granted));
  it('to a profile that has got another endpoint meanwhile is none', () =>
    given(created(byConsent)).when(grant('https://old.example.com/token')).thenRefused('CONSENT_FAILED'));
  it('to a profile that needs none is none', () => given(created()).when(grant()).thenRefused('CONSENT_FAILED'));
  it('is asked for until somebody gave it, and again once it is lost', () => {
    expect(stateOf(created(byConsent))).toMatch('Nobody has consented yet');
    expect(stateOf(created(byConsent), granted)).toBeNull();
    expect(stateOf(created(byConsent), granted, lost)).toMatch('Consent again');
    expect(stateOf(created(byConsent), granted, lost, granted)).toBeNull();
    expect(stateOf(created())).toBeNull();
  });
  it('is lost once', () => given(created(byConsent), granted).when(lose(1)).then(lost));
  it('that was lost is not lost again, nor is one that came since', () => {
    given(created(byConsent), granted, lost).when(lose(1)).thenNothing();
    given(created(byConsent), granted).when(lose(7)).thenNothing();
  });
  it('goes on with the token that the provider gave in place of the one that was used', () =>
    given(created(byConsent), granted)
      .when(rotate(1))
      .then({ type: 'RefreshTokenRotated', data: { refreshToken: reference('r2', 2) } }));
  it('keeps a token that came since: what an older one gave is not put in its place', () => given(created(byConsent), granted).when(rotate(0)).thenNothing());
  it('stays lost where only other fields change, and comes back with another refresh token', () => {
    const byToken = created({ grant: 'REFRESH_TOKEN', refreshToken: reference('r1', 1) });
    const kept = changed({ grant: 'REFRESH_TOKEN', refreshToken: reference('r1', 1), scopes: ['mail'] });
    expect(stateOf(byToken, lost, kept)).toMatch('Enter a new refresh token');
    expect(stateOf(byToken, lost, changed({ grant: 'REFRESH_TOKEN', refreshToken: reference('r2', 2) }))).toBeNull();
  });
});

describe('what changed of a profile', () => {
  const state = (...events: AuthenticationProfileEvent[]) => events.reduce(evolve, initialState);
  it('is told field by field, and of a secret no more than that', () => {
    const before = state(created());
    const after = state(created(), changed({ scopes: ['mail'], clientSecret: reference('s2', 2) }));
    expect(profileChanges(before, after)).toEqual([
      { path: 'scopes', before: [], after: ['mail'], secret: false },
      { path: 'clientSecret', before: null, after: null, secret: true, secretChange: 'CHANGED' },
    ]);
  });
  it('by a consent is its refresh token, and that nobody has to consent any more', () =>
    expect(profileChanges(state(created(byConsent)), state(created(byConsent), granted))).toEqual([
      { path: 'refreshToken', before: null, after: null, secret: true, secretChange: 'SET' },
      { path: 'state', before: 'REAUTHORIZATION_REQUIRED', after: null, secret: false },
    ]));
});
