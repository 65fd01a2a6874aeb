import type { Actor } from '../../src/domain/access/actor.js';
import type { SecretChange } from '../../src/domain/email-account/secret-change.js';
import type { Role } from '../../src/domain/access/role.js';

export interface AuditRow {
  readonly id: string;
  readonly position: bigint;
  readonly occurredAt: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly actor: Actor;
  readonly actorRole: Role | null;
  readonly tokenId: string | null;
  readonly revertedToVersion: number | null;
  readonly reason: string | null;
  readonly entityType: string;
  readonly entityId: string;
  readonly version: number | null;
  readonly changes: readonly {
    readonly path: string;
    readonly before: unknown;
    readonly after: unknown;
    readonly secret: boolean;
    readonly secretChange?: SecretChange;
  }[];
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly origin: { readonly requestId: string; readonly ip: string | null; readonly userAgent: string | null; readonly clientName: string | null } | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export type AuditOutcome = 'ACCEPTED' | 'NO_CHANGE' | 'REFUSED' | 'DENIED' | 'CONFLICT' | 'FAILED';

export type { AuditTrailFilter as AuditFilter } from './audit-trail-filter.js';
