import { describe, expect, it } from 'vitest';
import { accountsNaming } from '../../src/commands/accounts-naming.js';
import { AuthenticationProfileCommands } from '../../src/commands/authentication-profile-commands.js';
import { ConsentStates } from '../../src/commands/consent-state.js';
import { Consents } from '../../src/commands/consents.js';
import { RateLimit, RateLimited } from '../../src/commands/rate-limit.js';
import { StoredProfiles } from '../../src/commands/stored-profiles.js';
import { securityLogStream } from '../../src/domain/streams.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { StoreUnavailable } from '../../src/event-store/event-store.js';
import type { ConsentedTokens } from '../../src/oauth/consent-port.js';
import { profileOwner } from '../../src/secret-store/secret-slot.js';
import { SecretNotFound } from '../../src/secret-store/secret-store.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';
import { keepSecretsSwept } from '../../src/start/secret-upkeep.js';
import { call, callOf, openCommands, overriding, type OpenedCommands } from './opened-commands.js';

const day = 86_400_000;
const tokenEndpoint = 'https://login.example.com/token';
const corp = { name: 'Corp' };
const byConsent = {
  ...corp,
  grant: 'AUTHORIZATION_CODE',
  tokenEndpoint,
  authorizationEndpoint: 'https://login.example.com/authorize',
  clientId: 'mail',
  clientSecret: new SecretValue('client secret'),
} as const;

interface Opened extends OpenedCommands {
  readonly clock: { now: Date };
  readonly profiles: AuthenticationProfileCommands;
  readonly stored: StoredProfiles;
  readonly consents: Consents;
  /** What the provider gives, once for each exchange. */
  readonly given: { tokens: ConsentedTokens; exchanges: number };
}

async function opened({ wrapEvents, perMinute = 100 }: { wrapEvents?: (store: EventStore) => EventStore; perMinute?: number } = {}): Promise<Opened> {
  const clock = { now: new Date('2026-11-24T12:00:00Z') };
  const now = () => clock.now;
  const commands = await openCommands({ clock, ...(wrapEvents && { wrapEvents }) });
  const { handler, events, secrets, views } = commands;
  const profiles = new AuthenticationProfileCommands(handler, events, secrets, (name) => accountsNaming({ authenticationProfile: name }, events, views), now);
  const stored = new StoredProfiles(events, secrets, (name) => views.profiles.folded(name), profiles);
  const given = { tokens: { refreshToken: new SecretValue('first'), scopes: null } as ConsentedTokens, exchanges: 0 };
  const client = {
    address: (_profile: object, { state }: { state: string }) => Promise.resolve(`https://login.example.com/authorize?state=${state}`),
    exchange: () => {
      given.exchanges++;
      return Promise.resolve(given.tokens);
    },
  };
  const states = new ConsentStates(await secrets.deriveKey('states'));
  const redirectUri = () => 'https://mail.example.com/oauth/callback';
  const consents = new Consents(profiles, stored, states, client, redirectUri, new RateLimit(perMinute, now, () => undefined), now);
  await profiles.create(call, byConsent, {});
  return { ...commands, clock, profiles, stored, consents, given };
}

const signal = new AbortController().signal;
const begun = async ({ consents }: Opened, by = call) => {
  const { url } = await consents.begin(by, { authenticationProfile: 'corp' });
  return new URL(url ?? expect.fail('There is no address.')).searchParams;
};
const finish = ({ consents }: Opened, parameters: URLSearchParams) =>
  consents.finish({ parameters, requestId: 'r9', ip: '192.0.2.9', userAgent: null }, signal);
const typesOf = async (commands: OpenedCommands) => (await commands.stream('authenticationProfile-corp')).map(({ type }) => type);
const refreshTokenOf = async ({ stored }: Opened) => (await stored.load('Corp'))?.refreshToken?.reveal() ?? null;
const clientSecretOf = async ({ stored }: Opened) => (await stored.current('Corp'))?.settings.clientSecret ?? expect.fail('There is no client secret.');
const secretsLeft = async ({ secrets }: OpenedCommands) => (await secrets.listIds(profileOwner('Corp'))).size;

