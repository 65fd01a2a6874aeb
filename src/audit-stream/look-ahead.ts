import type { AuditRow } from '../../projections/audit-row.js';
import type { Delivery, DeliveryFailure } from './delivery.js';

/** So many entries that come next are tried at most. */
const mostTried = 10;
/** While the receiver is away, one that comes next is tried at every such attempt: oftener, and what it takes first when it is back would seldom be what is next in order. */
const attemptsBetweenTries = 4;

export interface RefusedEntry {
  readonly row: AuditRow;
  readonly cause: string;
}

/** What was found out about entries that come one after the other, from the one that was suspected first. */
export interface LookedAhead {
  readonly refused: readonly RefusedEntry[];
  /** In the order of the log. */
  readonly taken: readonly AuditRow[];
  /** The last of them all: what comes after it is still to be sent, or sent again. */
  readonly reached: AuditRow;
}

/** Sends an entry as the trail shows it by then. Null when it is not there any more, or the stream is stopped. */
export type Send = (row: AuditRow) => Promise<Delivery | null>;

/**
 * Which entries are to be tried after so many failed attempts more than it takes to suspect an entry, `following` being what comes next. After a refusal as many as it takes. A receiver that
 * an entry ends does not answer for a while: there one, after a wait, and another one each time, so that several of the kind in a row do not hide what comes after them.
 */
export function toBeTried({ kind, mayBeOfMessage }: DeliveryFailure, attemptsMore: number, following: readonly AuditRow[]): readonly AuditRow[] {
  const next = following.slice(0, mostTried);
  if (kind === 'refused') return next;
  if (!mayBeOfMessage || attemptsMore % attemptsBetweenTries !== 0) return [];
  const number = (attemptsMore / attemptsBetweenTries) % Math.max(1, next.length);
  return next.slice(number, number + 1);
}

/**
 * Tells an entry that the receiver does not take from a receiver that takes nothing: sends what comes next until something is taken, then all that was not once more, now that the receiver is
 * known to take entries. Null where nothing was found out: nothing of what comes next was taken, or the receiver went away meanwhile. Whatever was taken then is sent again.
 */
export async function lookAhead(send: Send, first: AuditRow, following: readonly AuditRow[]): Promise<LookedAhead | null> {
  const suspected = [first];
  for (const row of following) {
    const delivery = await send(row);
    if (delivery === null || delivery.kind === 'gone') return null;
    if (delivery.kind === 'taken') return sortedOut(send, suspected);
    if (!delivery.mayBeOfMessage) return null;
    suspected.push(row);
  }
  return null;
}

async function sortedOut(send: Send, suspected: readonly AuditRow[]): Promise<LookedAhead | null> {
  const refused: RefusedEntry[] = [];
  const taken: AuditRow[] = [];
  let reached: AuditRow | null = null;
  for (const [index, row] of suspected.entries()) {
    const last = await send(row);
    if (last === null || last.kind === 'gone') break;
    if (last.kind === 'taken') taken.push(row);
    // That a receiver is not available tells little: only the first has had all the attempts that it takes.
    else if (last.kind === 'refused' || (last.mayBeOfMessage && index === 0)) refused.push({ row, cause: last.cause });
    else break;
    reached = row;
  }
  return reached && { refused, taken, reached };
}
