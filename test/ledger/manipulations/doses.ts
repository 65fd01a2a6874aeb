import type { VerificationReport } from '../../../src/ledger/verification-report.js';
import { judged, verified } from './judged.js';
import { manipulated, manipulationKinds, type Manipulated, type ManipulationKind } from './manipulations.js';
import { SeededRandom } from './seeded-random.js';
import { signedLog, type SignedLog } from './signed-log.js';

export interface Tally {
  /** Those of what was signed and brought outside: each was found. */
  readonly covered: number;
  /** Those of what came after it. */
  readonly notCovered: number;
  /** Of the latter: those that the log's own record gave away. */
  readonly foundThough: number;
  /** What was not found, or named wrongly, in words with its seed. */
  readonly wrong: readonly string[];
  /** The kinds of those that are covered. */
  readonly byKind: Readonly<Partial<Record<ManipulationKind, number>>>;
}

/** Verifies what somebody has made of a log. */
export type Verify = (each: Manipulated, original: SignedLog) => Promise<VerificationReport>;

/** Each log is manipulated so many times. */
const logEvery = 50;

/** So many manipulations of all kinds in turn, of one log after the other. @param verify default: in memory. */
export async function tally(seed: number, count: number, { verify = ({ log }) => verified(log) }: { readonly verify?: Verify } = {}): Promise<Tally> {
  const tallies: Tally[] = [];
  for (let done = 0; done < count; done += logEvery) tallies.push(await tallyOf(signedLog(seed + done), seed + done, Math.min(logEvery, count - done), verify));
  return tallies.reduce(sum);
}

/** Manipulations of one log, which is verified as it is before. */
export async function tallyOf(log: SignedLog, seed: number, count: number, verify: Verify): Promise<Tally> {
  let [covered, notCovered, foundThough] = [0, 0, 0];
  const wrong: string[] = [];
  const byKind: Partial<Record<ManipulationKind, number>> = {};
  const asItIs = await verify({ kind: 'edit', what: 'nothing', leafIndex: log.rows.length, log }, log);
  if (asItIs.outcome !== 'VERIFIED') wrong.push(`log of seed ${seed}, as it is: ${asItIs.outcome} ${asItIs.findings.map(({ message }) => message).join(' ')}`);
  for (let number = 0; number < count; number++) {
    const kind = manipulationKinds[number % manipulationKinds.length] ?? 'edit';
    const each = manipulated(log, kind, new SeededRandom(seed + number));
    const judgement = judged(each, await verify(each, log));
    if ('wrong' in judgement) wrong.push(`log of seed ${seed}, manipulation ${number}: ${judgement.wrong}`);
    else if (judgement.isCovered) {
      covered++;
      byKind[kind] = (byKind[kind] ?? 0) + 1;
    } else {
      notCovered++;
      if (judgement.found) foundThough++;
    }
  }
  return { covered, notCovered, foundThough, wrong, byKind };
}

function sum(one: Tally, other: Tally): Tally {
  const kinds = manipulationKinds.map((kind) => [kind, (one.byKind[kind] ?? 0) + (other.byKind[kind] ?? 0)] as const);
  return {
    covered: one.covered + other.covered,
    notCovered: one.notCovered + other.notCovered,
    foundThough: one.foundThough + other.foundThough,
    wrong: [...one.wrong, ...other.wrong],
    byKind: Object.fromEntries(kinds),
  };
}

/** One line for people. */
export function inWords(what: string, seed: number, { covered, notCovered, foundThough, byKind }: Tally): string {
  const kinds = Object.entries(byKind).map(([kind, count]) => `${count} ${kind}`);
  return `${what}, seed ${seed}: ${covered} manipulations before the newest checkpoint outside (${kinds.join(', ')}), found and named; ${notCovered} after it, of which the record gave ${foundThough} away\n`;
}
