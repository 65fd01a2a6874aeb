import type { Actor } from '../src/domain/access/actor.js';
import type { Role } from '../src/domain/access/role.js';
import type { FieldChange } from '../src/domain/email-account/field-changes.js';
import type { TimeRange } from './account-filter.js';

/** An event as the audit trail tells of it. */
export interface AuditRow {
  readonly id: string;
  readonly position: bigint;
  readonly occurredAt: string; // ISO 8601
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly actor: Actor;
  /** The role that the actor had then; null for the service itself, for whoever is not known, and for what was recorded before it was kept. */
  readonly actorRole: Role | null;
  /** The API token that was shown; null where none was, and for what was recorded before it was kept. */
  readonly tokenId: string | null;
  /** The version that a revert brought back with this; null for what is no revert. */
  readonly revertedToVersion: number | null;
  readonly reason: string | null;
  readonly entityType: string;
  readonly entityId: string;
  /** The version of the entity that the event made; null for what changed nothing. */
  readonly version: number | null;
  readonly changes: readonly FieldChange[];
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly origin: AuditOrigin | null;
  /** The event's data without references to secrets: of a password no more than its version, when and by whom it was set. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What is needed to read `data`: `schemaVersion`. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export type AuditOutcome = 'ACCEPTED' | 'NO_CHANGE' | 'REFUSED' | 'DENIED' | 'CONFLICT' | 'FAILED';

export interface AuditOrigin {
  readonly requestId: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly clientName: string | null;
}

/** Which entries: those that every field given here holds for. A list holds for an entry that fits one of its values; an empty list fits none. */
export interface AuditFilter {
  readonly actor?: readonly string[] | null;
  readonly action?: readonly string[] | null;
  readonly entityType?: readonly string[] | null;
  readonly entityId?: readonly string[] | null;
  readonly outcome?: readonly AuditOutcome[] | null;
  readonly occurredAt?: TimeRange | null;
  readonly correlationId?: string | null;
  readonly text?: string | null;
}
