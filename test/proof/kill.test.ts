import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { dose } from './dose.js';
import { verifyLog } from './verify-log.js';
import { acknowledgedIn, type Acknowledged } from './writers.js';

const writers = join(import.meta.dirname, '../../dist/test/proof/append-until-killed.js');
const logs = dose({ short: 2, full: 10 });
const killsOfALog = dose({ short: 5, full: 20 });

it(`loses no acknowledged event over ${logs * killsOfALog} kills at random moments under 16 writers`, async () => {
  let events = 0;
  for (let log = 0; log < logs; log++) {
    const directory = await mkdtemp(join(tmpdir(), 'postledger-kill-'));
    const acknowledged: Acknowledged[] = [];
    try {
      for (let kill = 0; kill < killsOfALog; kill++) {
        acknowledged.push(...(await appendUntilKilled(directory)));
        expect(await verifyLog(directory, acknowledged)).toEqual({ lost: 0, holes: 0, torn: 0, integrity: 'ok' });
      }
    } finally {
      await rm(directory, { recursive: true });
    }
    events += acknowledged.flatMap(([, , ids]) => ids).length;
  }
  // A proof about no events would prove nothing.
  expect(events).toBeGreaterThan(logs * killsOfALog);
  process.stdout.write(`${logs * killsOfALog} kills, ${events} acknowledged events, 0 lost\n`);
});

/** Kills the writers somewhere between their first word and half a second later: in a commit, a checkpoint, a sync, or between them. */
async function appendUntilKilled(directory: string): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [writers, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const closed = once(child, 'close');
  const started = await Promise.race([once(child.stdout, 'data').then(() => true), closed.then(() => false)]);
  if (!started) throw new Error('The writers did not start: run `npm run build` before the proofs.');
  await delay(randomInt(500));
  child.kill('SIGKILL');
  await closed;
  return acknowledgedIn(output);
}
