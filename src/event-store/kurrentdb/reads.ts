import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStoreDBClient, ResolvedEvent } from '@eventstore/db-client';
import { StreamDeleted, type Position, type RecordedEvent, type StreamId } from '../event-store.js';
import { pauseAfter, type Calls } from './calls.js';
import { failureOf, storeUnavailable, type Failure } from './errors.js';
import { Messages, type ClientStream } from './messages.js';
import { recordedEvent, RecordedTimes } from './recorded.js';

/** Reads that go on where they were when the connection was lost. */
export class Reads {
  constructor(private readonly calls: Calls) {}

  async *stream(streamId: StreamId, { from = 0n, maxCount = Infinity }: { readonly from?: bigint; readonly maxCount?: number }): AsyncIterable<RecordedEvent> {
    if (streamId.startsWith('$')) throw new TypeError(`Streams whose names begin with $ belong to the event store: ${streamId}`);
    const times = new RecordedTimes();
    let [next, left] = [from, maxCount];
    const open = (client: EventStoreDBClient) => client.readStream(streamId, { fromRevision: next, maxCount: atMost(left), ...this.calls.options });
    const endOf = (failure: Failure) => {
      if (failure.kind === 'streamDeleted') throw new StreamDeleted(streamId);
      return failure.kind === 'streamMissing';
    };
    if (left <= 0) return;
    for await (const resolved of this.#reading(open, endOf)) {
      const event = recordedEvent(resolved, times);
      if (!event) continue;
      next = event.revision + 1n;
      yield event;
      if (--left <= 0) return;
    }
  }

  /** The log without the servers' own events, up to its end. */
  async *log(start: { readonly position: Position; readonly inclusive: boolean } | undefined, maxCount: number): AsyncIterable<RecordedEvent> {
    const times = new RecordedTimes();
    let [last, left] = [start, maxCount];
    // A read begins at a position, never after it, and the client's count would count what is left out here.
    const open = (client: EventStoreDBClient) => client.readAll({ fromPosition: last === undefined ? 'start' : at(last.position), ...this.calls.options });
    for await (const resolved of this.#reading(open, () => false)) {
      const event = recordedEvent(resolved, times);
      if (!event || (last && (last.inclusive ? event.position < last.position : event.position <= last.position))) continue;
      last = { position: event.position, inclusive: false };
      yield event;
      if (--left <= 0) return;
    }
  }

  /** @param open starts it from where it has come to. */
  async *#reading(open: (client: EventStoreDBClient) => ClientStream, endOf: (failure: Failure) => boolean): AsyncIterable<ResolvedEvent> {
    const { attemptMilliseconds, operationMilliseconds } = this.calls.patience;
    let silentSince = performance.now();
    for (let failures = 1; ; failures++) {
      const inUse = this.calls.connection.current;
      const messages = new Messages(inUse, () => open(inUse.client));
      try {
        for (let message = await messages.next(attemptMilliseconds); message; message = await messages.next(attemptMilliseconds)) {
          this.calls.connection.answered(inUse);
          failures = 0;
          if (message.kind === 'event') yield message.resolved;
          silentSince = performance.now();
        }
        this.calls.connection.answered(inUse);
        return;
      } catch (error) {
        const failure = failureOf(error);
        this.calls.judge(inUse, failure, attemptMilliseconds);
        if (endOf(failure)) return;
        const givenUp = failure.kind === 'refused' || this.calls.connection.isClosed || performance.now() - silentSince > operationMilliseconds;
        if (givenUp) throw storeUnavailable(failure, 'Nothing was changed: read again.', error);
      } finally {
        messages.leave();
      }
      await sleep(pauseAfter(failures));
    }
  }
}

/** A place in the log as the servers take it. Events appended over gRPC have the same commit and prepare position; only transactions of older protocols differ. */
export const at = (position: Position) => ({ commit: position, prepare: position });

const atMost = (count: number) => Math.min(count, Number.MAX_SAFE_INTEGER);
