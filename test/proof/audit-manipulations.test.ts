import { describe, expect, it } from 'vitest';
import { inWords, tally, type Tally } from '../ledger/manipulations/doses.js';
import { tallyOnDisk, tallyOverDouble } from '../ledger/manipulations/doses-on-disk.js';
import { dose } from './dose.js';

const seed = Number(process.env['POSTLEDGER_TEST_SEED'] ?? Date.now() % 1_000_000_000);
const inMemory = dose({ short: 1_000, full: 17_000 });
const onDisk = dose({ short: 100, full: 2_000 });
const overDouble = dose({ short: 60, full: 1_000 });

describe('of random manipulations of a log, before the newest checkpoint outside', () => {
  it(`none of ${inMemory} in memory is missed, or named at another place`, async () => {
    expectAllFound('In memory', await tally(seed, inMemory), inMemory);
  });

  it(`none of ${onDisk} in the files of the embedded engine is`, async () => {
    expectAllFound('Embedded engine', await tallyOnDisk(seed, onDisk), onDisk);
  });

  it(`none of ${overDouble} in what the servers of a cluster keep is`, async () => {
    expectAllFound('Cluster', await tallyOverDouble(seed, overDouble), overDouble);
  });
});

function expectAllFound(what: string, found: Tally, count: number): void {
  process.stdout.write(inWords(what, seed, found));
  expect(found.wrong).toEqual([]);
  expect(found.covered + found.notCovered).toBe(count);
  // About two thirds are: of few, by chance, a good deal fewer.
  expect(found.covered).toBeGreaterThan(0.3 * count);
}
