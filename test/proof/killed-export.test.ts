import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { seedAccounts } from '../../bench/seed-accounts.js';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { dose } from './dose.js';

const kills = dose({ short: 5, full: 40 });
const accounts = 2_000;

it(`an export that is killed ${kills} times at random places is the one that was never killed`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postledger-killed-export-'));
  const data = join(directory, 'data');
  const options = (file: string) => ['dist/src/cli.js', 'audit', 'export', '--format', 'csv', '--filter', 'entityType=EmailAccount', '--out', file];
  const env = { PATH: process.env['PATH'] ?? '', POSTLEDGER_DATA_DIR: data };
  try {
    mkdirSync(data, { mode: 0o700 });
    const store = await openEmbeddedEventStore(data);
    await seedAccounts(store, 0, accounts, () => undefined);
    await store.close();

    const [whole, killed] = [join(directory, 'whole.csv'), join(directory, 'killed.csv')];
    await promisify(execFile)(process.execPath, options(whole), { env });
    const expected = readFileSync(whole);
    let killedWhileWriting = 0;
    for (let kill = 0; kill < kills; kill++) {
      const sizeOf = () => (existsSync(killed) ? statSync(killed).size : 0);
      const enough = sizeOf() + Math.floor((Math.random() * 2 * expected.length) / kills);
      const command = spawn(process.execPath, [...options(killed), '--resume'], { env, stdio: 'ignore' });
      const ended = once(command, 'exit');
      while (command.exitCode === null && sizeOf() < enough) await sleep(1);
      command.kill('SIGKILL');
      await ended;
      if (!existsSync(`${killed}.manifest.json`) && sizeOf() > 0) killedWhileWriting++;
    }
    await promisify(execFile)(process.execPath, [...options(killed), '--resume'], { env });
    expect(readFileSync(killed).equals(expected)).toBe(true);
    const hashOf = (file: string) => (JSON.parse(readFileSync(`${file}.manifest.json`, 'utf8')) as { runningHash: string }).runningHash;
    expect(hashOf(killed)).toBe(hashOf(whole));
    expect(killedWhileWriting).toBeGreaterThan(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
