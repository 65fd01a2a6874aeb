import type { Difference, Differences } from './differences.js';
import type { Found } from './found.js';
import { supersedes, type TrustedCheckpoint } from './trusted-checkpoints.js';
import type { GivenCheckpoint } from './verification-input.js';
import type { Finding, VerificationReport } from './verification-report.js';
import type { WatchedTree } from './watched-tree.js';

export interface Evidence {
  /** By size. */
  readonly trusted: readonly TrustedCheckpoint[];
  readonly given: readonly GivenCheckpoint[];
  readonly logTree: WatchedTree;
  /** What the record says the tree is, as far as it goes. */
  readonly recordTree: WatchedTree;
  readonly recordedLeaves: number;
  readonly differences: Differences;
  readonly found: Found;
}

/**
 * What a checkpoint says of the log: that it is so, that it is not so but its record is, that it ends too early, that it is not so. SUPERSEDED: it was not so either, but of an end that was lost
 * when the log was restored from a backup, as a later checkpoint of its source tells.
 */
type Verdict = 'HOLDS' | 'RECORD_HOLDS' | 'TOO_SHORT' | 'FAILS' | 'SUPERSEDED';

interface Judged extends TrustedCheckpoint {
  readonly verdict: Verdict;
}

/** Lets the checkpoints say whether it is the log or its record that was changed, and what of the log is covered. */
export function judgedCheckpoints(evidence: Evidence): Pick<VerificationReport, 'sources' | 'coveredBy' | 'uncovered' | 'restores'> {
  const { trusted, given, logTree, differences, found } = evidence;
  const { judged, restores } = withoutLostEnds(trusted.map((checkpoint): Judged => ({ ...checkpoint, verdict: verdictOn(checkpoint, evidence) })));
  for (const difference of differences.all()) found.add(judgedDifference(difference, judged));
  found.addAll(notAsSigned(judged, evidence));
  found.addAll(splitViews(judged));
  if (trusted.length === 0) found.add(nothingTrusted(given.length));
  const sources = [...new Set(given.map(({ source }) => source))].map((source) => {
    const own = judged.filter((each) => each.source === source);
    return {
      source,
      given: given.filter((each) => each.source === source).length,
      trusted: own.length,
      holding: own.filter(({ verdict }) => verdict === 'HOLDS').length,
    };
  });
  const covering = judged.findLast(({ verdict }) => verdict === 'HOLDS');
  const coveredBy = covering ? { source: covering.source, treeSize: covering.size, createdAt: covering.createdAt } : null;
  return { sources, coveredBy, uncovered: logTree.size - (covering?.size ?? 0), restores };
}

function verdictOn({ size, root }: TrustedCheckpoint, { logTree, recordTree, recordedLeaves }: Evidence): Verdict {
  if (logTree.rootAt(size)?.equals(root) === true) return 'HOLDS';
  if (size <= recordedLeaves && recordTree.rootAt(size)?.equals(root) === true) return 'RECORD_HOLDS';
  return size > logTree.size ? 'TOO_SHORT' : 'FAILS';
}

/**
 * What was signed of the lost end of a log that was restored from a backup is no longer looked for, in the source that tells of the restore afterwards. Whoever keeps a copy that does not tell of
 * it is shown what is gone.
 */
function withoutLostEnds(judged: readonly Judged[]): { readonly judged: readonly Judged[]; readonly restores: VerificationReport['restores'] } {
  const restoring = judged.filter(({ standing, verdict }) => standing !== null && verdict === 'HOLDS');
  const isLost = (each: Judged) => each.verdict !== 'HOLDS' && restoring.some((by) => supersedes(by, each));
  return {
    judged: judged.map((each): Judged => (isLost(each) ? { ...each, verdict: 'SUPERSEDED' } : each)),
    restores: restoring.map(({ source, createdAt, standing }) => ({ source, createdAt, standingTreeSize: standing ?? 0 })),
  };
}

/** The key vouched for two logs of the same size: whoever has it showed one to some and another to others, or rewrote the log and signed it again. */
function splitViews(judged: readonly Judged[]): readonly Finding[] {
  const standing = judged.filter(({ verdict }) => verdict !== 'SUPERSEDED');
  return standing.flatMap((checkpoint, index): readonly Finding[] => {
    const before = standing[index - 1];
    if (before?.size !== checkpoint.size || before.root.equals(checkpoint.root)) return [];
    const message = `The key has signed two different logs of ${checkpoint.size} leaves: one in ${before.source}, another in ${checkpoint.source}. Whoever has the signing key has rewritten the log: keep both files as evidence, and make a new key.`;
    return [{ kind: 'SPLIT_VIEW', leafIndex: null, endLeafIndex: null, position: null, message }];
  });
}

