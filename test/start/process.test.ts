import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';

/** The built programs, run as an operator runs them: with an environment of their own. */
const main = 'dist/src/main.js';
const cli = 'dist/src/cli.js';

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});
async function dataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-start-'));
  directories.push(directory);
  return join(directory, 'data');
}
function environment(directory: string, more: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', POSTLEDGER_DATA_DIR: directory, POSTLEDGER_PORT: '0', ...more };
}

interface Running {
  readonly process: ChildProcess;
  readonly greeting: string;
  readonly url: string;
  readonly log: () => string;
}

async function start(directory: string, more: Record<string, string> = {}): Promise<Running> {
  const child = spawn(process.execPath, [main], { env: environment(directory, more), stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const log: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  let greeting = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    greeting += chunk.toString();
    const url = /GraphQL +(http:\S+)/.exec(greeting)?.[1];
    if (url !== undefined && greeting.endsWith('\n\n')) return { process: child, greeting, url, log: () => log.join('') };
  }
  throw new Error(`The service ended before it listened: ${log.join('')}`);
}

/** Runs a program to its end. */
async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ readonly code: number; readonly output: string; readonly errors: string }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env }, (error, output, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), output, errors }),
    );
  });
}

async function stop({ process: child }: Running): Promise<number | null> {
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function viewer(url: string, token: string): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ viewer { role actor { kind displayName } } }' }),
  });
  return ((await answer.json()) as { data?: { viewer: unknown } }).data?.viewer;
}

/** The events of the type in the log of a service that does not run. */
async function recorded(directory: string, type: string): Promise<readonly RecordedEvent[]> {
  const events = await openEmbeddedEventStore(directory);
  const found: RecordedEvent[] = [];
  for await (const event of events.readAll()) if (event.type === type) found.push(event);
  await events.close();
  return found;
}

describe('the service', () => {
  it('tells on its first start, and never again, an admin token that opens it; ends on SIGTERM with 0', async () => {
    const directory = await dataDirectory();
    const first = await start(directory);
    const token = /^ {2}(postledger_\S+)$/m.exec(first.greeting)?.[1] ?? '';
    expect(first.greeting).toMatch(/IDE +http:\/\/127\.0\.0\.1:\d+\/graphql/);
    expect(await viewer(first.url, token)).toEqual({ role: 'ADMIN', actor: { kind: 'BOOTSTRAP', displayName: 'Bootstrap token' } });
    expect((await readFile(join(directory, 'bootstrap-token'), 'utf8')).trim()).toBe(token);
    expect((await stat(join(directory, 'bootstrap-token'))).mode & 0o777).toBe(0o600);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect(first.log()).not.toContain(token);
    expect(await stop(first)).toBe(0);

    const second = await start(directory);
    expect(second.greeting).not.toContain('postledger_');
    expect(await viewer(second.url, token)).toMatchObject({ role: 'ADMIN' });
    expect(await stop(second)).toBe(0);
  });

  it('refuses a data directory that another process has, and names that process', async () => {
    const directory = await dataDirectory();
    const running = await start(directory);
    const refused = await run(main, [], environment(directory));
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.errors).toContain(`in use by process ${running.process.pid}`);
    const rebuild = await run(cli, ['projections', 'rebuild'], environment(directory));
    expect(rebuild).toMatchObject({ code: 1 });
    expect(rebuild.errors).toContain(`in use by process ${running.process.pid}`);
    expect(await stop(running)).toBe(0);
  });

  it('is not started by a setting that does not exist, and says which was meant', async () => {
    const refused = await run(main, [], environment(await dataDirectory(), { POSTLEDGER_HOTS: '127.0.0.1' }));
    expect(refused.code).toBe(1);
    expect(refused.errors).toContain('POSTLEDGER_HOTS: there is no such setting. Is POSTLEDGER_HOST meant?');
  });

  it('lets no other machine in without root keys of its own', async () => {
    const refused = await run(main, [], environment(await dataDirectory(), { POSTLEDGER_HOST: '0.0.0.0' }));
    expect(refused.code).toBe(1);
    expect(refused.errors).toContain('set POSTLEDGER_ROOT_KEYS');
  });

  it('says what to do about a port in use', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    const { port } = holder.address() as { port: number };
    const refused = await run(main, [], environment(await dataDirectory(), { POSTLEDGER_PORT: String(port) }));
    expect(refused.code).toBe(1);
    expect(refused.errors).toContain('The port is in use by another program');
  });
});

