import { describe, expect, it } from 'vitest';
import { inWords, tally, type Tally } from './doses.js';
import { tallyOnDisk, tallyOverDouble } from './doses-on-disk.js';
import { verified } from './judged.js';
import { manipulationKinds } from './manipulations.js';
import { signedLog } from './signed-log.js';

/** Another one each day; `POSTLEDGER_TEST_SEED` repeats one. */
const seed = Number(process.env['POSTLEDGER_TEST_SEED'] ?? Math.floor(Date.now() / 86_400_000));

describe('a log with checkpoints outside', () => {
  it('is verified as long as nobody changed it', async () => {
    for (let each = seed; each < seed + 20; each++) {
      const log = signedLog(each);
      const report = await verified(log);
      expect([each, report.outcome, report.findings]).toEqual([each, 'VERIFIED', []]);
      expect(report.treeSize).toBe(log.rows.length);
    }
  });

  it('is found changed wherever it was changed before the newest of them, and named where', async () => {
    const found = await tally(seed, 600);
    expectAllFound('In memory', found);
    expect(Object.keys(found.byKind).toSorted()).toEqual(manipulationKinds.toSorted());
  });

  it('is found changed in the files of the embedded engine', async () => {
    expectAllFound('Embedded engine', await tallyOnDisk(seed, 60));
  });

  it('is found changed in what the servers of a cluster keep', async () => {
    expectAllFound('Cluster', await tallyOverDouble(seed, 60));
  });
});

function expectAllFound(what: string, found: Tally): void {
  process.stdout.write(inWords(what, seed, found));
  expect(found.wrong).toEqual([]);
  // About two thirds are before it: of few, by chance, a good deal fewer.
  expect(found.covered).toBeGreaterThan(0.3 * (found.covered + found.notCovered));
}
