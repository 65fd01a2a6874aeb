/** At once, for each mailbox: what Exchange Online allows an application. */
export const graphRequestsAtOnce = 4;

/** Lets so many in at once for each key; the others wait in the order in which they came. */
export class Places {
  readonly #lines = new Map<string, Line>();

  constructor(readonly perKey: number) {}

  /**
   * Waits for places, at most all of the key's, and answers how to give them back.
   * @throws the signal's reason, when it is aborted before.
   */
  async take(key: string, count: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const line = this.#lines.get(key) ?? { taken: 0, waiting: [] };
    this.#lines.set(key, line);
    if (line.waiting.length === 0 && line.taken + count <= this.perKey) line.taken += count;
    else await this.#wait(key, line, count, signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      line.taken -= count;
      this.#admit(key, line);
    };
  }

  #wait(key: string, line: Line, count: number, caller: AbortSignal): Promise<void> {
    // One of its own for each who waits: a caller may have many waiting, and runtimes warn of many listeners on one signal.
    const signal = AbortSignal.any([caller]);
    return new Promise((resolve, reject) => {
      const leave = () => {
        line.waiting.splice(line.waiting.indexOf(waiting), 1);
        this.#admit(key, line);
        reject(signal.reason instanceof Error ? signal.reason : new Error('It was cancelled.'));
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        line.taken += count;
        resolve();
      };
      const waiting: Waiting = { count, enter };
      signal.addEventListener('abort', leave, { once: true });
      line.waiting.push(waiting);
    });
  }

  #admit(key: string, line: Line): void {
    for (let first = line.waiting[0]; first && line.taken + first.count <= this.perKey; first = line.waiting[0]) {
      line.waiting.shift();
      first.enter();
    }
    if (line.taken === 0 && line.waiting.length === 0) this.#lines.delete(key);
  }
}

interface Line {
  taken: number;
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly count: number;
  readonly enter: () => void;
}
