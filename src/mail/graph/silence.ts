import { ConnectionFailure } from '../failure.js';

/** Ends what waits for a server that says nothing for too long. Whoever takes long to use what has come is not waiting. */
export class Silence {
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly milliseconds: number) {}

  /** Aborted with a {@link ConnectionFailure}: TIMEOUT. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  begin(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#over.abort(new ConnectionFailure('TIMEOUT')), this.milliseconds);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
