/**
 * A stream that ends when its reader returns or `outer` aborts, also while it waits for what comes next: `start` gets a signal that aborts then.
 * (A generator alone would take notice of a return only after the next value had come, which may be never.)
 */
export function untilReturned<T>(outer: AbortSignal, start: (signal: AbortSignal) => AsyncIterable<T>): AsyncIterableIterator<T> {
  const returned = new AbortController();
  const source = start(AbortSignal.any([outer, returned.signal]))[Symbol.asyncIterator]();
  return {
    next: () => source.next(),
    async return() {
      returned.abort();
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
