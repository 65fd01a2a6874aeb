import type { FieldChange } from '../src/domain/email-account/field-changes.js';
import type { AuditOrigin, AuditRow } from './audit-row.js';

/** What an entry shows and nobody searches by. */
export interface EntryDetail {
  readonly streamId: string;
  readonly entityId: string;
  readonly reason: string | null;
  readonly changes: readonly StoredChange[];
  readonly causationId: string | null;
  readonly origin: AuditOrigin | null;
  /** Which shape of its type `data` has. */
  readonly schemaVersion: number;
  readonly data: AuditRow['data'];
}

/** Path, before, after; of a secret the path alone. An entry of a new account has dozens. */
type StoredChange = readonly [path: string, before: unknown, after: unknown] | readonly [path: string];

export function storedChange({ path, before, after, secret }: FieldChange): StoredChange {
  return secret ? [path] : [path, before, after];
}

export function shownChange(change: StoredChange): FieldChange {
  const [path, before = null, after = null] = change;
  return { path, before, after, secret: change.length === 1 };
}
