import { Arg, Ctx, Resolver, Root, Subscription } from 'type-graphql';
import { readPastsAnew } from '../as-of.js';
import type { RequestContext } from '../request-context.js';
import { AuditEntry } from './audit-entry.js';
import type { AuditRow } from './audit-row.js';
import { AuditTrailFilter } from './audit-trail-filter.js';
import { auditEntryOf } from './entries.js';
import { followAuditTrail } from './follow-audit-trail.js';

@Resolver()
export class AuditEntryRecorded {
  @Subscription(() => AuditEntry, {
    description:
      'Tells of every entry of the audit trail as it is recorded. With `after`, the `position` of the entry last seen, it first tells of all that was recorded since: ' +
      'a client that reconnects misses nothing and is told nothing twice.',
    subscribe: ({ args, context }: { args: { filter?: AuditTrailFilter | null; after?: string | null }; context: RequestContext }) => {
      context.auditSearches.note(context.call, 'auditEntryRecorded', args.filter ?? {});
      return followAuditTrail(context, args.filter ?? {}, args.after ?? null);
    },
  })
  auditEntryRecorded(
    @Root() row: AuditRow,
    @Arg('filter', () => AuditTrailFilter, { nullable: true, description: 'Which entries. Default: all.' }) _filter: AuditTrailFilter | null | undefined,
    @Arg('after', () => String, { nullable: true, description: 'Only what was recorded after this position. Default: what is recorded from now on.' })
    _after: string | null | undefined,
    @Ctx() context: RequestContext,
  ): AuditEntry {
    readPastsAnew(context);
    return auditEntryOf(row);
  }
}
