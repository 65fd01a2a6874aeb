import { describe, expect, it } from 'vitest';
import { TokenUnavailable } from '../../src/mail/mail-port.js';
import { TokenOwner } from '../../src/oauth/token-owner.js';
import { TokenRefused, type GrantedTokens, type TokenProfile, type TokenProfiles } from '../../src/oauth/token-port.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';

const never = new AbortController().signal;

/** A provider that rotates refresh tokens, profiles in memory, and a clock. */
class World {
  now = Date.parse('2026-11-25T08:00:00.000Z');
  changedAt: string | null = 'created';
  /** What is stored, and by which version. */
  stored = { token: 'refresh-1', version: 1 };
  /** What the provider takes. */
  valid = 'refresh-1';
  rotates = true;
  lifeSeconds: number | null = 3600;
  readonly asked: string[] = [];
  readonly lost: string[] = [];
  /** What happened in which order. */
  readonly course: string[] = [];
  storing: () => Promise<void> = () => Promise.resolve();
  answering: (() => Promise<void>) | null = null;
  reauthorization: string | null = null;

  readonly profiles: TokenProfiles = {
    load: async () => (this.changedAt === null ? null : this.profile()),
    refreshTokenRotated: async (_, usedVersion, next) => {
      await this.storing();
      expect(usedVersion).toBe(this.stored.version);
      this.stored = { token: next.reveal(), version: usedVersion + 1 };
      this.course.push(`stored ${next.reveal()}`);
    },
    consentLost: async (_, version, message) => void this.lost.push(`${version} ${message}`),
  };

  profile(): TokenProfile {
    return {
      name: 'Contoso',
      grant: 'REFRESH_TOKEN',
      preset: 'CUSTOM',
      tokenEndpoint: 'https://login.example/token',
      clientId: 'client',
      scopes: [],
      clientSecret: new SecretValue('client-secret'),
      certificatePem: null,
      privateKey: null,
      refreshToken: new SecretValue(this.stored.token),
      refreshTokenVersion: this.stored.version,
      reauthorization: this.reauthorization,
    };
  }

  readonly client = async (profile: TokenProfile): Promise<GrantedTokens> => {
    const used = profile.refreshToken?.reveal() ?? '';
    this.asked.push(used);
    await this.answering?.();
    if (used !== this.valid) throw new TokenRefused('CONSENT', 'The provider takes the refresh token no more.');
    const number = Number(used.split('-')[1]) + 1;
    if (this.rotates) this.valid = `refresh-${number}`;
    return {
      accessToken: new SecretValue(`access-${this.asked.length}`),
      expiresInSeconds: this.lifeSeconds,
      refreshToken: this.rotates ? new SecretValue(this.valid) : null,
    };
  };

  owner(): TokenOwner {
    return new TokenOwner(this.profiles, this.client, {
      now: () => new Date(this.now),
      random: () => 0.5,
      changedAt: () => this.changedAt,
      onFault: (_, error) => this.course.push(`fault ${String(error)}`),
    });
  }
}

