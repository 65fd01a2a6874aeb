import { CommandRefused, type Problem, type ProblemCode } from '../decider.js';

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ProblemCode; readonly message: string };

/** Gathers everything that is wrong with an input, so that a person mends it in one go and not in five. */
export class Problems {
  readonly #found: Problem[] = [];

  add(code: ProblemCode, message: string, field: readonly string[]): void {
    this.#found.push({ code, message, field });
  }

  /** The checked value; on a failure notes the problem and gives the fallback, with which the checking can go on. */
  take<T>(checked: Checked<T>, field: readonly string[], fallback: T): T {
    if (checked.ok) return checked.value;
    this.add(checked.code, checked.message, field);
    return fallback;
  }

  /** @throws {CommandRefused} with all problems, when there are any. */
  refuseIfAny(): void {
    const [first, ...rest] = this.#found;
    if (first) throw new CommandRefused([first, ...rest]);
  }
}
