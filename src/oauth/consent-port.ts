import type { ProfileSettings } from '../domain/authentication-profile/settings.js';
import type { SecretValue } from '../secret-store/secret-value.js';

/** What an application proves itself with. At most one of secret and key is there. */
export interface ApplicationCredentials {
  readonly tokenEndpoint: string;
  readonly clientSecret: SecretValue | null;
  readonly certificatePem: string | null;
  /** PEM, PKCS #8 or the older forms. */
  readonly privateKey: SecretValue | null;
}

/** What both halves of a consent have in common: RFC 6749, section 4.1, with PKCE (RFC 7636). */
export interface ConsentRequest {
  readonly state: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

/** What is asked at which provider, and what the application proves itself with. */
export type ConsentedProfile = Pick<ProfileSettings, 'preset' | 'authorizationEndpoint' | 'clientId' | 'scopes'> & ApplicationCredentials;

export interface ConsentedTokens {
  readonly refreshToken: SecretValue | null;
  /** Null where the provider did not say. */
  readonly scopes: readonly string[] | null;
}

/** A provider of OAuth 2.0, as far as a consent needs it. */
export interface ConsentClient {
  /** The address at which a person consents. */
  address(profile: Omit<ConsentedProfile, keyof ApplicationCredentials>, request: ConsentRequest & { readonly loginHint: string | null }): Promise<string>;
  /** Exchanges what the person came back with for tokens. @throws {ConsentRefused} */
  exchange(profile: ConsentedProfile, parameters: URLSearchParams, request: ConsentRequest, signal: AbortSignal): Promise<ConsentedTokens>;
}

/** The provider did not give tokens. The message says why and what to do, and holds nothing secret. */
export class ConsentRefused extends Error {
  override readonly name = 'ConsentRefused';
}
