import type { EventStore, Position, RecordedEvent } from '../src/event-store/event-store.js';

/** What a view applies in one transaction. */
export interface LogBatch {
  readonly events: readonly RecordedEvent[];
  /** Where the batch leads; undefined when it holds no news. */
  readonly position: Position | undefined;
  readonly caughtUp: boolean;
}

export interface BatchOptions {
  readonly after: Position | undefined;
  readonly streamPrefixes: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Whether full batches are wanted rather than every piece of news at once. Asked anew each time. */
  readonly gathers: () => boolean;
}

const batchSize = 1_000; // events

/** The log as it comes: full batches while it gathers, else whatever there is. Ends when the signal aborts. */
export async function* logBatches(store: EventStore, { after, streamPrefixes, signal, gathers }: BatchOptions): AsyncGenerator<LogBatch, void> {
  let events: RecordedEvent[] = [];
  let position: Position | undefined;
  for await (const message of store.subscribeToAll({ signal, ...(after !== undefined && { after }), ...(streamPrefixes && { streamPrefixes }) })) {
    switch (message.kind) {
      case 'event':
        events.push(message.event);
        position = message.event.position;
        if (events.length < batchSize) continue;
        break;
      case 'checkpoint':
        position = message.position;
        if (gathers()) continue;
        break;
      case 'caughtUp':
        break;
    }
    yield { events, position, caughtUp: message.kind === 'caughtUp' };
    events = [];
    position = undefined;
  }
}
