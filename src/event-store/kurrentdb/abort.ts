/** One listener for each signal, however many wait for it: Node warns of a leak from the eleventh on, and signals are shared. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when the signal aborts, at once if it has. @returns takes the callback away again. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  let callbacks = waiting.get(signal);
  if (!callbacks) {
    const all = new Set<() => void>();
    signal.addEventListener('abort', () => all.forEach((each) => each()), { once: true });
    waiting.set(signal, (callbacks = all));
  }
  callbacks.add(callback);
  return () => void callbacks.delete(callback);
}
