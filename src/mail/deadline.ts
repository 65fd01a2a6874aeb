import type { Socket } from 'node:net';
import { ConnectionFailure } from './failure.js';

/**
 * The time a connection test or a message has in all, and the end of everything that was opened within it. It ends by itself, when its caller cancels, or by `end`;
 * then every socket is destroyed.
 */
export class Deadline {
  readonly #over = new AbortController();
  readonly #sockets = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  readonly #cancel = () => this.#end(new ConnectionFailure('CANCELLED'));

  constructor(
    readonly milliseconds: number,
    readonly caller: AbortSignal,
  ) {
    this.#timer = setTimeout(() => this.#end(new ConnectionFailure('TIMEOUT')), milliseconds);
    caller.addEventListener('abort', this.#cancel, { once: true });
    if (caller.aborted) this.#cancel();
  }

  /** How long one step may wait for a server: half of the whole, so that there is time left to find out why it is silent. */
  get step(): number {
    return this.milliseconds / 2;
  }

  /**
   * What the work comes to.
   * @throws {ConnectionFailure} TIMEOUT or CANCELLED when the deadline, its caller or the step's own limit comes first; the work is then left to itself.
   */
  async within<Result>(work: Promise<Result>, limitMilliseconds = this.step): Promise<Result> {
    // Whoever waits hears of it; what is left to itself may fail unheard.
    work.catch(() => undefined);
    this.throwIfOver();
    const { signal } = this.#over;
    let timer: NodeJS.Timeout | undefined;
    let stop: (() => void) | undefined;
    const over = new Promise<never>((_, reject) => {
      stop = () => reject(this.#reason());
      signal.addEventListener('abort', stop, { once: true });
      timer = setTimeout(() => reject(new ConnectionFailure('TIMEOUT')), limitMilliseconds);
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      clearTimeout(timer);
      if (stop) signal.removeEventListener('abort', stop);
    }
  }

  /** Aborts with the deadline, whatever ends it. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** @throws {ConnectionFailure} TIMEOUT, CANCELLED */
  throwIfOver(): void {
    if (this.isOver) throw this.#reason();
  }

  /** Destroys the socket with the deadline. An error that nobody waits for any more is none: whoever waits hears of it as well. */
  keep<Kept extends Socket>(socket: Kept): Kept {
    this.#sockets.add(socket);
    socket.on('error', () => this.#sockets.delete(socket));
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.isOver) socket.destroy();
    return socket;
  }

  /** Ends it early; what is still waited for fails as CANCELLED. */
  end(): void {
    this.#cancel();
  }

  #end(reason: ConnectionFailure): void {
    clearTimeout(this.#timer);
    this.caller.removeEventListener('abort', this.#cancel);
    this.#over.abort(reason);
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #reason(): ConnectionFailure {
    const reason: unknown = this.#over.signal.reason;
    return reason instanceof ConnectionFailure ? reason : new ConnectionFailure('CANCELLED');
  }
}
