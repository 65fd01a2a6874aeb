import { connectionOf, pageOf } from '../paging/connection.js';
import { pageRequest, type PageArguments } from '../paging/page-arguments.js';
import type { RequestContext } from '../request-context.js';
import { AuditEntry } from './audit-entry.js';
import type { AuditFilter } from './audit-row.js';
import { auditEntryOf } from './entries.js';

export const AuditEntryConnection = connectionOf('AuditEntry', 'audit entries', () => AuditEntry, false);
export type AuditEntryConnection = InstanceType<typeof AuditEntryConnection>;

/** @throws {GraphQLError} BAD_USER_INPUT for arguments that no page can be cut by. */
export function auditEntries(filter: AuditFilter, page: PageArguments, { auditTrail }: RequestContext): AuditEntryConnection {
  return new AuditEntryConnection(pageOf(auditTrail.page(filter, pageRequest(page)), auditEntryOf), () => auditTrail.count(filter));
}
