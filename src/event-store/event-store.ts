/** A place in the global order of the log. Opaque, increasing, with gaps; only comparing two of the same store has a meaning. */
export type Position = bigint;

/** Names a stream: `<category>-<id>`, e.g. `emailAccount-sales`. */
export type StreamId = string;

/** What the writer believes of the stream: its last revision (the first event is revision 0), or one of the named states. */
export type ExpectedRevision = bigint | 'no_stream' | 'stream_exists' | 'any';

/** Plain JSON: no bigint, no Date, no undefined inside arrays. */
export type JsonObject = { readonly [key: string]: unknown };

export interface NewEvent {
  /** A UUID that the caller makes. The same ids appended again to the same stream get the first answer again. */
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  /**
   * When another store recorded it first. For a migration alone, which brings a whole log in its order and keeps its times; left out, it is recorded now. Not before the newest event's:
   * times never decrease along a log, and a store may raise it.
   */
  readonly recordedAt?: Date;
}

export interface RecordedEvent extends NewEvent {
  readonly streamId: StreamId;
  readonly revision: bigint;
  readonly position: Position;
  /** When the store recorded it. Never decreases along the log, whatever the clock does. */
  readonly recordedAt: Date;
  /** What the store itself has as that time, where it is another: the same however much of the log was read. */
  readonly storedAt?: Date;
}

/** Revision and position of the last event of the append. */
export interface Appended {
  readonly revision: bigint;
  readonly position: Position;
}

export type SubscriptionMessage =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Everything up to here was delivered or filtered out: resume after it. */
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** Nothing more is there now; what follows is live. May repeat. */
  | { readonly kind: 'caughtUp' };

export interface ReadAllOptions {
  /** Exclusive. Left out: from the beginning. */
  readonly after?: Position;
  /** Inclusive, in place of `after`: the position of an event. Nothing else can be read "at": positions have gaps, and one less than a position may be none. */
  readonly from?: Position;
  /** Only streams whose id begins with one of these. Left out: all. */
  readonly streamPrefixes?: readonly string[];
  readonly maxCount?: number;
}

/** An append-only log of streams. One behavioural contract suite (`test/event-store/`) holds for every engine. */
export interface EventStore {
  /**
   * Appends all events or none, durably: resolves only after they would survive a power failure.
   * @throws {ConcurrencyConflict} the stream is not at `expected`. Nothing was appended.
   * @throws {StreamDeleted} the stream was deleted for good.
   * @throws {StoreUnavailable} the outcome is unknown: retry with the same ids and the same expected revision.
   */
  appendToStream(streamId: StreamId, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended>;
  /** The stream's events from `from` (inclusive, default 0) in order. A missing stream reads as empty. */
  readStream(streamId: StreamId, options?: { readonly from?: bigint; readonly maxCount?: number }): AsyncIterable<RecordedEvent>;
  /** The whole log in commit order, up to its end at the time of reading. */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;
  /** Reads on and follows the log until `signal` aborts, then ends without an error. Ends with StoreUnavailable when the store is lost. */
  subscribeToAll(options: {
    readonly after?: Position;
    readonly streamPrefixes?: readonly string[];
    readonly signal: AbortSignal;
  }): AsyncIterable<SubscriptionMessage>;
  /** The position of the newest event; undefined for an empty log. */
  headPosition(): Promise<Position | undefined>;
  /** Finishes what was accepted, then releases the store. Later calls fail with StoreUnavailable. */
  close(): Promise<void>;
}

/** Somebody else appended first, or the stream is not in the state the writer believed. */
export class ConcurrencyConflict extends Error {
  override readonly name = 'ConcurrencyConflict';
  constructor(
    readonly streamId: StreamId,
    readonly expected: ExpectedRevision,
    readonly actual: bigint | 'no_stream',
  ) {
    super(`Stream ${streamId} is at ${String(actual)}, not at ${String(expected)}.`);
  }
}

/** The store cannot be reached or did not answer. For an append: its outcome is unknown. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The stream was deleted for good and takes no more events. */
export class StreamDeleted extends Error {
  override readonly name = 'StreamDeleted';
  constructor(readonly streamId: StreamId) {
    super(`Stream ${streamId} was deleted.`);
  }
}
