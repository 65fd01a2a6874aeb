import { hashLength } from '../ledger/hashes.js';
import type { LoggedEvent } from '../ledger/logged-event.js';

/** A stretch of the log as one thread hands it to another: numbers and hashes side by side, which are moved and not copied. */
export interface HashedColumns {
  readonly positions: Float64Array<ArrayBuffer>;
  readonly revisions: Float64Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  readonly hashes: Uint8Array<ArrayBuffer>;
  /** Null: an event of a stream that is not audited, or one that cannot be read. */
  readonly streamIds: readonly (string | null)[];
  /** What cannot be read, by its place in the stretch; its position as text, for it may be no number. */
  readonly problems: ReadonlyMap<number, { readonly position: string; readonly problem: string }>;
}

export function toColumns(events: readonly LoggedEvent[]): HashedColumns {
  const problems = new Map<number, { readonly position: string; readonly problem: string }>();
  const numbers = () => new Float64Array(events.length);
  const columns = { positions: numbers(), revisions: numbers(), times: numbers(), hashes: new Uint8Array(events.length * hashLength) };
  const streamIds = events.map((event, index) => {
    columns.positions[index] = Number(event.position);
    if (event.kind === 'unreadable') problems.set(index, { position: event.position.toString(), problem: event.problem });
    if (event.kind !== 'leaf') return null;
    columns.revisions[index] = event.revision;
    columns.times[index] = event.recordedAt;
    columns.hashes.set(event.hash, index * hashLength);
    return event.streamId;
  });
  return { ...columns, streamIds, problems };
}

export function fromColumns({ positions, revisions, times, hashes, streamIds, problems }: HashedColumns): readonly LoggedEvent[] {
  const all = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength);
  return streamIds.map((streamId, index): LoggedEvent => {
    const unreadable = problems.get(index);
    if (unreadable) return { kind: 'unreadable', position: BigInt(unreadable.position), problem: unreadable.problem };
    const position = BigInt(positions[index] ?? 0);
    if (streamId === null) return { kind: 'other', position };
    const hash = all.subarray(index * hashLength, (index + 1) * hashLength);
    return { kind: 'leaf', position, streamId, revision: revisions[index] ?? 0, recordedAt: times[index] ?? 0, hash };
  });
}