describe('a consent', () => {
  it('comes too late after ten minutes, and nothing is asked of the provider', async () => {
    const commands = await opened();
    const parameters = await begun(commands);
    commands.clock.now = new Date(commands.clock.now.getTime() + 600_001);
    expect(await finish(commands, parameters)).toMatchObject({ granted: false, message: expect.stringContaining('more than 10 minutes') as unknown });
    expect(commands.given.exchanges).toBe(0);
    expect(await typesOf(commands)).toEqual(['AuthenticationProfileCreated']);
  });

  it('counts once, however often and at the same moment somebody comes back', async () => {
    const commands = await opened();
    const parameters = await begun(commands);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => finish(commands, parameters)));
    expect(outcomes.filter(({ granted }) => granted)).toHaveLength(1);
    expect(commands.given.exchanges).toBe(1);
    expect(await typesOf(commands)).toEqual(['AuthenticationProfileCreated', 'ConsentGranted']);
  });

  it('is of whoever began it, from where the browser came back, which showed no token; the beginning says which one was shown then', async () => {
    const commands = await opened();
    const parameters = await begun(commands, callOf('tok-of-frank'));
    await finish(commands, parameters);
    await finish(commands, parameters);
    const [, granted] = await commands.stream('authenticationProfile-corp');
    expect(granted?.metadata).toMatchObject({
      actor: { id: 'tok-of-frank' },
      role: 'ADMIN',
      tokenId: null,
      ip: '192.0.2.9',
      requestId: 'r9',
      command: 'finishConsent',
    });
    const consentId = granted?.metadata['$correlationId'];
    expect(await commands.stream(securityLogStream(commands.clock.now))).toMatchObject([
      { type: 'ConsentBegun', data: { consentId }, metadata: { tokenId: 'tok-of-frank' } },
      { type: 'CommandRefused', data: { command: 'finishConsent' }, metadata: { actor: { id: 'tok-of-frank' }, tokenId: null } },
    ]);
  });

  it('without a refresh token is none: access would end within the hour', async () => {
    const commands = await opened();
    commands.given.tokens = { refreshToken: null, scopes: ['mail'] };
    expect(await finish(commands, await begun(commands))).toMatchObject({ granted: false, message: expect.stringContaining('offline_access') as unknown });
    expect(await typesOf(commands)).toEqual(['AuthenticationProfileCreated']);
  });

  it('is not granted to a profile that is another one by now', async () => {
    const commands = await opened();
    const parameters = await begun(commands);
    await commands.profiles.delete(call, corp, {});
    expect(await finish(commands, parameters)).toMatchObject({ granted: false });
    await commands.profiles.create(call, { ...byConsent, grant: 'CLIENT_CREDENTIALS', authorizationEndpoint: undefined }, {});
    expect(await finish(commands, parameters)).toMatchObject({ granted: false });
    expect(commands.given.exchanges).toBe(0);
  });

  it('puts another in the place of the one before, whose refresh token is destroyed at once', async () => {
    const commands = await opened();
    await finish(commands, await begun(commands));
    commands.given.tokens = { refreshToken: new SecretValue('second'), scopes: null };
    await finish(commands, await begun(commands));
    expect(await refreshTokenOf(commands)).toBe('second');
    expect(await secretsLeft(commands)).toBe(2);
  });

  it('is not tried without end by one person', async () => {
    const commands = await opened({ perMinute: 2 });
    const parameters = await begun(commands);
    await finish(commands, parameters);
    await finish(commands, parameters);
    await expect(finish(commands, parameters)).rejects.toThrow(RateLimited);
  });
});

