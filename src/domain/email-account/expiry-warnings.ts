import type { ExpiringThing, ExpiryOwner } from '../expiry/expiring-thing.js';
import type { AccountWarning } from './readiness.js';
import type { PresentAccount } from './state.js';

/** What ends soon, or has ended, of an owner whose id is in lower case. `name` is what people know a certificate by; null for what is none. */
export type EndingSoon = (owner: ExpiryOwner) => readonly (Pick<ExpiringThing, 'subject' | 'expiresAt'> & { readonly name: string | null })[];

/** Of everything that the account works with. */
export function expiryWarnings(account: PresentAccount, endingSoon: EndingSoon): readonly AccountWarning[] {
  const servers = endingSoon({ entityType: 'EmailAccount', entityId: account.accountId.toLowerCase() }).map(({ expiresAt, name }): AccountWarning => ({
    code: 'CERTIFICATE_EXPIRING',
    message: `The certificate that a mail server of this account showed at the last test (${name ?? 'unnamed'}) ends at ${expiresAt}. Its operator has to renew it; test the connection again then.`,
    field: null,
  }));
  return [...servers, ...(['sender', 'receiver'] as const).flatMap((section) => ofSection(account, section, endingSoon))];
}

function ofSection(account: PresentAccount, section: 'sender' | 'receiver', endingSoon: EndingSoon): readonly AccountWarning[] {
  const settings = account[section];
  if (settings === null) return [];
  const { authenticationProfile } = settings.connection;
  const truststore = settings.kind === 'microsoftGraph' ? null : settings.connection.truststore;
  return [
    ...(truststore === null ? [] : ofTruststore(truststore, section, endingSoon)),
    ...(authenticationProfile === null ? [] : ofProfile(authenticationProfile, section, endingSoon)),
  ];
}

function ofTruststore(truststore: string, section: string, endingSoon: EndingSoon): readonly AccountWarning[] {
  return endingSoon({ entityType: 'Truststore', entityId: truststore.toLowerCase() }).map(({ expiresAt, name }) => ({
    code: 'CERTIFICATE_EXPIRING',
    message: `The certificate ${name ?? 'unnamed'} in the truststore ${truststore} ends at ${expiresAt}. Add the one that follows it before.`,
    field: [section, 'connection', 'truststoreName'],
  }));
}

function ofProfile(profile: string, section: string, endingSoon: EndingSoon): readonly AccountWarning[] {
  return endingSoon({ entityType: 'AuthenticationProfile', entityId: profile.toLowerCase() }).map(({ subject, expiresAt }) => ({
    code: subject === 'CERTIFICATE' ? 'CERTIFICATE_EXPIRING' : 'SECRET_EXPIRING',
    message: `The ${subject === 'CERTIFICATE' ? 'certificate' : 'client secret'} of the authentication profile ${profile} ends at ${expiresAt}. Make a new one at the provider, and enter it before.`,
    field: [section, 'connection', 'authenticationProfileName'],
  }));
}
