import { waitAfter } from './back-off.js';
import type { DeliveryFailure } from './delivery.js';
import type { Trouble } from './stream-progress.js';
import type { StreamSurroundings } from './stream-surroundings.js';

/** What the receiver's 410 comes to. */
const goneTrouble = { cause: 'HTTP_410', words: 'answers with 410: it wants nothing more' } as const;

/** Whether the stream stands, and why. */
export class StreamStanding {
  #trouble: Trouble | null;
  #isGone = false;

  constructor(readonly surroundings: Pick<StreamSurroundings, 'state' | 'observer' | 'timing' | 'random' | 'now'>) {
    this.#trouble = surroundings.state.progress.trouble();
  }

  /** Null while the stream goes on. */
  get trouble(): Trouble | null {
    return this.#trouble;
  }

  /** Whether the receiver wants nothing more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** @returns how long to wait until the next attempt, in milliseconds. */
  failed(failure: DeliveryFailure, attempts: number): number {
    const { observer, timing, random, now } = this.surroundings;
    const wait = waitAfter(timing.backOff, attempts, random, failure.retryAfterMilliseconds);
    const { cause, words } = failure;
    this.#stands({ since: this.#trouble?.since ?? now(), attempts, cause, words, nextAt: new Date(now().getTime() + wait) });
    observer.failed(failure, attempts, wait);
    return wait;
  }

  gone(attempts: number): void {
    this.#isGone = true;
    this.#stands({ since: this.surroundings.now(), attempts, ...goneTrouble, nextAt: null });
    this.surroundings.observer.gone();
  }

  /** Whoever asks for something wants it sent, whatever the receiver said before. */
  triedAgain(): void {
    this.#isGone = false;
  }

  /** Something was taken. That changes nothing for a receiver that has said meanwhile that it wants nothing more. */
  goesOn(): void {
    if (this.#trouble === null || this.#isGone) return;
    this.#trouble = null;
    this.surroundings.state.progress.goesOn();
    this.surroundings.observer.recovered();
  }

  #stands(trouble: Trouble): void {
    this.#trouble = trouble;
    this.surroundings.state.progress.stands(trouble);
  }
}