const tokenOf = async (owner: TokenOwner, signal = never) => (await owner.accessTokensOf('contoso')?.current(signal))?.reveal();
const failure = (owner: TokenOwner, signal = never) =>
  tokenOf(owner, signal).then(
    (token) => `got ${token}`,
    (error: unknown) => (error instanceof TokenUnavailable ? error.code : String(error)),
  );
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the owner of access tokens', () => {
  it('asks once, however many ask it, and keeps the token while it is good', async () => {
    const world = new World();
    const owner = world.owner();
    const tokens = await Promise.all(Array.from({ length: 100 }, () => tokenOf(owner)));
    expect(new Set(tokens)).toEqual(new Set(['access-1']));
    world.now += 40 * 60_000;
    expect(await tokenOf(owner)).toBe('access-1');
    expect(world.asked).toEqual(['refresh-1']);
    expect(owner.facts('CONTOSO')).toEqual({
      accessTokenExpiresAt: new Date('2026-11-25T09:00:00.000Z'),
      lastRefreshedAt: new Date('2026-11-25T08:00:00.000Z'),
      failure: null,
    });
  });

  it('refreshes ahead of the end, while the present token serves', async () => {
    const world = new World();
    const owner = world.owner();
    await tokenOf(owner);
    world.now += 50 * 60_000;
    expect(await Promise.all([tokenOf(owner), tokenOf(owner)])).toEqual(['access-1', 'access-1']);
    await settled();
    expect(await tokenOf(owner)).toBe('access-2');
    expect(world.asked).toEqual(['refresh-1', 'refresh-2']);
  });

  it('hands out no token that ends before a login could be over, and none that has ended', async () => {
    const world = new World();
    const owner = world.owner();
    await tokenOf(owner);
    world.now += 3600_000 - 10_000;
    expect(await tokenOf(owner)).toBe('access-2');
    world.now += 24 * 3600_000;
    expect(await tokenOf(owner)).toBe('access-3');
  });

  it('stores a rotated refresh token before the access token that came with it is handed out', async () => {
    const world = new World();
    let store: () => void = () => undefined;
    world.storing = () => new Promise((resolve) => (store = resolve));
    const owner = world.owner();
    const token = tokenOf(owner).then((text) => world.course.push(`handed out ${text}`));
    await settled();
    expect(world.course).toEqual([]);
    store();
    await token;
    expect(world.course).toEqual(['stored refresh-2', 'handed out access-1']);
  });

  it('keeps a rotated refresh token that could not be stored, and stores it before it asks again: without it the consent would be lost', async () => {
    const world = new World();
    world.storing = () => Promise.reject(new Error('the log is away'));
    const owner = world.owner();
    expect(await failure(owner)).toBe('SERVER_TEMPORARILY_UNAVAILABLE');
    world.now += 2_000;
    expect(await failure(owner)).toBe('SERVER_TEMPORARILY_UNAVAILABLE');
    expect(world.asked).toEqual(['refresh-1']);
    world.storing = () => Promise.resolve();
    world.now += 10_000;
    expect(await tokenOf(owner)).toBe('access-2');
    expect(world.asked).toEqual(['refresh-1', 'refresh-2']);
    expect(world.lost).toEqual([]);
  });

  it('takes the refresh token that another node got in exchange, when both asked at once', async () => {
    const world = new World();
    const [one, other] = [world.owner(), world.owner()];
    let answer: () => void = () => undefined;
    world.answering = () => new Promise((resolve) => (answer = resolve));
    const first = tokenOf(one);
    await settled();
    const answerFirst = answer;
    world.answering = () => new Promise((resolve) => (answer = resolve));
    const second = tokenOf(other);
    await settled();
    world.answering = null;
    answerFirst();
    expect(await first).toMatch(/^access-/);
    answer();
    expect(await second).toMatch(/^access-/);
    expect(world.asked).toEqual(['refresh-1', 'refresh-1', 'refresh-2']);
    expect(world.lost).toEqual([]);
  });

  it('notes once that the consent is lost, and asks nobody until a person has acted', async () => {
    const world = new World();
    world.valid = 'another';
    const owner = world.owner();
    expect(await failure(owner)).toBe('REAUTHORIZATION_REQUIRED');
    expect(world.lost).toEqual(['1 The provider takes the refresh token no more.']);
    world.reauthorization = 'Consent again.';
    world.now += 3600_000;
    expect(await failure(owner)).toBe('REAUTHORIZATION_REQUIRED');
    expect(world.asked).toHaveLength(1);
    world.changedAt = 'consented';
    world.reauthorization = null;
    world.stored = { token: 'refresh-9', version: 2 };
    world.valid = 'refresh-9';
    expect(await tokenOf(owner)).toBe('access-2');
  });

  it('leaves a provider alone for as long as it asks, and does not ask it again for each who asks', async () => {
    const world = new World();
    world.answering = () => Promise.reject(new TokenRefused('TEMPORARY', 'Later.', 120_000));
    const owner = world.owner();
    expect(await Promise.all([failure(owner), failure(owner)])).toEqual(['THROTTLED', 'THROTTLED']);
    world.now += 119_000;
    expect(await failure(owner)).toBe('THROTTLED');
    expect(world.asked).toHaveLength(1);
    world.answering = null;
    world.now += 2_000;
    expect(await tokenOf(owner)).toBe('access-2');
  });

  it('goes on with the present token while the provider is out of order', async () => {
    const world = new World();
    const owner = world.owner();
    await tokenOf(owner);
    world.answering = () => Promise.reject(new TokenRefused('TEMPORARY', 'Out of order.'));
    world.now += 55 * 60_000;
    expect(await tokenOf(owner)).toBe('access-1');
    await settled();
    expect(owner.facts('contoso')?.failure).toBe('Out of order.');
    expect(await tokenOf(owner)).toBe('access-1');
    expect(world.asked).toHaveLength(2);
    expect(world.course.filter((step) => step.startsWith('fault'))).toHaveLength(1);
  });

  it('asks anew after a server refused an older token, and never for one that has just come', async () => {
    const world = new World();
    const owner = world.owner();
    const tokens = owner.accessTokensOf('contoso');
    const first = await tokens?.current(never);
    if (first) tokens?.refused(first);
    expect(await tokenOf(owner)).toBe('access-1');
    world.now += 10 * 60_000;
    if (first) tokens?.refused(first);
    expect(await tokenOf(owner)).toBe('access-2');
    if (first) tokens?.refused(first);
    expect(await tokenOf(owner)).toBe('access-2');
  });

  it('begins anew with a profile that a person changed, and knows none that is not there', async () => {
    const world = new World();
    const owner = world.owner();
    await tokenOf(owner);
    world.changedAt = 'changed';
    expect(owner.facts('contoso')).toBe(null);
    expect(await tokenOf(owner)).toBe('access-2');
    world.changedAt = null;
    expect(owner.accessTokensOf('contoso')).toBe(null);
  });

  it('lets who waits go away, and finishes for the others', async () => {
    const world = new World();
    let answer: () => void = () => undefined;
    world.answering = () => new Promise((resolve) => (answer = resolve));
    const owner = world.owner();
    const caller = new AbortController();
    const gone = failure(owner, caller.signal);
    const other = tokenOf(owner);
    await settled();
    caller.abort();
    expect(await gone).toBe('CANCELLED');
    answer();
    expect(await other).toBe('access-1');
  });

  it('says nothing secret in what it fails with', async () => {
    const world = new World();
    world.storing = () => Promise.reject(new Error(`no room for ${world.valid}`));
    const error = await world
      .owner()
      .accessTokensOf('contoso')
      ?.current(never)
      .catch((reason: unknown) => reason);
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/refresh-|access-|client-secret/);
  });
});
