import type { SecretReference } from '../email-account/settings.js';
import type { ProfileSettings } from './settings.js';

/**
 * What can have happened to an authentication profile. Stream `authenticationProfile-<name in lower case>`. That an access token was refreshed is no event; that the refresh token changed
 * with it is one, for the profile then refers to another secret.
 */
export type AuthenticationProfileEvent =
  | { readonly type: 'AuthenticationProfileCreated'; readonly data: { readonly profile: ProfileSettings } }
  | { readonly type: 'AuthenticationProfileChanged'; readonly data: { readonly profile: ProfileSettings } }
  /** Its secrets are destroyed. The name may be given out again. */
  | { readonly type: 'AuthenticationProfileDeleted'; readonly data: Readonly<Record<string, never>> }
  /** A person let the application into a mailbox. `scopes`: what was granted, where the provider said so. */
  | { readonly type: 'ConsentGranted'; readonly data: { readonly refreshToken: SecretReference; readonly scopes: readonly string[] | null } }
  /** The provider takes the refresh token no more. `message` is for people, and holds nothing secret. */
  | { readonly type: 'ConsentLost'; readonly data: { readonly message: string } }
  /** The provider gave a new refresh token in place of the one that was used. */
  | { readonly type: 'RefreshTokenRotated'; readonly data: { readonly refreshToken: SecretReference } };
