import { SecretStoreUnavailable } from './secret-store.js';

/** The calls that a store has accepted: closing waits for them, and nothing is accepted afterwards. */
export class Underway {
  readonly #calls = new Set<Promise<unknown>>();
  #closed = false;

  get isClosed(): boolean {
    return this.#closed;
  }

  /** @throws {SecretStoreUnavailable} the store is closed. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    this.refuseIfClosed();
    const result = work();
    this.#calls.add(result);
    try {
      return await result;
    } finally {
      this.#calls.delete(result);
    }
  }

  /** For walks over many secrets, which end at their next pause. @throws {SecretStoreUnavailable} the store is closed. */
  refuseIfClosed(): void {
    if (this.#closed) throw closed();
  }

  /** Refuses everything from now on, and resolves when all that was accepted has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#calls);
  }
}

export function closed(): SecretStoreUnavailable {
  return new SecretStoreUnavailable('The secret store is closed.');
}
