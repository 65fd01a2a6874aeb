import { describe, expect, it } from 'vitest';
import { recorded, type Row } from '../../src/event-store/row.js';
import { chainHash } from '../../src/ledger/hashes.js';
import { leafInput } from '../../src/ledger/leaf.js';
import { verifyLog } from '../../src/ledger/verification.js';
import type { GivenCheckpoint, VerificationInput } from '../../src/ledger/verification-input.js';
import type { VerificationReport } from '../../src/ledger/verification-report.js';
import { rowAt } from './manipulations/manipulations.js';
import { asRecord, loggedRow, recordOf, signed, signedLog, signerNamed, sizeOf, type RecordOfLog } from './manipulations/signed-log.js';

const log = signedLog(7, { steps: 260 });
const { rows, inside, outside, signer } = log;
const sizes = inside.map(sizeOf);
const lastOutside = Math.max(...outside.map(sizeOf));

const edited = (row: Row): Row => row.with(7, row[7].replace('"role":"ADMIN"', '"role":"VIEWER"')) as unknown as Row;
const told = (report: VerificationReport) => report.findings.map(({ kind, leafIndex, endLeafIndex }) => [kind, leafIndex, endLeafIndex]);

function verify(changed: Partial<VerificationInput> & { readonly rows?: readonly Row[]; readonly recorded?: RecordOfLog } = {}): Promise<VerificationReport> {
  const { rows: found = rows, recorded = log.record, ...input } = changed;
  return verifyLog({
    log: [found.map(loggedRow)],
    record: asRecord(recorded),
    checkpoints: [...inside, ...outside],
    keys: [signer],
    countsPositions: true,
    ...input,
  });
}

