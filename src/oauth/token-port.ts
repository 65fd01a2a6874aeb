import type { ProfileSettings } from '../domain/authentication-profile/settings.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import type { ApplicationCredentials } from './consent-port.js';

/** An authentication profile, as far as access tokens need it. */
export interface TokenProfile extends Pick<ProfileSettings, 'name' | 'grant' | 'preset' | 'clientId' | 'scopes'>, ApplicationCredentials {
  readonly refreshToken: SecretValue | null;
  /** Names the refresh token; null where there is none. */
  readonly refreshTokenVersion: number | null;
  /** What a person has to do before access tokens can be got; null when nothing has to be done. */
  readonly reauthorization: string | null;
}

/** Where profiles are kept, and what is found out about them. */
export interface TokenProfiles {
  /** Null when there is none of the name. */
  load(name: string): Promise<TokenProfile | null>;
  /** Resolves once the new refresh token is stored durably in place of the one that was used: from then on the old one may be worth nothing. */
  refreshTokenRotated(name: string, usedVersion: number, next: SecretValue): Promise<void>;
  /** The provider takes this refresh token no more. Noted once. */
  consentLost(name: string, usedVersion: number, message: string): Promise<void>;
}

export interface GrantedTokens {
  readonly accessToken: SecretValue;
  /** From the moment it was granted; null where the provider did not say. */
  readonly expiresInSeconds: number | null;
  /** Null where the one that was used stays the one to use. */
  readonly refreshToken: SecretValue | null;
}

/** Asks a provider for an access token, once. @throws {TokenRefused} @throws {TokenUnavailable} the provider could not be asked. */
export type TokenClient = (profile: TokenProfile, signal: AbortSignal) => Promise<GrantedTokens>;

/**
 * The provider gave no token. `CONSENT`: the refresh token is worth nothing any more; `CONFIGURATION`: the profile does not fit what the provider knows;
 * `TEMPORARY`: later it may. The message says what to do, and holds nothing secret.
 */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  constructor(
    readonly kind: 'CONSENT' | 'CONFIGURATION' | 'TEMPORARY',
    message: string,
    /** How long the provider asks to be left alone; null where it did not say. */
    readonly retryAfterMilliseconds: number | null = null,
  ) {
    super(message);
  }
}
