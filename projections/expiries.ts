import type { Certificate } from '../src/domain/email-account/connection-test.js';
import { upcast } from '../src/domain/event-catalogue.js';
import type { ExpiringThing, ExpiryOwner, ExpirySubject } from '../src/domain/expiry/expiring-thing.js';
import { expiryChange, type Expiry } from '../src/domain/expiry/expiry-changes.js';
import { streamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import type { Projection, ProjectionWriter } from './projection.js';
import type { Row, ViewDatabase } from './view-database.js';

/** Everything that has an end: certificates, client secrets, API tokens until their end is on record, and what mail servers showed when they were tested last. */
export const expiries: Projection<ExpiryReader> = {
  name: 'expiries',
  version: 2,
  streamPrefixes: [streamPrefixes.emailAccount, streamPrefixes.truststore, streamPrefixes.authenticationProfile, streamPrefixes.apiToken],
  tables: `CREATE TABLE expiry (
    entity_type TEXT NOT NULL, entity_id TEXT NOT NULL, subject TEXT NOT NULL, key TEXT NOT NULL, since TEXT NOT NULL, expires_at TEXT NOT NULL,
    certificate TEXT, -- JSON
    PRIMARY KEY (entity_type, entity_id, subject, key)
  ) STRICT, WITHOUT ROWID`,
  indexes: ['CREATE INDEX expiry_by_end ON expiry (expires_at)', 'CREATE INDEX expiry_by_subject ON expiry (subject, expires_at)'],
  open: (view) => ({ writer: new ExpiryWriter(view), reader: new ExpiryReader(view) }),
};

class ExpiryWriter implements ProjectionWriter {
  constructor(readonly view: ViewDatabase) {}

  apply(event: RecordedEvent): void {
    const known = upcast(event);
    if (!known) return;
    const owner = ownerOf(event.streamId);
    const { removed, added } = expiryChange(known, owner, event.recordedAt.toISOString());
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

export interface ExpiryPage {
  readonly size: number;
  /** The last of the page before; null for the first page. */
  readonly after: ExpiringThing | null;
  /** Default: all. */
  readonly subject?: ExpirySubject;
}

export class ExpiryReader {
  constructor(readonly view: ViewDatabase) {}

  /** What ends before then, or has ended, the earliest first; at most so many. */
  endingBefore(at: Date, most: number): readonly Expiry[] {
    return this.view
      .all('SELECT * FROM expiry WHERE expires_at < ? ORDER BY expires_at, entity_type, entity_id, subject, key LIMIT ?', at.toISOString(), most)
      .map(expiryOf);
  }

  /** The next of all that ends before then, or has ended, the earliest first. */
  pageEndingBefore(at: Date, { size, after, subject }: ExpiryPage): readonly ExpiringThing[] {
    return this.view
      .all(
        `SELECT entity_type, entity_id, subject, key, since, expires_at FROM expiry
         WHERE ${subject === undefined ? '' : 'subject = ? AND '}expires_at < ? AND (expires_at, entity_type, entity_id, subject, key) > (?, ?, ?, ?, ?)
         ORDER BY expires_at, entity_type, entity_id, subject, key LIMIT ?`,
        ...(subject === undefined ? [] : [subject]),
        at.toISOString(),
        ...(after === null ? ['', '', '', '', ''] : [after.expiresAt, after.owner.entityType, after.owner.entityId, after.subject, after.key]),
        size,
      )
      .map(thingOf);
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

function thingOf({ entity_type, entity_id, subject, key, since, expires_at }: Row): ExpiringThing {
  return {
    subject: subject as ExpirySubject,
    owner: { entityType: entity_type as ExpiryOwner['entityType'], entityId: String(entity_id) },
    key: String(key),
    since: String(since),
    expiresAt: String(expires_at),
  };
}

function expiryOf(row: Row): Expiry {
  const { certificate } = row;
  return {
    ...thingOf(row),
    certificate: certificate === null || certificate === undefined ? null : (JSON.parse(String(certificate)) as Certificate),
  };
}
