import type { StreamSurroundings } from './stream-surroundings.js';

/**
 * Has the audit trail tell of dead letters: the first at once, further ones together, once in a while. What could not be recorded is told with the next, also after a restart.
 */
export class DeadLetterTelling {
  #lastAt: number | null = null;

  constructor(readonly surroundings: Pick<StreamSurroundings, 'state' | 'records' | 'observer' | 'timing' | 'now'>) {}

  async tellWhatIsDue(): Promise<void> {
    if (this.dueIn() === 0) await this.tell();
  }

  /** In how many milliseconds there is something to tell; null when there is nothing. */
  dueIn(): number | null {
    const { state, timing, now } = this.surroundings;
    if (state.deadLetters.untold() === null) return null;
    return this.#lastAt === null ? 0 : Math.max(0, this.#lastAt + timing.betweenTellingsMilliseconds - now().getTime());
  }

  async tell(): Promise<void> {
    const { state, records, observer, now } = this.surroundings;
    const untold = state.deadLetters.untold();
    if (untold === null) return;
    this.#lastAt = now().getTime();
    const { count, firstPosition, lastPosition } = untold;
    try {
      await records.deadLettered({ count, firstPosition: firstPosition.toString(), lastPosition: lastPosition.toString() });
      state.deadLetters.told(untold);
    } catch (error) {
      observer.fault(error);
    }
  }
}
