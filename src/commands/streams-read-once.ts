import type { EventStore, Position, RecordedEvent, StreamId } from '../event-store/event-store.js';

/** So many events are read at a time: at most so many too many. */
const pageSize = 100;

/** Streams, each read once and no further than somebody asks, whoever asks how often: for as long as one request is answered. Every method may throw StoreUnavailable. */
export class StreamsReadOnce {
  readonly #streams = new Map<string, StreamReadOnce>();

  constructor(readonly log: Pick<EventStore, 'readStream'>) {}

  /** All events of the stream. */
  async whole(streamId: StreamId): Promise<readonly RecordedEvent[]> {
    return this.#stream(streamId, 0n).upTo(null);
  }

  /** The stream's events from this revision up to the position, it included. */
  async upTo(streamId: StreamId, position: Position, from = 0n): Promise<readonly RecordedEvent[]> {
    const read = await this.#stream(streamId, from).upTo(position);
    return read.filter((event) => event.position <= position);
  }

  #stream(streamId: StreamId, from: bigint): StreamReadOnce {
    const key = `${from} ${streamId}`;
    const known = this.#streams.get(key) ?? new StreamReadOnce(this.log, streamId, from);
    this.#streams.set(key, known);
    return known;
  }
}

class StreamReadOnce {
  readonly #events: RecordedEvent[] = [];
  #isWhole = false;
  #reading: Promise<void> = Promise.resolve();

  constructor(
    readonly log: Pick<EventStore, 'readStream'>,
    readonly streamId: StreamId,
    readonly from: bigint,
  ) {}

  /** What was read, at least up to the position; null for everything. One reads on behind the other, so that nothing is read twice. */
  async upTo(position: Position | null): Promise<readonly RecordedEvent[]> {
    this.#reading = this.#reading.then(() => this.#readOn(position));
    await this.#reading;
    return this.#events;
  }

  async #readOn(position: Position | null): Promise<void> {
    while (!this.#isWhole && (position === null || (this.#events.at(-1)?.position ?? position) <= position)) {
      const before = this.#events.length;
      const page = this.log.readStream(this.streamId, { from: this.from + BigInt(before), maxCount: pageSize });
      for await (const event of page) this.#events.push(event);
      this.#isWhole = this.#events.length < before + pageSize;
    }
  }
}
