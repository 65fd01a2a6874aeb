import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../projections/temporary-views.js';
import { firstArrivals, startReceiver, type TestReceiver } from './receiver.js';
import { eventually, secret } from './stream-under-test.js';

/** The built programs, run as an operator runs them. */
const main = 'dist/src/main.js';
const cli = 'dist/src/cli.js';

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
}

function environment(directory: string, receiver: TestReceiver): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    POSTLEDGER_DATA_DIR: directory,
    POSTLEDGER_PORT: '0',
    POSTLEDGER_EGRESS_ALLOW_LOOPBACK: 'true',
    POSTLEDGER_AUDIT_WEBHOOK_URL: receiver.url,
    POSTLEDGER_AUDIT_WEBHOOK_SECRET: secret,
  };
}

function spawned(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function listening(child: ChildProcess): Promise<Running> {
  let greeting = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    greeting += chunk.toString();
    const url = /GraphQL +(http:\S+)/.exec(greeting)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error('The service ended before it listened.');
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

async function exportedIds(url: string, directory: string): Promise<readonly string[]> {
  const token = (await readFile(join(directory, 'bootstrap-token'), 'utf8')).trim();
  const answer = await fetch(new URL('/audit/export', url), { headers: { authorization: `Bearer ${token}` } });
  return (await answer.text())
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);
}

describe('a service that is killed while it streams', () => {
  it('sends the entry again that was taken and not yet noted, and leaves none out, however often it is killed', { timeout: 60_000 }, async () => {
    const directory = join(temporaryDirectory(), 'data');
    const receiver = await startReceiver();
    onTestFinished(() => receiver.stop());
    const env = environment(directory, receiver);
    const killedAt = new Set([1, 3, 4]);
    let child = spawned(env);
    // The process is gone before the answer is out: the receiver has the entry, and the service does not know.
    receiver.answer = (_, number) => {
      if (killedAt.has(number)) child.kill('SIGKILL');
      return 204;
    };
    for (const _ of killedAt) {
      await once(child, 'exit');
      child = spawned(env);
    }
    const { url } = await listening(child);
    const ids = await exportedIds(url, directory);
    await eventually(() => expect(new Set(receiver.requests.map(({ id }) => id)).size).toBeGreaterThanOrEqual(ids.length));
    expect(
      firstArrivals(receiver.requests)
        .map(({ id }) => id)
        .slice(0, ids.length),
    ).toEqual(ids);
    // Each that was under way at a kill came twice, the second time as the first of the next start.
    for (const at of killedAt) expect([at, receiver.requests[at + 1]?.id]).toEqual([at, receiver.requests[at]?.id]);
    await ended(child, 'SIGTERM');
  });

  it('takes up what was asked of it on the command line while it did not run', { timeout: 60_000 }, async () => {
    const directory = join(temporaryDirectory(), 'data');
    const receiver = await startReceiver();
    onTestFinished(() => receiver.stop());
    const env = environment(directory, receiver);
    const first = await listening(spawned(env));
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(1));
    await ended(first.child, 'SIGTERM');
    const said = await new Promise((resolve) =>
      execFile(process.execPath, [cli, 'audit', 'stream', 'replay', '--from', '1'], { env }, (_, output) => resolve(output)),
    );
    expect(said).toBe('The service does not run. It takes this up when it starts within a day.\n');
    const before = receiver.requests.length;
    const second = await listening(spawned(env));
    await eventually(() => expect(receiver.requests.slice(before).some(({ data }) => data['action'] === 'AuditStreamReplayed')).toBe(true));
    expect(receiver.requests[before]?.id).toBe(receiver.requests[0]?.id);
    await ended(second.child, 'SIGTERM');
  });
});
