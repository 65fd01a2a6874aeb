import { TokenUnavailable, type AccessTokens } from '../mail/mail-port.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import { TokenRefused, type GrantedTokens, type TokenClient, type TokenProfile, type TokenProfiles } from './token-port.js';

/** Where a provider does not say how long a token lives. */
const usualSeconds = 600;
/** A token that ends within this time is not handed out: it has to last for a login. */
const leastLeft = 30_000;
/** A token that was refused so soon after it was granted is not what is wrong. */
const fresh = 30_000;
/** How long one question to a provider may take. */
const longestRequest = 15_000;
/** Between attempts after a failure, at least and at most, unless the provider says otherwise. */
const shortestPause = 1_000;
const longestPause = 60_000;

/** What is known of a profile's tokens on this node. */
export interface TokenFacts {
  readonly accessTokenExpiresAt: Date | null;
  readonly lastRefreshedAt: Date | null;
  /** Why the last one that was asked for did not come, for people; null when it came. */
  readonly failure: string | null;
}

export interface TokenOwnerOptions {
  readonly now: () => Date;
  /** 0 to 1: spreads the refreshes of many nodes and profiles. */
  readonly random: () => number;
  /** Differs whenever a person changed the profile or consented; null when there is no profile of the name. */
  readonly changedAt: (name: string) => string | null;
  /** A refresh that nobody waited for failed: the present token serves on. */
  readonly onFault: (profile: string, error: unknown) => void;
}

interface Held {
  readonly token: SecretValue;
  readonly grantedAt: number;
  readonly refreshAt: number;
  readonly expiresAt: number;
}

interface Failed {
  readonly error: TokenUnavailable;
  /** Until then the provider is left alone. */
  readonly until: number;
  readonly times: number;
}

interface Entry {
  readonly changedAt: string;
  held: Held | null;
  failed: Failed | null;
  underway: Promise<Held> | null;
  lastRefreshedAt: number | null;
  /** A rotated refresh token that could not be stored yet: without it the consent would be lost. */
  unstored: { readonly usedVersion: number; readonly next: SecretValue } | null;
}

/**
 * The one owner of access tokens in a process. They live in memory alone. A token is refreshed ahead of its end while the present one serves; a profile has one request under way, however
 * many ask; a rotated refresh token is stored durably before the access token that came with it is handed out.
 */
export class TokenOwner {
  readonly #entries = new Map<string, Entry>();

  constructor(
    readonly profiles: TokenProfiles,
    readonly client: TokenClient,
    readonly options: TokenOwnerOptions,
  ) {}

  /** Null when there is no profile of the name. Names are taken ignoring case. */
  accessTokensOf(name: string): AccessTokens | null {
    if (this.options.changedAt(name) === null) return null;
    return { profile: name, current: (signal) => this.#current(name, signal), refused: (token) => this.#refused(name, token) };
  }

  /** Null where none was asked for since the profile was changed, or since the start. */
  facts(name: string): TokenFacts | null {
    const entry = this.#entries.get(name.toLowerCase());
    if (!entry || entry.changedAt !== this.options.changedAt(name)) return null;
    return {
      accessTokenExpiresAt: entry.held && new Date(entry.held.expiresAt),
      lastRefreshedAt: entry.lastRefreshedAt === null ? null : new Date(entry.lastRefreshedAt),
      failure: entry.failed?.error.message ?? null,
    };
  }

  async #current(name: string, signal: AbortSignal): Promise<SecretValue> {
    const entry = this.#entry(name);
    const now = this.options.now().getTime();
    const { held } = entry;
    if (held && now < held.refreshAt) return held.token;
    if (held && now < held.expiresAt - leastLeft) {
      if (!entry.failed || now >= entry.failed.until) this.#refresh(name, entry).catch((error: unknown) => this.options.onFault(name, error));
      return held.token;
    }
    if (entry.failed && now < entry.failed.until) throw entry.failed.error;
    return (await unlessAborted(this.#refresh(name, entry), signal)).token;
  }

  #refused(name: string, token: SecretValue): void {
    const entry = this.#entries.get(name.toLowerCase());
    if (entry?.held?.token === token && this.options.now().getTime() - entry.held.grantedAt > fresh) entry.held = null;
  }

  /** A changed profile begins anew, but for a refresh token that is still to be stored. */
  #entry(name: string): Entry {
    const key = name.toLowerCase();
    const changedAt = this.options.changedAt(name) ?? '';
    const known = this.#entries.get(key);
    if (known?.changedAt === changedAt) return known;
    const entry: Entry = { changedAt, held: null, failed: null, underway: null, lastRefreshedAt: null, unstored: known?.unstored ?? null };
    this.#entries.set(key, entry);
    return entry;
  }

