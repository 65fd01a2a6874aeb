import { Field, ObjectType } from 'type-graphql';
import { upcast } from '../../src/domain/event-catalogue.js';
import { momentOfVersion, type Moment } from '../../src/commands/moment.js';
import { AuditEntry } from './audit-entry.js';
import type { AuditRow } from './audit-row.js';
import { tokenEntries } from './entries/api-token-entries.js';
import { attemptEntries } from './entries/attempt-entries.js';
import { profileEntries } from './entries/authentication-profile-entries.js';
import { accountEntries } from './entries/email-account-entries.js';
import { mailServerEntries } from './entries/mail-server-entries.js';
import { operationEntries } from './entries/operation-entries.js';
import { reviewEntries } from './entries/review-entries.js';
import { truststoreEntries } from './entries/truststore-entries.js';
import type { EntryTable, Extra, Extras } from './entries/entry-table.js';

/** Every event there is, with what is typed about it. The compiler insists on an entry for each. */
const table: EntryTable = {
  ...accountEntries,
  ...tokenEntries,
  ...profileEntries,
  ...truststoreEntries,
  ...attemptEntries,
  ...mailServerEntries,
  ...reviewEntries,
  ...operationEntries,
};

@ObjectType({ implements: AuditEntry, description: 'An event that this version of the service does not know: a newer one wrote it. `action` names it.' })
export class UnknownEntry extends AuditEntry {}

function entryType(name: string, description: string, adds: Extras<object>): new (row: AuditRow, data: object) => AuditEntry {
  class Entry extends AuditEntry {
    readonly #data: object;
    readonly #moment: Moment;

    constructor(row: AuditRow, data: object) {
      super(row);
      this.#data = data;
      this.#moment = momentOf(row);
    }

    static adds(field: string, extra: Extra<object>): void {
      Object.defineProperty(Entry.prototype, field, {
        get(this: Entry) {
          return extra.of(this.#data, this.#moment);
        },
      });
      Field(extra.type, { description: extra.description, nullable: extra.nullable ?? false })(Entry.prototype, field);
    }
  }
  for (const [field, extra] of Object.entries(adds)) Entry.adds(field, extra);
  ObjectType(name, { implements: AuditEntry, description })(Entry);
  return Entry;
}

/** Right after the event. Of an account's events it is the moment of the version that they made; truststores and profiles have versions and may have the name of an account. */
export function momentOf({
  occurredAt,
  entityType,
  entityId,
  version,
  position,
}: Pick<AuditRow, 'occurredAt' | 'entityType' | 'entityId' | 'version' | 'position'>): Moment {
  const name = entityType === 'EmailAccount' && version !== null ? momentOfVersion(entityId, version) : occurredAt;
  return { name, time: new Date(occurredAt), position };
}

/** One class an event, made from the table: `AccountCreatedEntry` implements AuditEntry and adds the fields listed. */
const entryTypes = new Map<string, new (row: AuditRow, data: object) => AuditEntry>(
  Object.entries(table).map(([event, { description, adds }]) => [event, entryType(`${event}Entry`, description, adds as Extras<object>)]),
);

/** The row as the type of its event. */
export function auditEntryOf(row: AuditRow): AuditEntry {
  const event = upcast({ type: row.action, data: row.data, metadata: row.metadata });
  const EntryType = event && entryTypes.get(event.type);
  return EntryType ? new EntryType(row, event.data) : new UnknownEntry(row);
}
