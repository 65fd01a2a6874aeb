/** Numbers that look random and are the same in every run: a linear congruential generator with the constants of Numerical Recipes. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1 (exclusive). */
  share(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  /** A whole number from 0 up to `limit` (exclusive). */
  below(limit: number): number {
    return Math.floor(this.share() * limit);
  }
}
