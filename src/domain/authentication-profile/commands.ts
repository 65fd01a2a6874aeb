import type { Actor } from '../access/actor.js';
import type { Problem } from '../decider.js';
import type { PasswordChange } from '../email-account/form.js';
import type { ClientCertificate, OAuthGrant, OAuthPreset } from './settings.js';

/** Left out = keep, null = clear, a value = replace: so it is with every field; a secret is sealed elsewhere under its id. */
export interface ProfileForm {
  readonly tenant?: string | null | undefined;
  readonly tokenEndpoint?: string | null | undefined;
  readonly authorizationEndpoint?: string | null | undefined;
  readonly clientId?: string | null | undefined;
  readonly scopes?: readonly string[] | null | undefined;
  readonly clientSecret: PasswordChange;
  readonly clientSecretExpiresAt?: string | null | undefined; // ISO 8601
  readonly certificate?: ClientCertificate | null | undefined;
  readonly privateKey: PasswordChange;
  readonly refreshToken: PasswordChange;
  /** What was found to be wrong with certificate and key by those who can read them. */
  readonly unreadable: readonly Problem[];
}

/** The accounts that name a profile, erased ones not among them: how many, and the first few of them. */
export interface NamingAccounts {
  readonly total: number;
  readonly accountIds: readonly string[];
}

export type NewSecret = PasswordChange & { readonly change: 'replace' };

export type AuthenticationProfileCommand = { readonly now: string; readonly actor: Actor } & (
  | { readonly type: 'CreateProfile'; readonly name: string; readonly grant: OAuthGrant; readonly preset: OAuthPreset; readonly form: ProfileForm }
  | { readonly type: 'ChangeProfile'; readonly form: ProfileForm }
  | { readonly type: 'DeleteProfile'; readonly usedBy: NamingAccounts }
  /** `tokenEndpoint`: the one that gave the refresh token. */
  | { readonly type: 'GrantConsent'; readonly refreshToken: NewSecret; readonly scopes: readonly string[] | null; readonly tokenEndpoint: string }
  /** `refreshTokenVersion`: of the refresh token that was used. One that was replaced since says nothing of the present one. */
  | { readonly type: 'LoseConsent'; readonly message: string; readonly refreshTokenVersion: number }
  | { readonly type: 'RotateRefreshToken'; readonly refreshToken: NewSecret; readonly refreshTokenVersion: number }
);
