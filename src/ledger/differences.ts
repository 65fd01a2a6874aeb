import type { Hash } from './hashes.js';

/** Where the log is something else than what was recorded of it. */
export interface Difference {
  readonly kind: 'ALTERED' | 'REMOVED' | 'INSERTED' | 'REORDERED' | 'TRUNCATED';
  /** The place of the leaf: in the log of what is there, in the record of what is not. */
  readonly leafIndex: number;
  readonly count: number;
  readonly position: bigint;
  /** What is wrong with the event, where it cannot be read. */
  readonly problem: string | null;
}

interface Noted extends Difference {
  /** What is there in place of what was recorded, as far as it is one event. */
  readonly there: Hash | null;
  readonly recorded: Hash | null;
}

/** So many are told apart; the others are counted. */
const most = 2_000;

/** The differences in the order of the log. */
export class Differences {
  readonly #noted: Noted[] = [];
  /** Those that were not kept. */
  more = 0;

  note(difference: Omit<Noted, 'count' | 'problem'> & Partial<Pick<Noted, 'count' | 'problem'>>): void {
    const last = this.#noted.at(-1);
    if (difference.kind === 'TRUNCATED' && last?.kind === 'TRUNCATED') this.#noted[this.#noted.length - 1] = { ...last, count: last.count + 1 };
    else if (this.#noted.length < most) this.#noted.push({ count: 1, problem: null, ...difference });
    else this.more++;
  }

  get isEmpty(): boolean {
    return this.#noted.length === 0;
  }

  /** What is missing at one place and there at another was moved. Neighbours of a kind are told together. */
  all(): readonly Difference[] {
    const lost = new Set(this.#noted.flatMap(({ recorded }) => (recorded === null ? [] : [recorded.toString('base64')])));
    const strange = new Set(this.#noted.flatMap(({ there }) => (there === null ? [] : [there.toString('base64')])));
    const isMoved = ({ there, recorded }: Noted) =>
      (there !== null && lost.has(there.toString('base64'))) || (recorded !== null && strange.has(recorded.toString('base64')));
    const runs: Difference[] = [];
    for (const noted of this.#noted) {
      const { leafIndex, count, position, problem } = noted;
      const kind = isMoved(noted) ? 'REORDERED' : noted.kind;
      const last = runs.at(-1);
      if (last?.kind === kind && last.leafIndex + last.count === leafIndex && problem === null) runs[runs.length - 1] = { ...last, count: last.count + count };
      else runs.push({ kind, leafIndex, count, position, problem });
    }
    return runs;
  }
}
