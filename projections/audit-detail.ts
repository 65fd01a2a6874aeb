import type { FieldChange } from '../src/domain/email-account/field-changes.js';
import type { SecretChange } from '../src/domain/email-account/secret-change.js';
import type { AuditOrigin, AuditRow } from './audit-row.js';

/** What an entry shows and nobody searches by. */
export interface EntryDetail {
  readonly streamId: string;
  readonly entityId: string;
  readonly reason: string | null;
  readonly actorRole: AuditRow['actorRole'];
  readonly tokenId: string | null;
  /** Left out where it is null: few entries are of a revert. */
  readonly revertedToVersion?: number;
  readonly changes: readonly StoredChange[];
  readonly causationId: string | null;
  readonly origin: AuditOrigin | null;
  /** Which shape of its type `data` has. */
  readonly schemaVersion: number;
  readonly data: AuditRow['data'];
  /** What stands for each personal text of `data` once its account is erased. Left out where there is none. */
  readonly personal?: readonly PersonalPlace[];
}

/** Where the text stands, a JSON Pointer (RFC 6901), and what is shown of its commitment. */
export type PersonalPlace = readonly [path: string, commitment: string];

/** Path, before, after; of a secret the path and what became of it. An entry of a new account has dozens. */
type StoredChange = readonly [path: string, before: unknown, after: unknown] | readonly [path: string, secretChange: SecretChange];

export function storedChange({ path, before, after, secret, secretChange }: FieldChange): StoredChange {
  return secret ? [path, secretChange ?? 'CHANGED'] : [path, before, after];
}

export function shownChange(change: StoredChange): FieldChange {
  if (change.length === 3) return { path: change[0], before: change[1], after: change[2], secret: false };
  const [path, secretChange] = change;
  return { path, before: null, after: null, secret: true, secretChange };
}
