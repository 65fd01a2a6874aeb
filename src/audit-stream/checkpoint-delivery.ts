import { waitAfter, type BackOff } from './back-off.js';
import { checkpointMessage, type StreamedCheckpoint } from './messages.js';
import { Pause } from './pause.js';
import type { StreamObserver, StreamSurroundings } from './stream-surroundings.js';

export interface CheckpointSurroundings extends Pick<StreamSurroundings, 'receiver' | 'random'> {
  readonly backOff: BackOff;
  readonly observer: Pick<StreamObserver, 'fault'>;
}

/**
 * Sends checkpoints beside the entries, which never wait for one. A checkpoint that the receiver has not taken by the time there is a newer one is replaced by that: it covers the same log.
 * So none is kept on the disk either; whoever signs has them all.
 */
export class CheckpointDelivery {
  readonly #offered = new Pause();
  readonly #backOff = new Pause();
  readonly #cut = new AbortController();
  readonly #running: Promise<void>;
  #waiting: StreamedCheckpoint | null = null;
  #attempts = 0;
  #isStopping = false;

  constructor(readonly surroundings: CheckpointSurroundings) {
    this.#running = this.#run();
  }

  offer(checkpoint: StreamedCheckpoint): void {
    this.#waiting = checkpoint;
    this.#offered.end();
  }

  /** Tries once to send what was never tried, for so long. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#isStopping = true;
    const cut = setTimeout(() => this.#cut.abort(), graceMilliseconds);
    this.#offered.end();
    this.#backOff.end();
    await this.#running;
    clearTimeout(cut);
  }

  async #run(): Promise<void> {
    while (!this.#isStopping || (this.#waiting !== null && this.#attempts === 0)) {
      if (this.#waiting === null) await this.#offered.for(null);
      else await this.#send(this.#waiting);
    }
  }

  async #send(checkpoint: StreamedCheckpoint): Promise<void> {
    const { receiver, backOff, random, observer } = this.surroundings;
    try {
      const delivery = await receiver.deliver(checkpointMessage(checkpoint), this.#cut.signal);
      if (delivery.kind === 'taken' || delivery.kind === 'gone') {
        this.#attempts = 0;
        if (this.#waiting === checkpoint) this.#waiting = null;
        return;
      }
      this.#attempts++;
      await this.#backOff.for(waitAfter(backOff, this.#attempts, random, delivery.retryAfterMilliseconds));
    } catch (error) {
      observer.fault(error);
      this.#waiting = null;
    }
  }
}
