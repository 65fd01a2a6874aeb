import { connectionOf, pageOf } from '../paging/connection.js';
import type { PageArguments } from '../paging/page-arguments.js';
import { readPage } from '../paging/read-page.js';
import type { RequestContext } from '../request-context.js';
import { AuditEntry } from './audit-entry.js';
import type { AuditFilter } from './audit-row.js';
import { auditEntryOf } from './entries.js';

export const AuditEntryConnection = connectionOf('AuditEntry', 'audit entries', () => AuditEntry, false);
export type AuditEntryConnection = InstanceType<typeof AuditEntryConnection>;

/**
 * A page of the trail. That it was asked for, by which field and with which filter, is noted.
 * @throws {GraphQLError} BAD_USER_INPUT for arguments that no page can be cut by.
 */
export function auditEntries(
  field: string,
  filter: AuditFilter,
  page: PageArguments,
  { auditTrail, auditSearches, call }: RequestContext,
): AuditEntryConnection {
  auditSearches.note(call, field, filter);
  const found = readPage(page, (request) => auditTrail.page(filter, request));
  return new AuditEntryConnection(pageOf(found, auditEntryOf), () => auditTrail.count(filter));
}
