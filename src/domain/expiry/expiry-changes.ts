import type { ApiTokenEvent } from '../api-token/events.js';
import type { AuthenticationProfileEvent } from '../authentication-profile/events.js';
import type { ProfileSettings } from '../authentication-profile/settings.js';
import type { Certificate, ConnectionTestStage } from '../email-account/connection-test.js';
import type { EmailAccountEvent } from '../email-account/events.js';
import type { EndingSoon } from '../email-account/expiry-warnings.js';
import { isApiTokenEvent, isAuthenticationProfileEvent, isEmailAccountEvent, isTruststoreEvent, type PostledgerEvent } from '../event-catalogue.js';
import type { TruststoreEvent } from '../truststore/events.js';
import { endsSoon, type ExpiringThing, type ExpiryOwner, type ExpirySubject } from './expiring-thing.js';

/** Something with an end, as it is known now. Ids of accounts are in lower case. */
export interface Expiry extends ExpiringThing {
  /** Null for what is no certificate. */
  readonly certificate: Certificate | null;
}

/** What an event does to what its owner has with an end. */
export interface ExpiryChange {
  /** The one that went; `all`; null where none did. */
  readonly removed: { readonly key: string } | 'all' | null;
  readonly added: readonly Expiry[];
}

/** When a provider made a client secret, nobody says: it counts as old. */
const unknownBeginning = '1970-01-01T00:00:00.000Z';

const nothing: ExpiryChange = { removed: null, added: [] };
const insteadOfAll = (added: readonly Expiry[]): ExpiryChange => ({ removed: 'all', added });

export function expiryChange(event: PostledgerEvent, owner: ExpiryOwner, at: string): ExpiryChange {
  if (isEmailAccountEvent(event)) return changeByAccount(event, owner);
  if (isTruststoreEvent(event)) return changeByTruststore(event, owner);
  if (isAuthenticationProfileEvent(event)) return changeByProfile(event, owner);
  if (!isApiTokenEvent(event)) return nothing;
  return changeByToken(event, owner, at);
}

function changeByToken(event: ApiTokenEvent, owner: ExpiryOwner, at: string): ExpiryChange {
  switch (event.type) {
    case 'ApiTokenIssued': {
      const { expiresAt } = event.data;
      return expiresAt === null ? nothing : insteadOfAll([{ subject: 'API_TOKEN', owner, key: '', since: at, expiresAt, certificate: null }]);
    }
    // Nothing is done with a token that has ended, so there is nothing left to be warned of.
    case 'ApiTokenExpired':
    case 'ApiTokenRevoked':
      return insteadOfAll([]);
    case 'ApiTokenUsed':
      return nothing;
  }
}

function changeByAccount(event: EmailAccountEvent, owner: ExpiryOwner): ExpiryChange {
  switch (event.type) {
    case 'ConnectionTested':
      return insteadOfAll(serverCertificates(event.data.test.stages, owner));
    // What another server showed says nothing of the one that is connected to from now on.
    case 'SenderConfigured':
    case 'SenderRemoved':
    case 'ReceiverConfigured':
    case 'ReceiverRemoved':
    case 'AccountDeleted':
    case 'AccountErased':
      return insteadOfAll([]);
    case 'AccountCreated':
    case 'AccountRenamed':
    case 'ProviderChanged':
    case 'SenderPasswordChanged':
    case 'ReceiverPasswordChanged':
    case 'AccountDisabled':
    case 'AccountEnabled':
    case 'AccountRestored':
      return nothing;
  }
}

function changeByTruststore(event: TruststoreEvent, owner: ExpiryOwner): ExpiryChange {
  switch (event.type) {
    case 'CertificateAdded':
      return { removed: null, added: [ofCertificate('CERTIFICATE', owner, event.data.certificate)] };
    case 'CertificateRemoved':
      return { removed: { key: event.data.fingerprintSha256 }, added: [] };
    case 'TruststoreDeleted':
      return insteadOfAll([]);
    case 'TruststoreCreated':
      return nothing;
  }
}

function changeByProfile(event: AuthenticationProfileEvent, owner: ExpiryOwner): ExpiryChange {
  switch (event.type) {
    case 'AuthenticationProfileCreated':
    case 'AuthenticationProfileChanged':
      return insteadOfAll(profileExpiries(event.data.profile, owner));
    case 'AuthenticationProfileDeleted':
      return insteadOfAll([]);
    case 'ConsentGranted':
    case 'ConsentLost':
    case 'RefreshTokenRotated':
      return nothing;
  }
}

/** What a profile of these settings has with an end. */
export function profileExpiries({ clientSecret, clientSecretExpiresAt, certificate }: ProfileSettings, owner: ExpiryOwner): readonly Expiry[] {
  const secret: Expiry | null =
    clientSecret && clientSecretExpiresAt
      ? { subject: 'CLIENT_SECRET', owner, key: '', since: unknownBeginning, expiresAt: clientSecretExpiresAt, certificate: null }
      : null;
  const own: Expiry | null = certificate && {
    subject: 'CERTIFICATE',
    owner,
    key: certificate.thumbprintSha256,
    since: certificate.notBefore,
    expiresAt: certificate.notAfter,
    certificate: null,
  };
  return [secret, own].filter((each) => each !== null);
}

function ofCertificate(subject: ExpirySubject, owner: ExpiryOwner, certificate: Certificate): Expiry {
  return { subject, owner, key: certificate.fingerprintSha256, since: certificate.notBefore, expiresAt: certificate.notAfter, certificate };
}

/** The server's own certificate comes first in its chain (RFC 8446, section 4.4.2). */
function serverCertificates(stages: readonly ConnectionTestStage[], owner: ExpiryOwner): readonly Expiry[] {
  return stages.flatMap(({ tls }) => {
    const [own] = tls?.certificates ?? [];
    return own ? [ofCertificate('SERVER_CERTIFICATE', owner, own)] : [];
  });
}

/** What one owner has with an end, by what tells its things apart. */
export type ExpiringThings = ReadonlyMap<string, Expiry>;

export function expiringThings(all: readonly Expiry[]): ExpiringThings {
  return new Map(all.map((thing) => [`${thing.subject} ${thing.key}`, thing]));
}

/** The same after the event. */
export function foldExpiries(things: ExpiringThings, event: PostledgerEvent, owner: ExpiryOwner, at: string): ExpiringThings {
  const { removed, added } = expiryChange(event, owner, at);
  if (removed === null && added.length === 0) return things;
  const kept = removed === 'all' ? [] : [...things].filter(([, { key }]) => key !== removed?.key);
  return new Map([...kept, ...expiringThings(added)]);
}

/** What of it accounts are warned of at that time, the earliest end first. */
export function endingSoonAt(things: Iterable<Expiry>, now: Date): ReturnType<EndingSoon> {
  return [...things]
    .filter((thing) => endsSoon(thing, now))
    .sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1))
    .map(({ subject, expiresAt, certificate }) => ({ subject, expiresAt, name: certificate?.subject ?? null }));
}

function placeOf({ expiresAt, subject, key }: Expiry): string {
  return `${expiresAt} ${subject} ${key}`;
}
