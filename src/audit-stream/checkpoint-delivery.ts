import { waitAfter, type BackOff } from './back-off.js';
import type { DeliveryFailure } from './delivery.js';
import { checkpointMessage, type StreamedCheckpoint } from './messages.js';
import { Pause } from './pause.js';
import type { StreamSurroundings } from './stream-surroundings.js';

/** Told of what happens, for the log and the metrics. */
export interface CheckpointObserver {
  /** It did not go through; it is tried again after so long. */
  checkpointFailed(failure: DeliveryFailure, waitMilliseconds: number): void;
  /** What had failed goes through again. */
  checkpointsRecovered(): void;
  fault(error: unknown): void;
}

export interface CheckpointSurroundings extends Pick<StreamSurroundings, 'receiver' | 'random' | 'now'> {
  readonly backOff: BackOff;
  readonly observer: CheckpointObserver;
  /** Whether the receiver wants nothing more, which it may have said of an entry. */
  readonly isGone: () => boolean;
  /** The receiver said so of a checkpoint. */
  readonly gone: () => void;
}

/** Why the receiver has no newer checkpoint. */
export interface CheckpointTrouble extends Pick<DeliveryFailure, 'words'> {
  /** When a checkpoint first did not go through. */
  readonly since: Date;
  /** In a row, whichever checkpoint was sent. */
  readonly attempts: number;
}

export interface CheckpointStatus {
  /** When the receiver took one last; null where it took none since the start. */
  readonly takenAt: Date | null;
  /** Null while they go through. */
  readonly trouble: CheckpointTrouble | null;
}

/**
 * Sends checkpoints beside the entries, which never wait for one. A checkpoint that the receiver has not taken by the time there is a newer one is replaced by that: it covers the same log.
 * So none is kept on the disk either; whoever signs has them all.
 */
export class CheckpointDelivery {
  /** Ended by whatever is new, also while an older one waits to be tried again. */
  readonly #wait = new Pause();
  readonly #cut = new AbortController();
  readonly #running: Promise<void>;
  #newest: { readonly checkpoint: StreamedCheckpoint; attempts: number } | null = null;
  #takenAt: Date | null = null;
  #trouble: CheckpointTrouble | null = null;
  #isStopping = false;

  constructor(readonly surroundings: CheckpointSurroundings) {
    this.#running = this.#run();
  }

  status(): CheckpointStatus {
    return { takenAt: this.#takenAt, trouble: this.#trouble };
  }

  offer(checkpoint: StreamedCheckpoint): void {
    this.#newest = { checkpoint, attempts: 0 };
    this.#wait.end();
  }

  /** Tries once to send what was never tried, for so long. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#isStopping = true;
    const cut = setTimeout(() => this.#cut.abort(), graceMilliseconds);
    this.#wait.end();
    await this.#running;
    clearTimeout(cut);
  }

  async #run(): Promise<void> {
    for (;;) {
      const wanted = this.surroundings.isGone() ? null : this.#newest;
      if (this.#isStopping && (wanted === null || wanted.attempts > 0)) return;
      if (wanted === null) await this.#wait.for(null);
      else await this.#send(wanted);
    }
  }

  async #send(sent: { readonly checkpoint: StreamedCheckpoint; attempts: number }): Promise<void> {
    const { receiver, observer, gone } = this.surroundings;
    try {
      sent.attempts++;
      const delivery = await receiver.deliver(checkpointMessage(sent.checkpoint), this.#cut.signal);
      switch (delivery.kind) {
        case 'taken':
          this.#done(sent);
          return this.#taken();
        case 'gone':
          return gone();
        case 'refused':
        case 'unavailable':
          if (!this.#cut.signal.aborted) await this.#stand(delivery, sent.attempts);
      }
    } catch (error) {
      observer.fault(error);
      this.#done(sent);
    }
  }

  /** One that came meanwhile is still to be sent. */
  #done(sent: object): void {
    if (this.#newest === sent) this.#newest = null;
  }

  #taken(): void {
    const { observer, now } = this.surroundings;
    this.#takenAt = now();
    if (this.#trouble === null) return;
    this.#trouble = null;
    observer.checkpointsRecovered();
  }

  async #stand(failure: DeliveryFailure, attempts: number): Promise<void> {
    const { backOff, random, observer, now } = this.surroundings;
    this.#trouble = { since: this.#trouble?.since ?? now(), attempts: (this.#trouble?.attempts ?? 0) + 1, words: failure.words };
    const wait = waitAfter(backOff, attempts, random, failure.retryAfterMilliseconds);
    observer.checkpointFailed(failure, wait);
    if (!this.#isStopping) await this.#wait.for(wait);
  }
}
