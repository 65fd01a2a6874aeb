import { setImmediate as nextTurn } from 'node:timers/promises';
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
  const messages = store.subscribeToAll({ signal, ...(after !== undefined && { after }), ...(streamPrefixes && { streamPrefixes }) })[Symbol.asyncIterator]();
  const batch = (caughtUp: boolean): LogBatch => {
    const made = { events, position, caughtUp };
    events = [];
    position = undefined;
    return made;
  };
  const isHere = arrivals();
  try {
    for (;;) {
      const coming = messages.next();
      // Live, a store may say nothing after an event until the next one comes, which may be tomorrow.
      if (events.length > 0 && !gathers() && !(await isHere(coming))) yield batch(false);
      const next = await coming;
      if (next.done === true) return;
      const message = next.value;
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
      yield batch(message.kind === 'caughtUp');
    }
  } finally {
    await messages.return?.();
  }
}

/** Tells whether a message comes before whatever else the process has to do: before this turn of the event loop ends. All that is asked in one turn waits for the same end of it. */
function arrivals(): (coming: Promise<unknown>) => Promise<boolean> {
  let turn: Promise<boolean> | null = null;
  return (coming) => {
    turn ??= nextTurn(false).finally(() => (turn = null));
    const here = coming.then(
      () => true,
      () => true,
    );
    return Promise.race([here, turn]);
  };
}