describe('the command postledger', () => {
  it('explains itself', async () => {
    const { code, output } = await run(cli, ['--help'], environment(await dataDirectory()));
    expect(code).toBe(0);
    for (const command of ['serve', 'projections', 'keys', 'tokens']) expect(output).toMatch(new RegExp(`^ +${command}\\b`, 'm'));
  });

  it('builds the views anew with a progress bar, while the service is stopped', async () => {
    const directory = await dataDirectory();
    await stop(await start(directory));
    const rebuilt = await run(cli, ['projections', 'rebuild'], environment(directory));
    expect(rebuilt.code).toBe(0);
    expect(rebuilt.output).toMatch(/^email-accounts: \d+ events in /m);
    expect(rebuilt.errors).toMatch(/email-accounts +█+ +100 %/);
    expect(await recorded(directory, 'ViewsRebuilt')).toMatchObject([
      {
        data: { views: expect.arrayContaining([{ name: 'email-accounts', events: expect.any(Number) as number }]) as unknown },
        metadata: { actor: { kind: 'COMMAND_LINE' } },
      },
    ]);
    const unknown = await run(cli, ['projections', 'rebuild', 'acounts'], environment(directory));
    expect(unknown.code).toBe(1);
    expect(unknown.errors).toContain('There is no view named acounts. The views are: ');
  });

  it('issues a token to whoever has the machine, on record under their name', async () => {
    const directory = await dataDirectory();
    const issued = await run(cli, ['tokens', 'issue', '--name', 'Lost and found', '--role', 'AUDITOR', '--days', '1'], environment(directory));
    expect(issued.code).toBe(0);
    const running = await start(directory);
    expect(await viewer(running.url, issued.output.trim())).toEqual({ role: 'AUDITOR', actor: { kind: 'API_TOKEN', displayName: 'Lost and found' } });
    expect(await stop(running)).toBe(0);
    const refused = await run(cli, ['tokens', 'issue', '--name', ' ', '--role', 'AUDITOR'], environment(directory));
    expect([refused.code, refused.output]).toEqual([1, '']);
    expect(refused.errors).toContain('The name is empty');
  });

  it('rotates root keys: what the old one wrapped opens with the new one alone', async () => {
    const directory = await dataDirectory();
    const key = (id: string, byte: string) => `${id}:${Buffer.from(byte.repeat(32)).toString('base64')}`;
    const old = { POSTLEDGER_ROOT_KEYS: key('k1', 'a') };
    await stop(await start(directory, old));
    const status = await run(cli, ['keys', 'status'], environment(directory, old));
    expect(status.output).toMatch(/Root key in use: k1\n {2}k1 {2}wraps 2 keys, in use/);
    const rotated = await run(cli, ['keys', 'rotate'], environment(directory, { POSTLEDGER_ROOT_KEYS: `${key('k2', 'b')},${key('k1', 'a')}` }));
    expect(rotated).toMatchObject({ code: 0, output: '2 keys wrapped anew under k2.\n' });
    expect(await recorded(directory, 'RootKeysRotated')).toMatchObject([
      { data: { rootKeyId: 'k2', keys: 2, failedAccounts: 0 }, metadata: { actor: { kind: 'COMMAND_LINE' } } },
    ]);
    const alone = { POSTLEDGER_ROOT_KEYS: key('k2', 'b') };
    expect(await stop(await start(directory, alone))).toBe(0);
    expect(await run(cli, ['keys', 'doctor'], environment(directory, alone))).toMatchObject({ code: 0, output: '0 passwords opened, 0 cannot be.\n' });
    const wrong = await run(main, [], environment(directory, old));
    expect(wrong.code).toBe(1);
    expect(wrong.errors).toContain('k2');
  });
});
