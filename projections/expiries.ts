import type { Certificate, ConnectionTestStage } from '../src/domain/email-account/connection-test.js';
import type { AuthenticationProfileEvent } from '../src/domain/authentication-profile/events.js';
import type { EmailAccountEvent } from '../src/domain/email-account/events.js';
import {
  isApiTokenEvent,
  isAuthenticationProfileEvent,
  isEmailAccountEvent,
  isTruststoreEvent,
  upcast,
  type PostledgerEvent,
} from '../src/domain/event-catalogue.js';
import type { ExpiringThing, ExpiryOwner, ExpirySubject } from '../src/domain/expiry/expiring-thing.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { TruststoreEvent } from '../src/domain/truststore/events.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import type { Projection, ProjectionWriter } from './projection.js';
import type { Row, ViewDatabase } from './view-database.js';

/** Something with an end, as it is known now. Ids of accounts are in lower case. */
export interface Expiry extends ExpiringThing {
  /** Null for what is no certificate. */
  readonly certificate: Certificate | null;
}

/** Everything that has an end: certificates, client secrets, API tokens, and what mail servers showed when they were tested last. */
export const expiries: Projection<ExpiryReader> = {
  name: 'expiries',
  version: 1,
  streamPrefixes: [streamPrefixes.emailAccount, streamPrefixes.truststore, streamPrefixes.authenticationProfile, streamPrefixes.apiToken],
  tables: `CREATE TABLE expiry (
    entity_type TEXT NOT NULL, entity_id TEXT NOT NULL, subject TEXT NOT NULL, key TEXT NOT NULL, since TEXT NOT NULL, expires_at TEXT NOT NULL,
    certificate TEXT, -- JSON
    PRIMARY KEY (entity_type, entity_id, subject, key)
  ) STRICT, WITHOUT ROWID`,
  indexes: ['CREATE INDEX expiry_by_end ON expiry (expires_at)'],
  open: (view) => ({ writer: new ExpiryWriter(view), reader: new ExpiryReader(view) }),
};

class ExpiryWriter implements ProjectionWriter {
  constructor(readonly view: ViewDatabase) {}

  apply(event: RecordedEvent): void {
    const known = upcast(event);
    if (!known) return;
    const owner = ownerOf(event.streamId);
    const { removed, added } = changeBy(known, owner, event.recordedAt.toISOString());
    if (removed === 'all') this.view.run('DELETE FROM expiry WHERE entity_type = ? AND entity_id = ?', owner.entityType, owner.entityId);
    else if (removed !== null)
      this.view.run('DELETE FROM expiry WHERE entity_type = ? AND entity_id = ? AND key = ?', owner.entityType, owner.entityId, removed.key);
    for (const { subject, key, since, expiresAt, certificate } of added)
      this.view.run(
        'INSERT OR REPLACE INTO expiry VALUES (?, ?, ?, ?, ?, ?, ?)',
        owner.entityType,
        owner.entityId,
        subject,
        key,
        since,
        expiresAt,
        certificate && JSON.stringify(certificate),
      );
  }

  flush(): void {
    // Written as they were applied.
  }

  reset(): void {
    // Nothing is held in memory.
  }
}

const ownersByPrefix = [
  [streamPrefixes.emailAccount, 'EmailAccount'],
  [streamPrefixes.truststore, 'Truststore'],
  [streamPrefixes.authenticationProfile, 'AuthenticationProfile'],
  [streamPrefixes.apiToken, 'ApiToken'],
] as const;

function ownerOf(streamId: string): ExpiryOwner {
  const found = ownersByPrefix.find(([prefix]) => streamId.startsWith(prefix));
  if (!found) throw new TypeError(`${streamId} is no stream of something that can expire.`);
  const [prefix, entityType] = found;
  return { entityType, entityId: streamId.slice(prefix.length) };
}

/** What an event does to what its owner has with an end. */
interface Change {
  /** The one that went; `all`; null where none did. */
  readonly removed: { readonly key: string } | 'all' | null;
  readonly added: readonly Expiry[];
}

/** When a provider made a client secret, nobody says: it counts as old. */
const unknownBeginning = '1970-01-01T00:00:00.000Z';

const nothing: Change = { removed: null, added: [] };
const insteadOfAll = (added: readonly Expiry[]): Change => ({ removed: 'all', added });

function changeBy(event: PostledgerEvent, owner: ExpiryOwner, at: string): Change {
  if (isEmailAccountEvent(event)) return changeByAccount(event, owner);
  if (isTruststoreEvent(event)) return changeByTruststore(event, owner);
  if (isAuthenticationProfileEvent(event)) return changeByProfile(event, owner);
  if (!isApiTokenEvent(event)) return nothing;
  if (event.type === 'ApiTokenRevoked') return insteadOfAll([]);
  if (event.type === 'ApiTokenUsed' || event.data.expiresAt === null) return nothing;
  return insteadOfAll([{ subject: 'API_TOKEN', owner, key: '', since: at, expiresAt: event.data.expiresAt, certificate: null }]);
}

function changeByAccount(event: EmailAccountEvent, owner: ExpiryOwner): Change {
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

function changeByTruststore(event: TruststoreEvent, owner: ExpiryOwner): Change {
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

function changeByProfile(event: AuthenticationProfileEvent, owner: ExpiryOwner): Change {
  switch (event.type) {
    case 'AuthenticationProfileCreated':
    case 'AuthenticationProfileChanged': {
      const { clientSecret, clientSecretExpiresAt, certificate } = event.data.profile;
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
      return insteadOfAll([secret, own].filter((each) => each !== null));
    }
    case 'AuthenticationProfileDeleted':
      return insteadOfAll([]);
    case 'ConsentGranted':
    case 'ConsentLost':
    case 'RefreshTokenRotated':
      return nothing;
  }
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

export class ExpiryReader {
  constructor(readonly view: ViewDatabase) {}

  /** What ends before then, or has ended, the earliest first; at most so many. */
  endingBefore(at: Date, most: number): readonly Expiry[] {
    return this.view
      .all('SELECT * FROM expiry WHERE expires_at < ? ORDER BY expires_at, entity_type, entity_id, subject, key LIMIT ?', at.toISOString(), most)
      .map(expiryOf);
  }

  /** What the owner has with an end, the earliest first. */
  of(entityType: ExpiryOwner['entityType'], entityId: string): readonly Expiry[] {
    return this.view
      .all('SELECT * FROM expiry WHERE entity_type = ? AND entity_id = ? ORDER BY expires_at, subject, key', entityType, entityId.toLowerCase())
      .map(expiryOf);
  }

  /** How many of each kind end before then. */
  countBefore(at: Date): readonly { readonly subject: ExpirySubject; readonly count: number }[] {
    return this.view
      .all('SELECT subject, count(*) AS count FROM expiry WHERE expires_at < ? GROUP BY subject', at.toISOString())
      .map(({ subject, count }) => ({ subject: subject as ExpirySubject, count: Number(count) }));
  }
}

function expiryOf({ entity_type, entity_id, subject, key, since, expires_at, certificate }: Row): Expiry {
  return {
    subject: subject as ExpirySubject,
    owner: { entityType: entity_type as ExpiryOwner['entityType'], entityId: String(entity_id) },
    key: String(key),
    since: String(since),
    expiresAt: String(expires_at),
    certificate: certificate === null || certificate === undefined ? null : (JSON.parse(String(certificate)) as Certificate),
  };
}
