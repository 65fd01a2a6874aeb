/** What stands after a position: some of it, in order, and how far that reaches. `reached` is null when nothing stands there; `rows` is empty then. */
export interface Batch<Row> {
  readonly rows: readonly Row[];
  readonly reached: bigint | null;
}

/** A part of the log that grows at its end. */
export interface Growing<Row> {
  /** Synchronous: nothing can come between an empty answer and the waiting that follows it. */
  readonly after: (position: bigint) => Batch<Row>;
  /** Calls back whenever more may be there, until the answer is called. */
  readonly onAdvance: (listener: () => void) => () => void;
  readonly positionOf: (row: Row) => bigint;
}

/**
 * All that stands after `position`, then all that comes: nothing is missed and nothing told twice. A reader may be slow, and what was erased since a batch was read is in it still: what the
 * reader did not get by the time there is news is read anew. Ends, without an error, when `signal` aborts.
 */
export async function* follow<Row>(growing: Growing<Row>, position: bigint, signal: AbortSignal): AsyncGenerator<Row, void> {
  let wake: () => void = () => undefined;
  let isNews = false;
  const woken = () => {
    isNews = true;
    wake();
  };
  const stopListening = growing.onAdvance(woken);
  signal.addEventListener('abort', woken);
  try {
    for (let reached = position; !signal.aborted;) {
      isNews = false;
      const batch = growing.after(reached);
      if (batch.reached === null) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      let told = 0;
      for (const row of batch.rows) {
        if (isNews) break;
        yield row;
        if (signal.aborted) return;
        reached = growing.positionOf(row);
        told++;
      }
      if (told === batch.rows.length) reached = batch.reached;
    }
  } finally {
    stopListening();
    signal.removeEventListener('abort', woken);
  }
}
