import { isDiskFull, isStorageFault, type Database } from './database.js';
import { SecretStoreError, SecretStoreUnavailable } from './secret-store.js';

interface Work {
  readonly run: () => void;
  readonly committed: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Runs writes together: all that come in one turn of the event loop share one transaction, and so one fsync. The order is kept. A failed write to the disk
 * leaves the file's state unknown, so everything is refused after it until the next start.
 */
export class GroupCommit {
  readonly #begin;
  readonly #commit;
  #queue: Work[] = [];
  #lost: SecretStoreUnavailable | null = null;

  constructor(private readonly database: Database) {
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
  }

  /**
   * Runs `work` inside the next transaction and answers with its result when that is durable. Work that refuses with a {@link SecretStoreError} must not have
   * written anything yet: the others' writes are still committed.
   * @throws {SecretStoreUnavailable}
   */
  run<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      if (this.#queue.length === 0) setImmediate(() => this.flush());
      let result: { readonly value: Result } | undefined;
      this.#queue.push({
        run: () => void (result = { value: work() }),
        committed: () => (result ? resolve(result.value) : reject(new Error('Work was committed that never ran.'))),
        failed: reject,
      });
    });
  }

  /** Commits what is queued, now. */
  flush(): void {
    const batch = this.#queue;
    this.#queue = [];
    if (batch.length === 0) return;
    if (this.#lost) return this.#fail(batch, this.#lost);

    const done: Work[] = [];
    try {
      this.#begin.run();
      for (const work of batch) {
        try {
          work.run();
          done.push(work);
        } catch (error) {
          if (!(error instanceof SecretStoreError)) throw error;
          work.failed(error);
        }
      }
      this.#commit.run();
    } catch (error) {
      this.#rollBack(error);
      return this.#fail(batch, this.#lost ?? new SecretStoreUnavailable(nothingStored(error), { cause: error }));
    }
    for (const work of done) work.committed();
  }

  /** Refuses everything from now on. */
  end(reason: SecretStoreUnavailable): void {
    this.flush();
    this.#lost ??= reason;
  }

  #rollBack(cause: unknown): void {
    if (isStorageFault(cause))
      this.#lost = new SecretStoreUnavailable('The secret store cannot write any more. Find out why in the log, then start the service again.', { cause });
    try {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
    } catch (error) {
      this.#lost ??= new SecretStoreUnavailable('The secret store could not undo a failed write. Start the service again.', { cause: error });
    }
  }

  #fail(batch: readonly Work[], error: unknown): void {
    for (const work of batch) work.failed(error);
  }
}

function nothingStored(cause: unknown): string {
  const reason = isDiskFull(cause) ? 'its disk is full. Make room' : 'of an internal error. See its cause in the log';
  return `The secret store stored nothing, because ${reason} and try again.`;
}
