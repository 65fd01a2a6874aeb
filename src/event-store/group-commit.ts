import { ConcurrencyConflict, StoreUnavailable, type Appended } from './event-store.js';
import type { Append, EmbeddedLog } from './embedded-log.js';
import { isSqliteError, SqliteCode } from './sqlite-error.js';

/** Keeps one transaction under about 20 ms, and with it what everybody else in the process waits for. */
const largestGroup = 1_000;

interface Waiting {
  readonly append: Append;
  readonly resolve: (answer: Appended) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Appends that were requested in one turn of the event loop share one transaction, hence one sync of the disk, each with its own expected revision.
 * Those whose answers lead to further appends at once meet again in the next turn's group, so the groups grow with the load by themselves.
 */
export class GroupCommit {
  #waiting: Waiting[] = [];
  #refusal: { readonly message: string; readonly cause?: unknown } | undefined;

  constructor(
    private readonly log: EmbeddedLog,
    private readonly now: () => Date,
    private readonly committed: () => void,
  ) {}

  /** Resolves after the sync. Rejects with ConcurrencyConflict or StoreUnavailable. */
  append(append: Append): Promise<Appended> {
    if (this.#refusal) return Promise.reject(new StoreUnavailable(this.#refusal.message, { cause: this.#refusal.cause }));
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ append, resolve, reject }) === 1) setImmediate(() => this.#commitGroup());
    });
  }

  /** Commits what was accepted, in this turn, and takes no more. */
  close(): void {
    this.#refusal ??= { message: 'The event store is closed.' };
    while (this.#waiting.length > 0) this.#commitGroup();
  }

  #commitGroup(): void {
    const group = this.#waiting.splice(0, largestGroup);
    if (this.#waiting.length > 0) setImmediate(() => this.#commitGroup());
    if (group.length === 0) return;
    let outcomes: readonly (Appended | ConcurrencyConflict)[];
    try {
      outcomes = this.log.commit(
        group.map(({ append }) => append),
        this.now(),
      );
    } catch (error) {
      const message = this.#explain(error);
      for (const { reject } of group) reject(new StoreUnavailable(message, { cause: error }));
      return;
    }
    group.forEach(({ resolve, reject }, index) => {
      const outcome = outcomes[index];
      if (outcome instanceof ConcurrencyConflict) reject(outcome);
      else if (outcome) resolve(outcome);
    });
    this.committed();
  }

  /**
   * A full disk and a lock held for long pass. After anything else nobody can know what is on the disk: a failed sync may have dropped what it was to write and
   * succeed when it is tried again. So the store takes no more until it was opened anew, which reads back what really is there.
   */
  #explain(error: unknown): string {
    if (isSqliteError(error, SqliteCode.full)) return 'The disk of the event store is full; nothing was appended. Free some space, then send the same again.';
    if (isSqliteError(error, SqliteCode.busy)) return 'Another program holds a lock on the event store; nothing was appended. Send the same again.';
    const message = `The event store could not write (${error instanceof Error ? error.message : String(error)}). Check the disk, then restart.`;
    this.#refusal = { message, cause: error };
    for (const { reject } of this.#waiting.splice(0)) reject(new StoreUnavailable(message, { cause: error }));
    return message;
  }
}
