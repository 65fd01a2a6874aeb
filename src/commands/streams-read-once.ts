import type { EventStore, Position, RecordedEvent, StreamId } from '../event-store/event-store.js';
import { beforeAll } from './moment.js';

/** So many events are read at a time: at most so many too many. */
const pageSize = 100;

/** Streams, each read once and no further than somebody asks, whoever asks how often: for as long as one request is answered. Every method may throw StoreUnavailable. */
export class StreamsReadOnce {
  readonly #streams = new Map<string, StreamReadOnce>();

  constructor(readonly log: Pick<EventStore, 'readStream'>) {}

  /** All events that the stream had when it was first asked for as a whole, and those that came since up to the position. */
  async whole(streamId: StreamId, position: Position = beforeAll): Promise<readonly RecordedEvent[]> {
    return [...(await this.#stream(streamId, 0n).read(position, true))];
  }

  /** The stream's events from this revision up to the position, it included. */
  async upTo(streamId: StreamId, position: Position, from = 0n): Promise<readonly RecordedEvent[]> {
    const read = await this.#stream(streamId, from).read(position, false);
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
  /** The furthest that was asked for, and up to where everything was read. */
  #asked = beforeAll;
  #reached = beforeAll;
  #endIsAsked = false;
  #endIsReached = false;
  #reading: Promise<void> = Promise.resolve();

  constructor(
    readonly log: Pick<EventStore, 'readStream'>,
    readonly streamId: StreamId,
    readonly from: bigint,
  ) {}

  /** What was read, at least up to the position, and where it is asked for up to the end. One reads on behind the other, as far as all who asked by then need it. */
  async read(position: Position, toTheEnd: boolean): Promise<readonly RecordedEvent[]> {
    if (position > this.#asked) this.#asked = position;
    this.#endIsAsked ||= toTheEnd;
    this.#reading = this.#reading.then(() => this.#readOn());
    await this.#reading;
    return this.#events;
  }

  async #readOn(): Promise<void> {
    while (this.#reached < this.#asked || (this.#endIsAsked && !this.#endIsReached)) {
      const [asked, before] = [this.#asked, this.#events.length];
      for await (const event of this.log.readStream(this.streamId, { from: this.from + BigInt(before), maxCount: pageSize })) this.#events.push(event);
      const last = this.#events.at(-1)?.position ?? beforeAll;
      if (last > this.#reached) this.#reached = last;
      if (this.#events.length === before + pageSize) continue;
      // Of what is recorded from now on, as by the next change of the same request, nothing is known: who asks for a later place has it read.
      this.#endIsReached = true;
      if (asked > this.#reached) this.#reached = asked;
    }
  }
}
