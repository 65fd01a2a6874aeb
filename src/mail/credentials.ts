import type { SecretValue } from '../secret-store/secret-value.js';
import type { Credentials } from './mail-port.js';

/** What a server may echo and nobody may see. An access token joins when it is there. */
export function passwordsIn(credentials: Credentials | null): SecretValue[] {
  return credentials?.kind === 'password' ? [credentials.password] : [];
}
