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
}

/** All that stands after `position`, then all that comes: nothing is missed and nothing told twice. Ends, without an error, when `signal` aborts. */
export async function* follow<Row>(growing: Growing<Row>, position: bigint, signal: AbortSignal): AsyncGenerator<Row, void> {
  let wake: () => void = () => undefined;
  const woken = () => wake();
  const stopListening = growing.onAdvance(woken);
  signal.addEventListener('abort', woken);
  try {
    for (let reached = position; !signal.aborted;) {
      const batch = growing.after(reached);
      for (const row of batch.rows) {
        yield row;
        if (signal.aborted) return;
      }
      if (batch.reached === null) await new Promise<void>((resolve) => (wake = resolve));
      else reached = batch.reached;
    }
  } finally {
    stopListening();
    signal.removeEventListener('abort', woken);
  }
}