describe('a refresh token that the provider replaces', () => {
  const granted = async (options?: Parameters<typeof opened>[0]) => {
    const commands = await opened(options);
    await finish(commands, await begun(commands));
    return commands;
  };

  it('is stored by the time it may be used, and the one before is destroyed', async () => {
    const commands = await granted();
    await commands.stored.refreshTokenRotated('Corp', 1, new SecretValue('second'));
    expect(await refreshTokenOf(commands)).toBe('second');
    expect(await secretsLeft(commands)).toBe(2);
    const [, , rotated] = await commands.stream('authenticationProfile-corp');
    expect(rotated).toMatchObject({ type: 'RefreshTokenRotated', metadata: { actor: { kind: 'SYSTEM' } } });
  });

  it('does not take the place of one that came since', async () => {
    const commands = await granted();
    await commands.stored.refreshTokenRotated('Corp', 1, new SecretValue('second'));
    await commands.stored.refreshTokenRotated('Corp', 1, new SecretValue('late'));
    expect(await refreshTokenOf(commands)).toBe('second');
  });

  it('is told to be lost when it cannot be stored', async () => {
    let isDown = false;
    const commands = await granted({
      wrapEvents: (store) =>
        overriding(store, {
          appendToStream: (...append) => (isDown ? Promise.reject(new StoreUnavailable('The store is down.')) : store.appendToStream(...append)),
        }),
    });
    isDown = true;
    await expect(commands.stored.refreshTokenRotated('Corp', 1, new SecretValue('second'))).rejects.toThrow(StoreUnavailable);
  });

  it('causes no conflict for who changes the profile meanwhile', async () => {
    const commands = await granted();
    await commands.stored.refreshTokenRotated('Corp', 1, new SecretValue('second'));
    const { problems } = await commands.profiles.change(call, { ...corp, scopes: ['mail'] }, { expectedVersion: 2 });
    expect(problems).toEqual([]);
  });

  it('that is taken no more is noted once, and not for one that came since', async () => {
    const commands = await granted();
    await commands.stored.consentLost('Corp', 1, 'The provider takes the refresh token no more.');
    await commands.stored.consentLost('Corp', 1, 'The provider takes the refresh token no more.');
    expect(await typesOf(commands)).toEqual(['AuthenticationProfileCreated', 'ConsentGranted', 'ConsentLost']);
    expect((await commands.stored.load('Corp'))?.reauthorization).toMatch('Consent again');
    await finish(commands, await begun(commands));
    await commands.stored.consentLost('Corp', 1, 'The provider takes the refresh token no more.');
    expect((await commands.stored.load('Corp'))?.reauthorization).toBeNull();
  });
});

describe('the secrets of a profile', () => {
  const sweep = async ({ secrets, history, stored, views, clock }: Opened) => {
    clock.now = new Date(clock.now.getTime() + 2 * day);
    const upkeep = keepSecretsSwept(
      secrets,
      { accountHistory: history, storedProfiles: stored },
      {
        erasedAccounts: () => views.erasedAccounts(),
        noteErasure: () => Promise.resolve(),
        graceMilliseconds: day,
        now: () => clock.now,
        onFault: (error) => expect.fail(String(error)),
      },
    );
    await upkeep.firstRound;
    upkeep.stop();
  };

  it('stay through every sweep while the profile refers to them', async () => {
    const commands = await opened();
    await finish(commands, await begun(commands));
    await sweep(commands);
    await sweep(commands);
    expect(await commands.stored.load('Corp')).toMatchObject({ refreshTokenVersion: 1 });
    expect(await secretsLeft(commands)).toBe(2);
  });

  it('are swept where no profile refers to them', async () => {
    const commands = await opened();
    await commands.secrets.put(profileOwner('Corp'), [
      { secretId: '5b0c1a7e-8d3f-4c1e-9a52-0c2f6d1e7b44', slot: 'refreshToken', version: 7, boundTo: [tokenEndpoint], value: new SecretValue('orphan') },
    ]);
    await sweep(commands);
    expect(await secretsLeft(commands)).toBe(1);
  });

  it('are destroyed with it, and the name is free again', async () => {
    const commands = await opened();
    await finish(commands, await begun(commands));
    await commands.profiles.delete(call, corp, {});
    expect(await secretsLeft(commands)).toBe(0);
    expect(await commands.stored.load('Corp')).toBeNull();
    const { entity } = await commands.profiles.create(call, byConsent, {});
    expect(entity?.profile.settings.clientSecret?.version).toBe(2);
  });

  it('are another account’s in no way: an account of a like id opens none', async () => {
    const commands = await opened();
    const reference = await clientSecretOf(commands);
    for (const owner of ['corp', profileOwner('Other')])
      await expect(commands.secrets.open(owner, { ...reference, slot: 'clientSecret' })).rejects.toThrow(SecretNotFound);
  });

  it('are the same for a retry of its command, and another secret under its key is refused', async () => {
    const commands = await opened();
    const created = await commands.profiles.create(call, { ...byConsent, name: 'Retried' }, { idempotencyKey: 'k' });
    const again = await commands.profiles.create(call, { ...byConsent, name: 'Retried' }, { idempotencyKey: 'k' });
    expect(again.entity).toEqual(created.entity);
    const other = await commands.profiles.create(call, { ...byConsent, name: 'Retried', clientSecret: new SecretValue('other') }, { idempotencyKey: 'k' });
    expect(other.problems).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
  });
});
