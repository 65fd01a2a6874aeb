import type { EventData } from '@eventstore/db-client';
import { ConcurrencyConflict, StreamDeleted, type Appended, type ExpectedRevision, type NewEvent, type StreamId } from '../event-store.js';
import { recordedAtKey, serialize, type SerializedEvent } from '../serialized-event.js';
import type { Calls, StreamPart } from './calls.js';
import type { ClientInUse } from './connection.js';
import type { Failure } from './errors.js';

/** So many of a stream's newest events are looked through for an append whose outcome is unknown. */
const tail = 500;

/** Appends by single calls: ids and expected revision stay the same however often they have to be sent, so the server stores them once. */
export class Appends {
  readonly #running = new Set<Promise<unknown>>();

  constructor(private readonly calls: Calls) {}

  /** @throws {TypeError} the events cannot be stored as they are, or the stream is one of the server's own. Nothing was appended. */
  async append(streamId: StreamId, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    const running = this.#append(streamId, events, expected);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Resolves when every append that was accepted has its answer. */
  async finished(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async #append(streamId: StreamId, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    if (streamId.startsWith('$')) throw new TypeError(`Streams whose names begin with $ belong to the event store: ${streamId}`);
    const proposed = serialize(streamId, events).map(eventData);
    // Under an exact revision the server knows its own events again, however late. Otherwise it remembers the newest ones only, so it is looked up before they are sent anew.
    const mustLookUp = expected === 'any' || expected === 'stream_exists';
    let attempts = 0;
    return this.calls.untilAnswered(
      async (inUse, deadline) => {
        const stored = attempts++ > 0 && mustLookUp ? await this.#stored(inUse, deadline, streamId, proposed) : undefined;
        if (stored) return stored;
        const options = { ...this.calls.options, expectedRevision: expected, deadline };
        const { nextExpectedRevision: revision, position } = await inUse.client.appendToStream(streamId, proposed, options);
        return { revision, position: position?.commit ?? (await this.#positionOf(inUse, deadline, streamId, revision)) };
      },
      { refusal: (failure) => refusalOf(failure, streamId, expected), consequence: 'Whether the events were stored is not known: send the same again.' },
    );
  }

  /** Where the events are, when they are in the stream one after the other. */
  async #stored(inUse: ClientInUse, deadline: number, streamId: StreamId, proposed: readonly EventData[]): Promise<Appended | undefined> {
    const newest = await this.#read(inUse, deadline, streamId, { direction: 'backwards', fromRevision: 'end', maxCount: tail + proposed.length });
    const first = newest.findIndex(({ id }) => id === proposed.at(-1)?.id);
    const last = newest[first];
    const all = newest.slice(first, first + proposed.length).map(({ id }) => id);
    if (!last || all.toReversed().join() !== proposed.map(({ id }) => id).join()) return undefined;
    return { revision: last.revision, position: last.position };
  }

  /** A server that knows events again may leave out where they are. */
  async #positionOf(inUse: ClientInUse, deadline: number, streamId: StreamId, revision: bigint): Promise<bigint> {
    const [event] = await this.#read(inUse, deadline, streamId, { direction: 'forwards', fromRevision: revision, maxCount: 1 });
    if (!event) throw new Error(`Event ${revision} of stream ${streamId} was acknowledged and cannot be read.`);
    return event.position;
  }

  async #read(inUse: ClientInUse, deadline: number, streamId: StreamId, what: StreamPart): Promise<readonly (Appended & { readonly id: string })[]> {
    const read = await this.calls.readStreamShort(inUse, deadline, streamId, what);
    return read.flatMap(({ event }) => (event?.position ? [{ id: event.id, revision: event.revision, position: event.position.commit }] : []));
  }
}

/** Made from the text that was checked, so that what is sent stays the same if the caller changes the event meanwhile. */
function eventData({ id, type, data, metadata, recordedAt }: SerializedEvent): EventData {
  const time = recordedAt === undefined ? {} : { [recordedAtKey]: new Date(recordedAt).toISOString() };
  return { id, type, contentType: 'application/json', data: parse(data), metadata: { ...parse(metadata), ...time } };
}

const parse: (text: string) => Record<string, unknown> = JSON.parse;

function refusalOf(failure: Failure, streamId: StreamId, expected: ExpectedRevision): Error | undefined {
  switch (failure.kind) {
    case 'conflict':
      return new ConcurrencyConflict(streamId, expected, failure.actual);
    case 'streamDeleted':
      return new StreamDeleted(streamId);
    case 'tooLarge':
      return new RangeError(failure.explanation);
    case 'streamMissing':
    case 'refused':
    case 'deadlineMissed':
    case 'unanswered':
      return undefined;
  }
}
