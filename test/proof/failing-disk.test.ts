import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Outcome } from './append-on-failing-disk.js';
import { dose } from './dose.js';
import { canTrace } from './strace.js';
import { verifyLog } from './verify-log.js';

const writers = join(import.meta.dirname, '../../dist/test/proof/append-on-failing-disk.js');
const runs = dose({ short: 5, full: 50 });
const intact = { lost: 0, holes: 0, torn: 0, integrity: 'ok' };

describe.skipIf(!canTrace('The proof about failing disks'))('a disk', () => {
  it(`that fails one sync: nothing is acknowledged from then on, and all that was before is there (${runs} places)`, async () => {
    for (let run = 0; run < runs; run++) {
      // The first dozen syncs belong to the opening; each commit makes one more, and 40 follow.
      const { outcome, verdict } = await appendWith(`fsync:error=EIO:when=${randomInt(15, 50)}`);
      expect(outcome.refusals.length).toBeGreaterThan(0);
      expect(outcome.refusals[0]).toContain('could not write');
      expect(outcome.refusedAgain).toBe(outcome.refusals.length);
      expect(outcome.acknowledged.length + outcome.refusedAgain).toBe(160);
      expect(verdict).toEqual(intact);
    }
  });

  it(`that is full for a moment: the same events are taken when they are sent again (${runs} places)`, async () => {
    for (let run = 0; run < runs; run++) {
      const { outcome, verdict } = await appendWith(`pwrite64:error=ENOSPC:when=${randomInt(60, 200)}`);
      expect(outcome.refusals.length).toBeGreaterThan(0);
      expect(outcome.refusals[0]).toContain('is full; nothing was appended');
      expect(outcome).toMatchObject({ refusedAgain: 0 });
      expect(outcome.acknowledged).toHaveLength(160);
      expect(verdict).toEqual(intact);
    }
  });
});

async function appendWith(fault: string) {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-fault-'));
  try {
    const parameters = ['-f', '-o', '/dev/null', '-e', `trace=${fault.split(':')[0]}`, '-e', `inject=${fault}`];
    const child = spawn('strace', [...parameters, process.execPath, writers, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(child, 'close');
    if (child.exitCode !== 0) throw new Error(`The writers failed with ${fault}: run \`npm run build\` before the proofs.`);
    const parse: (text: string) => Outcome = JSON.parse;
    const outcome = parse(output);
    return { outcome, verdict: await verifyLog(directory, outcome.acknowledged) };
  } finally {
    await rm(directory, { recursive: true });
  }
}
