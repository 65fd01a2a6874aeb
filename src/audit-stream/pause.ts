/** A wait that can be cut short. Being cut short while nobody waits ends the next wait at once: no call is lost between a look and the wait that follows it. */
export class Pause {
  #isEnded = false;
  #end: (() => void) | null = null;

  /** Waits for so long; null for as long as it takes. */
  async for(milliseconds: number | null): Promise<void> {
    if (!this.#isEnded)
      await new Promise<void>((resolve) => {
        const timer = milliseconds === null ? null : setTimeout(resolve, milliseconds);
        this.#end = () => {
          if (timer !== null) clearTimeout(timer);
          resolve();
        };
      });
    this.#end = null;
    this.#isEnded = false;
  }

  end(): void {
    this.#isEnded = true;
    this.#end?.();
  }
}
