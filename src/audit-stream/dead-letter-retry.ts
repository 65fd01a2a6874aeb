import { waitAfter } from './back-off.js';
import type { DeadLetter } from './dead-letters.js';
import type { Delivery, DeliveryFailure } from './delivery.js';
import type { Send } from './look-ahead.js';
import type { StreamSurroundings } from './stream-surroundings.js';

/** Sends dead letters once more when they were asked for. The entries never wait for one. */
export class DeadLetterRetry {
  /** Of the letter that found the receiver away. `nextAt` is in milliseconds since 1970. */
  #failed: { readonly entryId: string; readonly attempts: number; readonly nextAt: number } | null = null;

  constructor(readonly surroundings: Pick<StreamSurroundings, 'trail' | 'state' | 'observer' | 'timing' | 'random' | 'now'>) {}

  /** In how many milliseconds there is one to send; null when there is none. */
  dueIn(): number | null {
    const letter = this.surroundings.state.deadLetters.nextToRetry();
    return letter && this.#dueIn(letter);
  }

  /** @returns what came of the next one; null when none was sent. */
  async sendWhatIsDue(send: Send): Promise<Delivery | null> {
    const { trail, state } = this.surroundings;
    const letter = state.deadLetters.nextToRetry();
    if (letter === null || this.#dueIn(letter) > 0) return null;
    const row = trail.find(letter.entryId);
    if (row === null) {
      // A log that was put back to a backup does not have it any more: there is nothing to send.
      state.deadLetters.remove(letter.entryId);
      return null;
    }
    const delivery = await send(row);
    if (delivery) this.#note(letter, delivery);
    return delivery;
  }

  #dueIn({ entryId }: DeadLetter): number {
    return this.#failed?.entryId === entryId ? Math.max(0, this.#failed.nextAt - this.surroundings.now().getTime()) : 0;
  }

  #note(letter: DeadLetter, delivery: Delivery): void {
    const { state, observer, now } = this.surroundings;
    switch (delivery.kind) {
      case 'taken':
        state.deadLetters.remove(letter.entryId);
        return observer.taken();
      case 'gone':
        return;
      case 'refused':
        return state.deadLetters.refusedAgain(letter, 1, delivery.cause, now());
      case 'unavailable':
        return this.#noteUnavailable(letter, delivery);
    }
  }

  /** While the receiver is away it is tried again, but not for ever where the letter may be what takes it away. */
  #noteUnavailable(letter: DeadLetter, failure: DeliveryFailure): void {
    const { state, observer, timing, random, now } = this.surroundings;
    const attempts = (this.#failed?.entryId === letter.entryId ? this.#failed.attempts : 0) + 1;
    observer.retryFailed(letter, failure);
    if (failure.mayBeOfMessage && attempts >= timing.attemptsBeforeLookingAhead) {
      this.#failed = null;
      return state.deadLetters.refusedAgain(letter, attempts, failure.cause, now());
    }
    const wait = waitAfter(timing.backOff, attempts, random, failure.retryAfterMilliseconds);
    this.#failed = { entryId: letter.entryId, attempts, nextAt: now().getTime() + wait };
  }
}
