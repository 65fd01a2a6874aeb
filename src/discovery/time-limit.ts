/** Why a {@link TimeLimit} ended early. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export class TimeIsUp extends Error {
  override readonly name = 'TimeIsUp';
}

/** So much time, or less if `outer` aborts. Its signal aborts with {@link TimeIsUp} or {@link Stopped}. To be ended by whoever made it. */
export class TimeLimit {
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #stop = () => this.#end(this.outer.reason instanceof TimeIsUp ? this.outer.reason : new Stopped('It was stopped.'));

  constructor(
    readonly milliseconds: number,
    readonly outer: AbortSignal,
  ) {
    this.#timer = setTimeout(() => this.#end(new TimeIsUp('The time was up.')), milliseconds);
    outer.addEventListener('abort', this.#stop, { once: true });
    if (outer.aborted) this.#stop();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** What the work comes to. @throws {TimeIsUp} @throws {Stopped} when the limit comes first; the work is then left to itself. */
  async before<Result>(work: Promise<Result>): Promise<Result> {
    const { signal } = this;
    let stop: () => void = () => undefined;
    const over = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason instanceof Error ? signal.reason : new Stopped('It was stopped.'));
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Stops whatever still goes on under its signal. */
  end(): void {
    this.#end(new Stopped('It was stopped.'));
  }

  #end(reason: Error): void {
    clearTimeout(this.#timer);
    this.outer.removeEventListener('abort', this.#stop);
    this.#over.abort(reason);
  }
}
