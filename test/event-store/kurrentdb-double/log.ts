import { randomUUID } from 'node:crypto';

/** An event as the wire brings it. */
export interface Proposed {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

export interface Stored extends Proposed {
  readonly streamId: string;
  readonly revision: bigint;
  /** Where the record begins: bytes, so positions have gaps. */
  readonly position: bigint;
  /** Where the next one may begin. */
  readonly next: bigint;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export type Expected = bigint | 'any' | 'exists' | 'none';
export type Outcome =
  | { readonly kind: 'stored'; readonly revision: bigint; readonly position: bigint; readonly isReplay: boolean }
  /** `current` is -1 for a stream that is not there. */
  | { readonly kind: 'conflict'; readonly current: bigint }
  | { readonly kind: 'deleted' };

interface Stream {
  readonly events: Stored[];
  isTombstoned: boolean;
  maxCount: number;
  truncateBefore: bigint;
}

const longest = 2n ** 63n - 1n;
const elections = '$epoch-information';

/** The log that all nodes of a double share. It answers as servers of version 23.10 do, as far as an append-only client can see, and keeps nothing. */
export class DoubleLog {
  /** What a scavenge has left. */
  records: Stored[] = [];
  readonly #streams = new Map<string, Stream>();
  readonly #boundaries = new Set<bigint>();
  readonly #listeners = new Set<(event: Stored) => void>();
  #end = 120n;

  constructor() {
    // A server's log is never empty.
    this.append('$scavenges', 'any', [jsonEvent('$scavengeIndexInitialized', {})], Date.now());
  }

  get end(): bigint {
    return this.#end;
  }

  append(streamId: string, expected: Expected, proposed: readonly Proposed[], created: number): Outcome {
    const stream = this.#stream(streamId);
    if (stream.isTombstoned) return { kind: 'deleted' };
    const current = stream.events.at(-1)?.revision ?? -1n;
    const isThere = this.read(streamId).length > 0;
    const accepted = expected === 'any' || (expected === 'exists' ? isThere : expected === 'none' ? !isThere : expected === current);
    const isExact = expected !== 'any' && expected !== 'exists';
    const known = accepted && isExact ? 'none' : this.#known(stream, expected, proposed);
    if (known === 'none' && accepted) return this.#store(streamId, stream, proposed, created);
    if (known !== 'none' && known !== 'some') return { kind: 'stored', revision: known.revision, position: known.position, isReplay: true };
    return { kind: 'conflict', current: isThere ? current : -1n };
  }

  /** What a new leader writes: it counts as looked at, moves checkpoints on, and is shown to nobody. */
  elect(): void {
    this.append(elections, 'any', [jsonEvent('$epoch-information', {})], Date.now());
  }

  /** The events of a stream that can be read; undefined for one that was deleted for good. */
  read(streamId: string): readonly Stored[] {
    const { events, maxCount, truncateBefore } = this.#stream(streamId);
    return events.slice(-maxCount).filter(({ revision }) => revision >= truncateBefore);
  }

  isTombstoned(streamId: string): boolean {
    return this.#stream(streamId).isTombstoned;
  }

  /** A soft delete: what is there can no longer be read, and the stream may go on. */
  delete(streamId: string, created: number): bigint {
    const outcome = this.append(`$$${streamId}`, 'any', [jsonEvent('$metadata', { $tb: Number(longest) })], created);
    return outcome.kind === 'stored' ? outcome.position : 0n;
  }

  tombstone(streamId: string, created: number): bigint {
    const stream = this.#stream(streamId);
    const { position } = this.#record(streamId, longest, jsonEvent('$streamDeleted', {}), created);
    stream.isTombstoned = true;
    return position;
  }

  /** Removes what can no longer be read from the log too, a tombstone itself excepted. */
  scavenge(): void {
    const kept = new Set([...this.#streams.values()].filter(({ isTombstoned }) => !isTombstoned).flatMap(({ events, maxCount }) => events.slice(-maxCount)));
    this.records = this.records.filter((record) => kept.has(record) || record.type === '$streamDeleted');
  }

  /** Whether a record begins here, or once did, or may. Servers fail at any other position. */
  isPlace(position: bigint): boolean {
    return position >= this.#end || this.#boundaries.has(position);
  }

  /** Where in `records` the first one at or after the position is. */
  indexOf(position: bigint): number {
    let [low, high] = [0, this.records.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.records[middle]?.position ?? 0n) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @returns takes the listener away again. */
  onRecord(listener: (event: Stored) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #stream(streamId: string): Stream {
    let stream = this.#streams.get(streamId);
    if (!stream) this.#streams.set(streamId, (stream = { events: [], isTombstoned: false, maxCount: Infinity, truncateBefore: 0n }));
    return stream;
  }

  /** Under an exact revision events are known where they would be; otherwise anywhere in the stream, one after the other. */
  #known({ events }: Stream, expected: Expected, proposed: readonly Proposed[]): 'none' | 'some' | Stored {
    const first =
      expected === 'any' || expected === 'exists'
        ? events.findIndex(({ id }) => id === proposed[0]?.id)
        : events.findIndex(({ revision }) => revision === (expected === 'none' ? 0n : expected + 1n));
    if (first < 0) return 'none';
    const there = proposed.map(({ id }, index) => events[first + index]?.id === id);
    const last = events[first + proposed.length - 1];
    return last && there.every(Boolean) ? last : 'some';
  }

  #store(streamId: string, stream: Stream, proposed: readonly Proposed[], created: number): Outcome {
    let [revision, position] = [stream.events.at(-1)?.revision ?? -1n, this.#end];
    for (const event of proposed) {
      const stored = this.#record(streamId, ++revision, event, created);
      stream.events.push(stored);
      ({ position } = stored);
      if (streamId.startsWith('$$')) this.#obey(streamId.slice(2), event);
    }
    // A stream that was deleted softly and is written to again shows what is new.
    if (stream.truncateBefore > revision) stream.truncateBefore = revision + 1n - BigInt(proposed.length);
    return { kind: 'stored', revision, position, isReplay: false };
  }

  #record(streamId: string, revision: bigint, event: Proposed, created: number): Stored {
    const position = this.#end;
    this.#end += 64n + BigInt(streamId.length + event.type.length + event.data.length + event.metadata.length);
    const stored = { ...event, streamId, revision, position, next: this.#end, created };
    this.#boundaries.add(position).add(this.#end);
    this.records.push(stored);
    for (const listener of this.#listeners) listener(stored);
    return stored;
  }

  #obey(streamId: string, event: Proposed): void {
    const { $maxCount, $tb } = JSON.parse(event.data.toString()) as { $maxCount?: number; $tb?: number };
    const stream = this.#stream(streamId);
    stream.maxCount = $maxCount ?? Infinity;
    stream.truncateBefore = BigInt($tb ?? 0);
  }
}

/** Whether readers are shown it. */
export const isShown = ({ streamId }: Stored): boolean => streamId !== elections;

export function jsonEvent(type: string, data: Readonly<Record<string, unknown>>): Proposed {
  return { id: randomUUID(), type, contentType: 'application/json', data: Buffer.from(JSON.stringify(data)), metadata: Buffer.alloc(0) };
}
