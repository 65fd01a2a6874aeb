const minute = 60_000; // milliseconds

interface Counted<Latest> {
  /** What the record says of the origin. */
  latest: Latest;
  count: number;
}

/**
 * Records what comes in floods and nobody waits for: the first of a kind at once, the further ones of the same minute together with their count, so that a flood is told of and does not
 * become a flood of writes. What could not be written is told with the next.
 */
export class ToldByTheMinute<Latest> {
  readonly #further = new Map<string, Counted<Latest>>();
  readonly #writing = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    readonly write: (latest: Latest, count: number) => Promise<unknown>,
    /** Told of what could not be recorded. */
    readonly onFault: (error: unknown) => void,
    everyMilliseconds = minute,
  ) {
    this.#timer = setInterval(() => this.#tellFurther(), everyMilliseconds);
    this.#timer.unref();
  }

  /** Whether the kind is counted by itself in this minute: one that is counted already, and a new one as long as there are not so many. */
  takes(kind: string, mostKinds: number): boolean {
    return this.#further.size < mostKinds || this.#further.has(kind);
  }

  /** @param first what the record says where it is the first of its kind; default: the same. */
  add(kind: string, latest: Latest, first = latest): void {
    const counted = this.#further.get(kind);
    if (counted) {
      counted.count++;
      counted.latest = latest;
      return;
    }
    this.#further.set(kind, { latest, count: 0 });
    this.#record(kind, first, 1);
  }

  /** Records what was counted and not yet told; afterwards nothing more is counted. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#tellFurther();
    await Promise.all(this.#writing);
  }

  #tellFurther(): void {
    const counted = [...this.#further];
    this.#further.clear();
    for (const [kind, { latest, count }] of counted) if (count > 0) this.#record(kind, latest, count);
  }

  #record(kind: string, latest: Latest, count: number): void {
    const writing: Promise<unknown> = this.write(latest, count)
      .catch((error: unknown) => {
        this.onFault(error);
        const next = this.#further.get(kind);
        this.#further.set(kind, { latest: next?.latest ?? latest, count: (next?.count ?? 0) + count });
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }
}
