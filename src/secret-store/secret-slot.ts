import type { ProfileSecretSlot } from '../domain/authentication-profile/settings.js';
import type { SecretSlot as AccountSecretSlot } from '../domain/email-account/settings.js';

/** Which secret of its owner. */
export type SecretSlot = AccountSecretSlot | ProfileSecretSlot;

/** In lower case, as all ids of owners are kept. */
const profileOwners = 'authenticationprofile.';

/**
 * What the store knows an authentication profile by: its secrets lie beside those of the accounts, under a key of its own. No account id has a dot.
 * @param name matched ignoring case.
 */
export function profileOwner(name: string): string {
  return `${profileOwners}${name.toLowerCase()}`;
}

/** The profile that owns the secrets, in lower case; null for an account. */
export function profileOf(owner: string): string | null {
  return owner.startsWith(profileOwners) ? owner.slice(profileOwners.length) : null;
}
