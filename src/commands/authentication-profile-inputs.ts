import type { OAuthGrant, OAuthPreset } from '../domain/authentication-profile/settings.js';
import type { SecretInput } from './profile-secrets.js';

/** What may be set and changed: undefined = keep, or the preset's; null = clear; a value = replace. */
export interface ProfileInput {
  readonly tenant?: string | null | undefined;
  readonly tokenEndpoint?: string | null | undefined;
  readonly authorizationEndpoint?: string | null | undefined;
  readonly clientId?: string | null | undefined;
  readonly scopes?: readonly string[] | null | undefined;
  readonly clientSecret?: SecretInput;
  readonly clientSecretExpiresAt?: Date | null | undefined;
  /** PEM. */
  readonly certificatePem?: string | null | undefined;
  readonly privateKeyPem?: SecretInput;
  readonly refreshToken?: SecretInput;
}

export interface CreateAuthenticationProfile extends ProfileInput {
  readonly name: string;
  readonly grant: OAuthGrant;
  /** Default: CUSTOM. */
  readonly preset?: OAuthPreset | null | undefined;
}

export interface ChangeAuthenticationProfile extends ProfileInput {
  readonly name: string;
}
