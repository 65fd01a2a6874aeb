import { verifyLog } from '../../../src/ledger/verification.js';
import type { FindingKind, VerificationReport } from '../../../src/ledger/verification-report.js';
import type { Manipulated } from './manipulations.js';
import { asRecord, loggedRow, sizeOf, type SignedLog } from './signed-log.js';

/** `wrong` is what a test shows: the manipulation, and what was said of it. */
export type Judgement =
  | { readonly found: true; readonly isCovered: boolean }
  /** It touches nothing that was signed and brought outside. */
  | { readonly found: false; readonly isCovered: false }
  | { readonly wrong: string };

/** Verifies a log with the copy of the checkpoints outside, and the public key that an auditor has. */
export function verified({ rows, record, inside, outside, signer }: SignedLog): Promise<VerificationReport> {
  const checkpoints = [...inside, ...outside];
  return verifyLog({ log: [rows.map(loggedRow)], record: asRecord(record), checkpoints, keys: [signer], countsPositions: true });
}

/** What may be said of a manipulation whose record was left alone. */
const namedAs: Readonly<Record<Exclude<Manipulated['kind'], 'rewrite'>, readonly FindingKind[]>> = {
  edit: ['ALTERED', 'REMOVED'],
  delete: ['REMOVED', 'TRUNCATED'],
  insert: ['INSERTED', 'REORDERED'],
  // Where revisions were counted anew, what lies between is another event as well.
  swap: ['REORDERED', 'ALTERED', 'REMOVED', 'INSERTED'],
  truncate: ['TRUNCATED'],
};

/** Holds a report against what was done. */
export function judged(manipulated: Manipulated, report: VerificationReport): Judgement {
  const { kind, what, leafIndex, log } = manipulated;
  const covered = Math.max(0, ...log.outside.map(sizeOf));
  const isCovered = leafIndex < covered;
  const found = report.outcome === 'DAMAGED';
  if (!isCovered) return found ? { found, isCovered } : { found: false, isCovered };
  const wrong = (problem: string): Judgement => {
    const findings = report.findings.map((each) => `${each.kind} ${each.leafIndex}–${each.endLeafIndex}`).join(', ');
    return {
      wrong: `${problem}: ${what} (first leaf ${leafIndex} of ${log.outside.at(-1)?.signedNote?.split('\n')[1] ?? 'none'} covered). Said: ${report.outcome} ${findings}`,
    };
  };
  if (!found) return wrong('Not found');
  const named = report.findings.filter((each) => each.leafIndex === report.firstBad?.leafIndex).map((each) => each.kind);
  if (kind === 'rewrite') {
    const sizes = [0, ...log.outside.map(sizeOf)];
    const [from, end] = [sizes.findLast((size) => size <= leafIndex), sizes.find((size) => size > leafIndex)];
    const isNamed = report.findings.some(
      (each) => each.leafIndex === from && (each.kind === 'TRUNCATED' || (each.kind === 'REWRITTEN' && each.endLeafIndex === end)),
    );
    return isNamed && report.firstBad?.leafIndex === from ? { found, isCovered } : wrong('Another stretch is named');
  }
  if (report.firstBad?.leafIndex !== leafIndex) return wrong(`Leaf ${report.firstBad?.leafIndex} is named`);
  return namedAs[kind].some((each) => named.includes(each)) ? { found, isCovered } : wrong(`It is named ${named.join(', ')}`);
}