describe('a verification', () => {
  it('says what it covers, and what not', async () => {
    const report = await verify({ checkpoints: outside });
    expect(report).toMatchObject({
      outcome: 'VERIFIED',
      events: rows.length,
      treeSize: rows.length,
      recordedLeaves: rows.length,
      lastPosition: BigInt(rows.length),
      coveredBy: { source: 'outside', treeSize: lastOutside },
      uncovered: rows.length - lastOutside,
      firstBad: null,
      findings: [],
    });
    expect(report.rootHash).toBe(signed(rows, [rows.length], signer, 'all')[0]?.signedNote?.split('\n')[2]);
    expect(report.sources).toEqual([{ source: 'outside', given: outside.length, trusted: outside.length, holding: outside.length }]);
  });

  it('names the event that was edited, by its record and a checkpoint that fits it', async () => {
    const report = await verify({ rows: rows.with(25, edited(rowAt(rows, 25))) });
    expect(told(report)).toEqual([['ALTERED', 25, 26]]);
    expect(report).toMatchObject({ outcome: 'DAMAGED', firstBad: { leafIndex: 25, position: 26n } });
    expect(report.findings[0]?.message).toContain('it is the log that was changed');
  });

  it('names the stretch between two checkpoints where there is no record', async () => {
    const report = await verify({ rows: rows.with(25, edited(rowAt(rows, 25))), record: null });
    expect(told(report)).toEqual([['REWRITTEN', 20, 40]]);
    expect(report).toMatchObject({ outcome: 'DAMAGED', firstBad: { leafIndex: 20, position: 21n }, coveredBy: { treeSize: 20 } });
  });

  it('names what is missing even where positions were left as they were and nothing vouches for the log', async () => {
    const report = await verify({ rows: rows.toSpliced(30, 2), record: null, checkpoints: [] });
    expect(told(report)[0]).toEqual(['CHECKPOINTS_MISSING', null, null]);
    expect(report.findings.find(({ kind }) => kind === 'POSITION_GAP')).toMatchObject({ leafIndex: 30, position: 31n });
    expect(report.outcome).toBe('DAMAGED');
  });

  it('tells events that were moved from others that are gone or new', async () => {
    const [one, other] = [rowAt(rows, 22), rowAt(rows, 27)];
    const exchanged = rows.with(22, other.with(0, one[0]) as unknown as Row).with(27, one.with(0, other[0]) as unknown as Row);
    const moves = told(await verify({ rows: exchanged })).filter(([kind]) => kind !== 'STREAM_BROKEN');
    expect(moves).toEqual([
      ['REORDERED', 22, 23],
      ['REORDERED', 27, 28],
    ]);
  });

  it('says of an event that cannot be read what is wrong with it', async () => {
    const report = await verify({ rows: rows.with(21, rowAt(rows, 21).with(6, '{"half') as unknown as Row) });
    expect(told(report)).toContainEqual(['ALTERED', 21, 22]);
    expect(report.findings.find(({ leafIndex }) => leafIndex === 21)?.message).toContain('JSON');
  });

  it('finds that what stands for a secret in its leaf was put in the place of the secret', async () => {
    const at = rows.findIndex((row) => row[6].includes('"secretId"'));
    const leaf = leafInput(recorded(rowAt(rows, at)));
    const data = JSON.stringify((JSON.parse(leaf) as { readonly data: unknown }).data);
    expect(data).not.toContain('"secretId"');
    const report = await verify({ rows: rows.with(at, rowAt(rows, at).with(6, data) as unknown as Row) });
    expect(told(report)).toContainEqual(['ALTERED', at, at + 1]);
  });

  it('blames the record where the log is what was signed', async () => {
    const leaves = log.record.leaves.with(10, { number: 10, position: 11n, hash: Buffer.alloc(32, 7), chain: Buffer.alloc(32, 7) });
    const report = await verify({ recorded: { ...log.record, leaves } });
    expect(new Set(report.findings.map(({ kind }) => kind))).toEqual(new Set(['RECORD_ALTERED']));
    expect(report).toMatchObject({ outcome: 'DAMAGED', firstBad: null, coveredBy: { treeSize: Math.max(...sizes) } });
  });

  it.each([
    ['a link of its chain', (leaf: RecordOfLog['leaves'][number]) => ({ ...leaf, chain: chainHash(leaf.chain, leaf.hash) })],
    ['a position', (leaf: RecordOfLog['leaves'][number]) => ({ ...leaf, position: leaf.position + 1n })],
    ['a number', (leaf: RecordOfLog['leaves'][number]) => ({ ...leaf, number: leaf.number + 1 })],
  ])('finds %s altered in the record', async (_, alter) => {
    const leaves = log.record.leaves.map((leaf, index) => (index === 33 ? alter(leaf) : leaf));
    const report = await verify({ recorded: { ...log.record, leaves } });
    expect(report.findings[0]).toMatchObject({ kind: 'RECORD_ALTERED', leafIndex: 33 });
    expect(report.outcome).toBe('DAMAGED');
  });

  it('finds a subtree altered in the record, or gone from it', async () => {
    for (const altered of [[['3 2', Buffer.alloc(32)]], []] as const) {
      const subtrees = new Map([...log.record.subtrees].filter(([place]) => place !== '3 2').concat(altered.map(([place, hash]) => [place, hash])));
      expect(told(await verify({ recorded: { ...log.record, subtrees } }))).toEqual([['RECORD_ALTERED', 23, null]]);
    }
  });

  it('goes on without a record that cannot be read to its end', async () => {
    const leaves = (function* () {
      yield log.record.leaves.slice(0, 30);
      throw new Error('disk image is malformed.');
    })();
    const report = await verify({ record: { ...asRecord(log.record), leaves } });
    expect(report).toMatchObject({ outcome: 'DAMAGED', recordedLeaves: 30, uncovered: rows.length - Math.max(...sizes) });
    expect(told(report)).toEqual([['RECORD_ALTERED', null, null]]);
  });

  it('takes no word of a checkpoint that the key has not signed', async () => {
    const forged = signed(rows, [20], signerNamed('postledger-other'), 'forged');
    const altered = inside.map((checkpoint) => ({ ...checkpoint, source: 'altered', signedNote: checkpoint.signedNote?.replace(/\n(\d)/, '\n9') ?? null }));
    expect((await verify({ checkpoints: forged })).findings.map(({ kind }) => kind)).toEqual(['UNKNOWN_KEY', 'CHECKPOINTS_MISSING']);
    expect((await verify({ checkpoints: forged })).outcome).toBe('UNVERIFIABLE');
    expect((await verify({ checkpoints: [...outside, ...altered.slice(0, 1)] })).findings.map(({ kind }) => kind)).toEqual(['SIGNATURE_INVALID']);
    expect((await verify({ checkpoints: [...outside, ...altered.slice(0, 1)] })).outcome).toBe('DAMAGED');
    const none = { source: 'none', line: 1, signedNote: null, createdAt: null };
    expect((await verify({ checkpoints: [...outside, none] })).findings.map(({ kind }) => kind)).toEqual(['CHECKPOINT_MALFORMED']);
    expect((await verify({ checkpoints: [] })).outcome).toBe('UNVERIFIABLE');
  });

  it('trusts older keys beside the newest', async () => {
    const older = signerNamed('postledger-older');
    const checkpoints = [...signed(rows, [20], older, 'older'), ...outside];
    expect((await verify({ checkpoints, keys: [older, signer] })).outcome).toBe('VERIFIED');
  });

  it('finds that the key has signed two logs', async () => {
    const other = signed(rows.with(19, edited(rowAt(rows, 19))), [20], signer, 'shown to somebody else');
    const report = await verify({ checkpoints: [...outside, ...other] });
    expect(report.findings.map(({ kind }) => kind).toSorted()).toEqual(['REWRITTEN', 'SPLIT_VIEW']);
  });
});

