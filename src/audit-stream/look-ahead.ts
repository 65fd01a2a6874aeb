import type { AuditRow } from '../../projections/audit-row.js';
import type { Delivery, DeliveryFailure } from './delivery.js';

/** So many entries that come next are tried in one go. */
const mostTried = 10;

export interface RefusedEntry {
  readonly row: AuditRow;
  readonly cause: string;
}

/** What was found out: the receiver has taken `reached`, and refuses some before it. */
export interface LookedAhead {
  readonly refused: readonly RefusedEntry[];
  /** In the order of the log; `reached` is the last of them. */
  readonly taken: readonly AuditRow[];
  readonly reached: AuditRow;
}

/**
 * Tells an entry that the receiver refuses from a receiver that refuses everything: sends what comes next until something is taken, then all that was refused once more, now that the receiver
 * is known to take entries. Null where nothing was found out: nothing of what comes next was taken, or the receiver went away meanwhile. Whatever was taken then is sent again.
 */
export async function lookAhead(
  deliver: (row: AuditRow) => Promise<Delivery>,
  first: AuditRow,
  failure: DeliveryFailure,
  following: readonly AuditRow[],
): Promise<LookedAhead | null> {
  const refused: RefusedEntry[] = [{ row: first, cause: failure.cause }];
  for (const row of following.slice(0, mostTried)) {
    const delivery = await deliver(row);
    if (delivery.kind === 'taken') return sortedOut(deliver, refused, row);
    if (delivery.kind !== 'refused') return null;
    refused.push({ row, cause: delivery.cause });
  }
  return null;
}

async function sortedOut(deliver: (row: AuditRow) => Promise<Delivery>, suspected: readonly RefusedEntry[], reached: AuditRow): Promise<LookedAhead | null> {
  const refused: RefusedEntry[] = [];
  const taken: AuditRow[] = [];
  for (const { row } of suspected) {
    const last = await deliver(row);
    switch (last.kind) {
      case 'refused':
        refused.push({ row, cause: last.cause });
        break;
      case 'taken':
        taken.push(row);
        break;
      case 'gone':
      case 'unavailable':
        return null;
    }
  }
  return { refused, taken: [...taken, reached], reached };
}
