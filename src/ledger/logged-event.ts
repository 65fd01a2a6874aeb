import { leafHash, sha256, type Hash } from './hashes.js';
import { leafInput, type LedgerEvent } from './leaf.js';

/** An event of the log as a verification sees it: what it is in the tree, and what names it. */
export type LoggedEvent = LoggedLeaf | UnreadableEvent | OtherEvent;

export interface LoggedLeaf {
  readonly kind: 'leaf';
  readonly position: bigint;
  readonly streamId: string;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly recordedAt: number;
  readonly hash: Hash;
}

/** There is something at the position that is no event any more. It has no leaf. */
export interface UnreadableEvent {
  readonly kind: 'unreadable';
  readonly position: bigint;
  /** What is wrong with it, in words. */
  readonly problem: string;
}

/** An event of a stream that the audit trail does not show, and the tree does not hold. */
export interface OtherEvent {
  readonly kind: 'other';
  readonly position: bigint;
}

/** @param isAudited whether the tree holds the events of a stream. */
export function loggedEvent(event: LedgerEvent & { readonly position: bigint }, isAudited: (streamId: string) => boolean): LoggedEvent {
  const { position, streamId } = event;
  if (!isAudited(streamId)) return { kind: 'other', position };
  try {
    const hash = leafHash(leafInput(event));
    return { kind: 'leaf', position, streamId, revision: Number(event.revision), recordedAt: event.recordedAt.getTime(), hash };
  } catch (error) {
    // A time that is none, a value that is no JSON: what the service never writes.
    return unreadableEvent(position, error);
  }
}

export function unreadableEvent(position: bigint, error: unknown): UnreadableEvent {
  return { kind: 'unreadable', position, problem: error instanceof Error ? error.message : String(error) };
}

/** Stands in the tree for an event that has no leaf: no event has this hash, so that no root of a tree with it is one that was signed. */
export function noLeaf(position: bigint): Hash {
  return sha256(`no leaf at ${position}`);
}
