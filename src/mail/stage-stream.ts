import type { ConnectionTestStage } from '../domain/email-account/connection-test.js';

/** Stages on their way from where they end to who reads them, in order. */
export class StageStream implements AsyncIterable<ConnectionTestStage> {
  readonly #waiting: ConnectionTestStage[] = [];
  #ended: { readonly fault: Error | null } | null = null;
  #wake: () => void = () => undefined;

  push(stage: ConnectionTestStage): void {
    this.#waiting.push(stage);
    this.#wake();
  }

  /** No more come. With a fault, reading throws it after the last. */
  end(fault: Error | null): void {
    this.#ended ??= { fault };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ConnectionTestStage, void> {
    for (;;) {
      const stage = this.#waiting.shift();
      if (stage !== undefined) yield stage;
      else if (this.#ended === null) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (this.#ended.fault === null) return;
      else throw this.#ended.fault;
    }
  }
}
