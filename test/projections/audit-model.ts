import * as fc from 'fast-check';
import type { AuditFilter, AuditRow } from '../../projections/audit-row.js';
import { auditTrailOf } from '../../projections/audit-trail.js';
import { wordsFit } from './account-model.js';
import { start } from './histories.js';

const fields: { readonly [Field in keyof AuditFilter]: fc.Arbitrary<AuditFilter[Field]> } = {
  actor: fc.subarray(['tok1', 'u-2', 'system', 'nobody']),
  action: fc.subarray(['AccountCreated', 'AccountRenamed', 'SenderConfigured', 'ApiTokenIssued', 'CommandRefused', 'AuthenticationFailed', 'None']),
  entityType: fc.subarray(['EmailAccount', 'ApiToken', 'Service', 'None']),
  entityId: fc.subarray(['SALES', 'Support', 'ops', 'postledger', 'none']),
  outcome: fc.subarray(['ACCEPTED', 'REFUSED', 'DENIED', 'NO_CHANGE', 'FAILED', 'CONFLICT'] as const),
  correlationId: fc.constantFrom('correlation-1', 'correlation-3', 'correlation-7', 'none'),
  text: fc.constantFrom(
    's',
    'sales',
    'Equipe',
    'erin',
    'nandu oz',
    'smtp example',
    'because',
    '587',
    's p',
    'sender port',
    'e e x',
    'k1',
    'wsales',
    '…',
    'nobody',
  ),
  occurredAt: fc
    .record({ from: fc.constantFrom(0, 1, 1_000, 61_000), to: fc.constantFrom(1, 1_001, 60_000, 200_000) }, { requiredKeys: [] })
    .map(({ from, to }) => ({
      ...(from !== undefined && { from: new Date(start + from) }),
      ...(to !== undefined && { to: new Date(start + to) }),
    })),
};
/** Of up to three fields, or of any number of them. */
export const filters: fc.Arbitrary<AuditFilter> = fc
  .tuple(fc.record(fields), fc.oneof(fc.subarray(Object.keys(fields), { maxLength: 3 }), fc.subarray(Object.keys(fields))))
  .map(([every, names]) => Object.fromEntries(Object.entries(every).filter(([name]) => names.includes(name))));

/** Whether an entry is one that the filter leaves, told by what the entry shows. */
export function fits(row: AuditRow, { actor, action, entityType, entityId, outcome, occurredAt, correlationId, text }: AuditFilter): boolean {
  const given = <Value>(value: Value | null | undefined, holds: (value: Value) => boolean) => value === null || value === undefined || holds(value);
  const texts = row.changes.flatMap(({ path, before, after }) => [path, ...textsIn(before), ...textsIn(after)]);
  return (
    given(actor, (list) => list.includes(row.actor.id)) &&
    given(action, (list) => list.includes(row.action)) &&
    given(entityType, (list) => list.includes(row.entityType)) &&
    given(entityId, (list) => list.some((id) => id.toLowerCase() === row.entityId.toLowerCase())) &&
    given(outcome, (list) => list.includes(row.outcome)) &&
    given(occurredAt?.from, (from) => new Date(row.occurredAt) >= from) &&
    given(occurredAt?.to, (to) => new Date(row.occurredAt) < to) &&
    given(correlationId, (id) => row.correlationId === id) &&
    given(text, (words) => wordsFit([row.entityId, row.actor.id, row.actor.displayName, row.reason ?? '', ...texts], words))
  );
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsIn);
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

/** Blocks of any size: with small ones a short history has all kinds of them, written, half written and open. */
export const trails = fc.constantFrom(1, 3, 8, 20, 50, 16_384).map(auditTrailOf);
