import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { PageArguments } from '../paging/page-arguments.js';
import type { RequestContext } from '../request-context.js';
import { auditEntries, AuditEntryConnection } from './audit-entry-connection.js';
import { AuditEntry } from './audit-entry.js';
import { AuditTrailFilter } from './audit-trail-filter.js';
import { auditEntryOf } from './entries.js';

@Resolver()
export class AuditQueries {
  @Query(() => AuditEntryConnection, {
    description:
      'All that happened and all that was attempted and refused, oldest first: `last: 20` gives the newest. Who reads it stands in it as well, with the filters, at most once a minute.',
  })
  auditTrail(
    @Arg('filter', () => AuditTrailFilter, { nullable: true, description: 'Which entries. Default: all.' }) filter: AuditTrailFilter | null | undefined,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: RequestContext,
  ): AuditEntryConnection {
    return auditEntries('auditTrail', filter ?? {}, page, context);
  }

  @Query(() => AuditEntry, { nullable: true, description: 'One entry of the audit trail; null when there is none of this id.' })
  auditEntry(
    @Arg('id', () => ID, { description: 'The `id` of an entry.' }) id: string,
    @Ctx() { auditTrail, auditSearches, call }: RequestContext,
  ): AuditEntry | null {
    auditSearches.note(call, 'auditEntry', { id });
    const row = auditTrail.find(id);
    return row && auditEntryOf(row);
  }
}
