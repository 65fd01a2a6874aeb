import type { SecretValue } from '../secret-store/secret-value.js';
import type { Credentials, PasswordCredentials } from './mail-port.js';

/** What a server may echo and nobody may see. Access tokens join once there are any. */
export function passwordsIn(credentials: Credentials | null): SecretValue[] {
  return credentials?.kind === 'password' ? [credentials.password] : [];
}

/** @throws {RangeError} OAuth 2.0 */
export function asPassword(credentials: Credentials): PasswordCredentials {
  if (credentials.kind !== 'password') throw new RangeError('OAuth 2.0 cannot be used yet.');
  return credentials;
}
