import type { Position } from '../event-store.js';

/** Where a subscription begins: after this position, or at it. Undefined: at the beginning of the log. */
export type Start = { readonly position: Position; readonly inclusive: boolean } | undefined;

/**
 * So many bytes beyond the newest event the end of the log may lie: that event itself, 1 MiB at most unless the servers were told otherwise, and what leaders have written at their
 * elections since, some 650 bytes each. Nobody can read the latter, but checkpoints name it.
 */
const unreadable = 1_114_112n;

/** Where to go on: at the newest event if there is nothing to be read between it and the wanted beginning. */
export function startFrom(wanted: Start, head: Position | undefined): Start | 'beyond' {
  if (!wanted || wanted.position <= (head ?? 0n)) return wanted;
  return head !== undefined && wanted.position - head <= unreadable ? { position: head, inclusive: false } : 'beyond';
}
