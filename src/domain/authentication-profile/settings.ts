import type { SecretReference } from '../email-account/settings.js';

/** How access tokens are got (RFC 6749): by the application itself, by a person's consent, or by a refresh token from elsewhere. */
export type OAuthGrant = 'CLIENT_CREDENTIALS' | 'AUTHORIZATION_CODE' | 'REFRESH_TOKEN';
/** Whose endpoints and scopes fill in what was left out. */
export type OAuthPreset = 'MICROSOFT' | 'GOOGLE' | 'YAHOO' | 'CUSTOM';

/** Which secret of an authentication profile. */
export type ProfileSecretSlot = 'clientSecret' | 'privateKey' | 'refreshToken';
export const profileSecretSlots: readonly ProfileSecretSlot[] = ['clientSecret', 'privateKey', 'refreshToken'];

/** All that somebody set on an authentication profile. Secrets are references: each goes to the token endpoint that it was entered for, and to no other. */
export interface ProfileSettings {
  readonly name: string;
  readonly grant: OAuthGrant;
  readonly preset: OAuthPreset;
  /** Microsoft's directory; null for the others. */
  readonly tenant: string | null;
  readonly tokenEndpoint: string;
  /** Where people consent; null where nobody has to. */
  readonly authorizationEndpoint: string | null;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly clientSecret: SecretReference | null;
  readonly clientSecretExpiresAt: string | null; // ISO 8601
  /** What the application proves itself with in place of a client secret (RFC 7523); its private key is a secret. */
  readonly certificate: ClientCertificate | null;
  readonly privateKey: SecretReference | null;
  readonly refreshToken: SecretReference | null;
}

/** Public facts of a certificate. */
export interface ClientCertificate {
  readonly pem: string;
  /** SHA-256 over the DER form, upper-case hex without colons. */
  readonly thumbprintSha256: string;
  readonly subject: string;
  readonly notBefore: string; // ISO 8601
  readonly notAfter: string; // ISO 8601
}
