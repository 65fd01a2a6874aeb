import type { RequestContext } from '../request-context.js';
import { follow } from '../subscription/follow.js';
import { untilReturned } from '../subscription/until-returned.js';
import { badUserInput } from '../top-level-error.js';
import type { AuditFilter, AuditRow } from './audit-row.js';

/**
 * The entries recorded after the cursor, then those to come; without a cursor those to come.
 * @throws {GraphQLError} BAD_USER_INPUT, a cursor that is none.
 */
export function followAuditTrail({ auditTrail, signal }: RequestContext, filter: AuditFilter, after: string | null): AsyncIterableIterator<AuditRow> {
  const position = after === null ? auditTrail.position() : parsePosition(after);
  const growing = {
    after: (reached: bigint) => auditTrail.tail(filter, reached),
    onAdvance: (listener: () => void) => auditTrail.onAdvance(listener),
    positionOf: ({ position: at }: AuditRow) => at,
  };
  return untilReturned(signal, (stopped) => follow(growing, position, stopped));
}

function parsePosition(cursor: string): bigint {
  if (!/^\d{1,19}$/.test(cursor)) throw badUserInput('after is the cursor of an entry seen before. This is none.', 'after');
  return BigInt(cursor);
}
