import type { Finding, VerificationReport } from '../ledger/verification-report.js';
import type { Verification } from './audit-verify.js';

/** A verification as people read it. @param isRecorded whether the audit trail has it; null where nobody wanted that. */
export function inWords(verification: Verification, isRecorded: boolean | null): string {
  const { report } = verification;
  return [
    ...whatWasVerified(verification),
    '',
    ...report.findings.map(findingLines),
    ...notes(verification),
    verdict(report),
    ...recordLine(isRecorded),
    '',
  ].join('\n');
}

function whatWasVerified({ log, report }: Verification): readonly string[] {
  const { events, otherEvents, treeSize, rootHash, lastPosition, lastRecordedAt, recordedLeaves, sources, coveredBy, uncovered } = report;
  const last =
    lastPosition === null ? '' : `, up to position ${lastPosition}${lastRecordedAt === null ? '' : `, recorded ${new Date(lastRecordedAt).toISOString()}`}`;
  const others = otherEvents === 0 ? '' : `; ${count(otherEvents)} more are of streams that are not audited`;
  return [
    `${log}: ${count(events - otherEvents)} events${last}${others}.`,
    `The tree over them: ${count(treeSize)} leaves, root ${rootHash}.`,
    recordedLeaves === null
      ? 'There is no record of its hashes in the data directory: checkpoints alone judge.'
      : `The record of its hashes, as the service made it: ${count(recordedLeaves)} leaves, compared one by one.`,
    ...sources.map(
      ({ source, given, trusted, holding }) => `Checkpoints in ${source}: ${count(given)}, ${count(trusted)} signed by a trusted key, ${count(holding)} hold.`,
    ),
    coveredBy === null
      ? 'No checkpoint covers any of it.'
      : `Covered: the first ${count(coveredBy.treeSize)}, by a checkpoint${coveredBy.createdAt === null ? '' : ` of ${coveredBy.createdAt}`} in ${coveredBy.source}.`,
    `Not covered: ${uncovered === 0 ? 'none' : `the newest ${count(uncovered)}; a later checkpoint will`}.`,
  ];
}

function findingLines({ kind, leafIndex, endLeafIndex, position, message }: Finding): string {
  const leaves = leafIndex === null ? '' : ` leaf ${leafIndex}${endLeafIndex === null || endLeafIndex === leafIndex + 1 ? '' : ` to ${endLeafIndex - 1}`}`;
  return `${kind}${leaves}${position === null ? '' : `, position ${position}`}\n  ${message}\n`;
}

function notes({ report, keys, hasOutside }: Verification): readonly string[] {
  const more = report.findingCount - report.findings.length;
  return [
    ...(more > 0 ? [`And ${count(more)} findings more.`] : []),
    ...report.restores.map(
      ({ source, createdAt, standingTreeSize }) =>
        `Note: ${source} says${createdAt === null ? '' : `, as of ${createdAt},`} that the log was restored from a backup: of what was signed before, only the first ${count(standingTreeSize)} leaves are still there. The audit trail has who said so, and why (LogRestoreAccepted).`,
    ),
    ...(keys.areGiven
      ? []
      : [
          'Note: the public key is that of the data directory. Whoever can write there can put another one in its place: a key that you kept elsewhere (--public-key) is what counts.',
        ]),
    ...(hasOutside
      ? []
      : [
          'Note: all checkpoints are those beside the log. Whoever has the signing key and the data directory can make them anew: copies that were kept elsewhere (--checkpoints) are what counts.',
        ]),
  ];
}

function verdict({ outcome, firstBad, findingCount, coveredBy }: VerificationReport): string {
  switch (outcome) {
    case 'VERIFIED':
      return `VERIFIED: the first ${count(coveredBy?.treeSize ?? 0)} leaves are what was signed.`;
    case 'DAMAGED':
      return `DAMAGED: ${count(findingCount)} ${findingCount === 1 ? 'finding' : 'findings'}${firstBad === null ? '' : `; the log is not what it was from leaf ${firstBad.leafIndex}${firstBad.position === null ? '' : `, position ${firstBad.position},`} on`}.`;
    case 'UNVERIFIABLE':
      return 'NOT VERIFIED: nothing was found that was changed, but there is too little to judge by.';
  }
}

function recordLine(isRecorded: boolean | null): readonly string[] {
  return isRecorded === true ? ['This run is recorded in the audit trail (LogVerified).'] : [];
}

const count = (number: number) => number.toLocaleString('en');