  /** @throws {TokenUnavailable} */
  #refresh(name: string, entry: Entry): Promise<Held> {
    entry.underway ??= this.#granted(name, entry)
      .then(
        (held) => {
          entry.held = held;
          entry.failed = null;
          entry.lastRefreshedAt = held.grantedAt;
          return held;
        },
        (error: unknown) => {
          entry.failed = this.#failed(entry, error);
          throw entry.failed.error;
        },
      )
      .finally(() => (entry.underway = null));
    return entry.underway;
  }

  async #granted(name: string, entry: Entry): Promise<Held> {
    await this.#storeRotated(name, entry);
    const { profile, tokens } = await this.#asked(name);
    if (tokens.refreshToken !== null && profile.refreshTokenVersion !== null) {
      entry.unstored = { usedVersion: profile.refreshTokenVersion, next: tokens.refreshToken };
      await this.#storeRotated(name, entry);
    }
    const grantedAt = this.options.now().getTime();
    const life = (tokens.expiresInSeconds ?? usualSeconds) * 1000;
    const refreshAt = grantedAt + life * (0.7 + 0.2 * this.options.random());
    return { token: tokens.accessToken, grantedAt, refreshAt, expiresAt: grantedAt + life };
  }

  async #storeRotated(name: string, entry: Entry): Promise<void> {
    if (entry.unstored === null) return;
    const { usedVersion, next } = entry.unstored;
    await this.profiles.refreshTokenRotated(name, usedVersion, next);
    entry.unstored = null;
  }

  /** Another node may have used the refresh token in the same moment: then the one that it got in exchange is there. */
  async #asked(name: string): Promise<{ readonly profile: TokenProfile; readonly tokens: GrantedTokens }> {
    let profile = await this.#loaded(name);
    for (;;) {
      try {
        return { profile, tokens: await this.client(profile, AbortSignal.timeout(longestRequest)) };
      } catch (error) {
        if (!(error instanceof TokenRefused) || error.kind !== 'CONSENT' || profile.refreshTokenVersion === null) throw error;
        const again = await this.#loaded(name);
        if (again.refreshTokenVersion === profile.refreshTokenVersion) {
          await this.profiles.consentLost(name, profile.refreshTokenVersion, error.message);
          throw error;
        }
        profile = again;
      }
    }
  }

  async #loaded(name: string): Promise<TokenProfile> {
    const profile = await this.profiles.load(name);
    if (profile === null)
      throw new TokenUnavailable('OAUTH_TOKEN_FAILED', `There is no authentication profile named ${name}.`, 'Create it, or choose another one.');
    if (profile.reauthorization !== null)
      throw new TokenUnavailable('REAUTHORIZATION_REQUIRED', profile.reauthorization, 'Consent again, or enter a new refresh token.');
    return profile;
  }

  #failed({ failed }: Entry, error: unknown): Failed {
    const times = (failed?.times ?? 0) + 1;
    const pause = Math.min(longestPause, shortestPause * 2 ** (times - 1)) * (0.5 + this.options.random() / 2);
    const asked = error instanceof TokenRefused ? error.retryAfterMilliseconds : null;
    const until = this.options.now().getTime() + Math.min(10 * longestPause, Math.max(pause, asked ?? 0));
    return { error: asUnavailable(error), until, times };
  }
}

/** What keeps the tokens away, in the words of a connection test. */
function asUnavailable(error: unknown): TokenUnavailable {
  if (error instanceof TokenUnavailable) return error;
  if (!(error instanceof TokenRefused))
    // The log or the secrets could not be read or written: nothing is wrong with the profile.
    return Object.assign(
      new TokenUnavailable('SERVER_TEMPORARILY_UNAVAILABLE', 'The authentication profile could not be read or stored. Try again in a minute.'),
      {
        cause: error,
      },
    );
  switch (error.kind) {
    case 'CONSENT':
      return new TokenUnavailable('REAUTHORIZATION_REQUIRED', error.message, 'Consent again, or enter a new refresh token.');
    case 'CONFIGURATION':
      return new TokenUnavailable('OAUTH_TOKEN_FAILED', error.message, 'Correct the authentication profile, then try again.');
    case 'TEMPORARY':
      return new TokenUnavailable(
        error.retryAfterMilliseconds === null ? 'SERVER_TEMPORARILY_UNAVAILABLE' : 'THROTTLED',
        error.message,
        'Try again in a few minutes.',
      );
  }
}

/** Who does not want to wait any longer leaves the request to the others. */
async function unlessAborted<Answer>(work: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  const cancelled = new TokenUnavailable('CANCELLED', 'It was cancelled before a token came.');
  if (signal.aborted) throw cancelled;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
