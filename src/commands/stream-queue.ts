import type { StreamId } from '../event-store/event-store.js';

/** Lets commands of one stream through one after the other, so that writers of this process do not run into each other's conflicts. Streams do not wait for each other. */
export class StreamQueue {
  readonly #last = new Map<StreamId, Promise<unknown>>();

  async run<Result>(streamId: StreamId, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(streamId);
    const mine = before === undefined ? work() : before.then(work, work);
    this.#last.set(streamId, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(streamId) === mine) this.#last.delete(streamId);
    }
  }
}