function judgedDifference({ kind, leafIndex, count, position, problem }: Difference, judged: readonly Judged[]): Finding {
  const covering = judged.filter(({ size, verdict }) => size > leafIndex && verdict !== 'SUPERSEDED');
  const place = { leafIndex, endLeafIndex: leafIndex + count, position };
  const [first] = covering;
  if (first && covering.every(({ verdict }) => verdict === 'HOLDS'))
    return {
      kind: 'RECORD_ALTERED',
      ...place,
      message: `The record of the log's hashes differs from the log here, and the log is what ${named(first)} says: the record was altered or damaged. Stop the service, and run postledger projections rebuild audit-ledger.`,
    };
  const vouching = covering.find(({ verdict }) => verdict === 'RECORD_HOLDS');
  const judgement = vouching
    ? `The record is what ${named(vouching)} says: it is the log that was changed.`
    : first
      ? `Neither the log nor the record is what ${named(first)} says.`
      : 'No checkpoint covers it: whether the log or the record was changed cannot be told.';
  const unreadable = problem === null ? '' : ` (${problem})`;
  return { kind, ...place, message: `${whatWasDone(kind, count)}${unreadable} ${judgement} ${keepEvidence}` };
}

function whatWasDone(kind: Difference['kind'], count: number): string {
  const events = count === 1 ? 'The event here' : `${count.toLocaleString('en')} events from here on`;
  const was = count === 1 ? 'was' : 'were';
  switch (kind) {
    case 'ALTERED':
      return `${events} ${count === 1 ? 'is' : 'are'} not what ${was} recorded.`;
    case 'REMOVED':
      return `${events} ${was} removed: ${count === 1 ? 'it is' : 'they are'} recorded, and no longer in the log.`;
    case 'INSERTED':
      return `${events} ${was} put in afterwards: ${count === 1 ? 'it was' : 'they were'} never recorded.`;
    case 'REORDERED':
      return `${events} ${was} recorded at another place of the log.`;
    case 'TRUNCATED':
      return `The log was cut off: ${count.toLocaleString('en')} recorded events that have to follow are not there.`;
  }
}

/**
 * What was signed and is not the log, with its record made to fit, or none that goes so far: all that is known then is between which checkpoints it begins. Of each source by itself: a changed
 * log's checkpoints that were signed again may lie beside true ones, and would name a shorter stretch than is known.
 */
function notAsSigned(judged: readonly Judged[], { logTree }: Evidence): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const source of new Set(judged.map((each) => each.source))) {
    const own = judged.filter((each) => each.source === source);
    for (const verdict of ['FAILS', 'TOO_SHORT'] as const) {
      const first = own.find((each) => each.verdict === verdict);
      if (!first) continue;
      const before = own.findLast((each) => each.size < first.size && (each.verdict === 'HOLDS' || each.verdict === 'RECORD_HOLDS'));
      const from = before?.size ?? 0;
      const since = before ? `leaf ${from}, where ${named(before)} ends,` : 'the beginning';
      const position = logTree.positionAfter(from);
      const last = own.findLast((each) => each.verdict === verdict) ?? first;
      const finding: Finding =
        verdict === 'FAILS'
          ? { kind: 'REWRITTEN', leafIndex: from, endLeafIndex: first.size, position, message: `${rewritten(first, since)} ${keepEvidence}` }
          : { kind: 'TRUNCATED', leafIndex: from, endLeafIndex: last.size, position, message: `${cutOff(last, logTree.size, since)} ${keepEvidence}` };
      findings.set(`${finding.kind} ${finding.leafIndex} ${finding.endLeafIndex}`, finding);
    }
  }
  return [...findings.values()];
}

function rewritten(failed: Judged, since: string): string {
  return `The log is not what was signed: ${named(failed)} does not hold. Between ${since} and leaf ${failed.size - 1} something was changed, and the record of the hashes does not tell what.`;
}

function cutOff(signed: Judged, size: number, since: string): string {
  const gone = (signed.size - size).toLocaleString('en');
  return `The log has ${size.toLocaleString('en')} leaves, and ${named(signed)} was signed: ${gone} are gone, since ${since} and no later than leaf ${size}. If the log was restored from a backup, they are what came after it; if it was not, somebody cut it off.`;
}

function nothingTrusted(given: number): Finding {
  const there = given === 0 ? 'There is no checkpoint' : 'None of the checkpoints is signed by a key that is trusted';
  const message = `${there}: the log fits its own record, which whoever changed the log could have changed as well. Give a copy of the checkpoints that was kept elsewhere (--checkpoints), and the public key (--public-key).`;
  return { kind: 'CHECKPOINTS_MISSING', leafIndex: null, endLeafIndex: null, position: null, message };
}

function named({ size, source, createdAt }: TrustedCheckpoint): string {
  return `the checkpoint of ${size.toLocaleString('en')} leaves${createdAt === null ? '' : ` of ${createdAt}`} in ${source}`;
}

const keepEvidence = 'Keep this log and its checkpoints as evidence, and compare with a backup from before.';