describe('a log that was restored from a backup', () => {
  // It goes on otherwise after 50 events, and was signed again at 60 and 80.
  const restored = [...rows.slice(0, 50), ...rows.slice(50).map(edited)];
  const lost = { standingTreeSize: '40', formerTreeSize: String(lastOutside), formerRootHash: Buffer.alloc(32, 1).toString('base64') };
  const since = (source: string, accepted: boolean) => [
    ...signed(restored, [60], signer, source, accepted ? lost : undefined),
    ...signed(restored, [80], signer, source).map((checkpoint) => ({ ...checkpoint, line: 101 })),
  ];
  const before = (source: string) => outside.filter((each) => sizeOf(each) >= 40).map((checkpoint) => ({ ...checkpoint, source, line: checkpoint.line - 100 }));
  const verifyRestored = (checkpoints: readonly GivenCheckpoint[], found = restored) => verify({ rows: found, recorded: recordOf(found), checkpoints });

  it('is verified by what was signed of it since the restore was accepted, and the restore is told', async () => {
    const report = await verifyRestored([...before('kept'), ...since('kept', true)]);
    expect([report.outcome, report.findings]).toEqual(['VERIFIED', []]);
    expect(report.restores).toEqual([{ source: 'kept', createdAt: '2026-11-30T12:00:00.000Z', standingTreeSize: 40 }]);
  });

  it('is damaged where nobody said so, and to whoever kept a copy from before', async () => {
    expect((await verifyRestored([...before('kept'), ...since('kept', false)])).outcome).toBe('DAMAGED');
    expect((await verifyRestored([...before('archive'), ...before('kept'), ...since('kept', true)])).outcome).toBe('DAMAGED');
  });

  it('still has to be what was signed of it before', async () => {
    const report = await verifyRestored([...before('kept'), ...since('kept', true)], restored.with(30, edited(rowAt(restored, 30))));
    expect(report.outcome).toBe('DAMAGED');
    expect(report.firstBad?.leafIndex).toBe(0);
  });
});
