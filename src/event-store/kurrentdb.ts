import type {
  Appended,
  EventStore,
  ExpectedRevision,
  NewEvent,
  Position,
  ReadAllOptions,
  RecordedEvent,
  StreamId,
  SubscriptionMessage,
} from './event-store.js';
import { Appends } from './kurrentdb/appends.js';
import { Calls } from './kurrentdb/calls.js';
import { declineCompression } from './kurrentdb/compression.js';
import { Connection } from './kurrentdb/connection.js';
import { parseConnectionString, settingsOfNode } from './kurrentdb/connection-string.js';
import { credentialsOf, loadClientLibrary, makeClient, type Warn } from './kurrentdb/mended-client.js';
import { Reads } from './kurrentdb/reads.js';
import { Removals } from './kurrentdb/removals.js';
import { Subscription } from './kurrentdb/subscription.js';

export { ConnectionStringRefused, describeConnection, parseConnectionString } from './kurrentdb/connection-string.js';

export interface KurrentDbOptions {
  /** `kurrentdb://user:password@host:port,…?tlsCaFile=…`: see {@link parseConnectionString}. */
  readonly connectionString: string;
  /** Told of what an operator should know. Default: Node's process warnings. */
  readonly warn?: Warn;
  /** Milliseconds that an operation is given in all, over lost connections and changes of leader. Default 10,000. */
  readonly operationMilliseconds?: number;
  /** Milliseconds that the server is given for one attempt of it. Default 2,000. */
  readonly attemptMilliseconds?: number;
}

/** The log, and what this engine can do beside the port: take streams away. */
export interface KurrentDbLog extends EventStore {
  /** See {@link Removals.tombstone}. */
  tombstoneStream(streamId: StreamId): Promise<void>;
  /** See {@link Removals.keepNewestOnly}. */
  keepNewestOnly(streamId: StreamId): Promise<void>;
}

/**
 * Opens the event store on a KurrentDB or EventStoreDB server or cluster (23.10 or later). It connects with the first call, so it opens also when no server is up.
 * @throws {ConnectionStringRefused}
 */
export async function openKurrentDbEventStore(options: KurrentDbOptions): Promise<KurrentDbLog> {
  const { warn = (message) => process.emitWarning(message), operationMilliseconds = 10_000, attemptMilliseconds = 2_000 } = options;
  const settings = parseConnectionString(options.connectionString);
  const library = await loadClientLibrary();
  declineCompression(warn);
  const alone = (node: string) => makeClient(library, settingsOfNode(settings, node), warn);
  const connection = new Connection((avoided) => makeClient(library, settings, warn, avoided), settings.kind === 'single' ? undefined : alone);
  const patience = { operationMilliseconds, attemptMilliseconds };
  return new KurrentDbEventStore(new Calls(connection, { credentials: credentialsOf(settings), requiresLeader: true }, patience));
}

/** The port over one shared connection. Every call goes to the leader; see `kurrentdb/` for what each of them has to survive. */
class KurrentDbEventStore implements KurrentDbLog {
  readonly #calls: Calls;
  readonly #appends: Appends;
  readonly #reads: Reads;
  readonly #removals: Removals;

  constructor(calls: Calls) {
    this.#calls = calls;
    this.#appends = new Appends(calls);
    this.#reads = new Reads(calls);
    this.#removals = new Removals(calls);
  }

  /**
   * @throws {TypeError} the events cannot be stored as they are. Nothing was appended.
   * @throws {RangeError} they are more than the servers take at once. Nothing was appended.
   */
  appendToStream(streamId: StreamId, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    return this.#appends.append(streamId, events, expected);
  }

  readStream(streamId: StreamId, options: { readonly from?: bigint; readonly maxCount?: number } = {}): AsyncIterable<RecordedEvent> {
    return this.#reads.stream(streamId, options);
  }

  async *readAll({ after = 0n, from, streamPrefixes, maxCount = Infinity }: ReadAllOptions = {}): AsyncIterable<RecordedEvent> {
    if (maxCount <= 0) return;
    const start = from !== undefined ? { position: from, inclusive: true } : startAfter(after);
    if (streamPrefixes === undefined) {
      yield* this.#reads.log(start, maxCount);
      return;
    }
    let left = maxCount;
    const course = { start, streamPrefixes, follows: false, signal: undefined };
    for await (const message of new Subscription(this.#calls, course).messages()) {
      if (message.kind !== 'event') continue;
      yield message.event;
      if (--left <= 0) return;
    }
  }

  /** @throws {RangeError} `after` is beyond the end: the log is older than what the reader saw, as after a restore from a backup. */
  subscribeToAll({
    after = 0n,
    streamPrefixes,
    signal,
  }: {
    readonly after?: Position;
    readonly streamPrefixes?: readonly string[];
    readonly signal: AbortSignal;
  }): AsyncIterable<SubscriptionMessage> {
    return new Subscription(this.#calls, { start: startAfter(after), streamPrefixes, follows: true, signal }).messages();
  }

  /** Gives up sooner than other operations: it is what a health check asks. */
  headPosition(): Promise<Position | undefined> {
    const within = Math.min(headMilliseconds, this.#calls.patience.operationMilliseconds);
    return this.#calls.untilAnswered((inUse, deadline) => this.#calls.newest(inUse, deadline), { consequence: 'Ask again.', within });
  }

  tombstoneStream(streamId: StreamId): Promise<void> {
    return this.#removals.tombstone(streamId);
  }

  keepNewestOnly(streamId: StreamId): Promise<void> {
    return this.#removals.keepNewestOnly(streamId);
  }

  async close(): Promise<void> {
    await this.#appends.finished();
    this.#calls.connection.close();
  }
}

const headMilliseconds = 3_000;

const startAfter = (position: Position) => (position <= 0n ? undefined : { position, inclusive: false });
