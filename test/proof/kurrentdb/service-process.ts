import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from 'node:crypto';
import { promisify } from 'node:util';

/** A node of Postledger as an operator runs it: the built program in a process of its own, with views of its own. */
export interface ServiceProcess {
  /** Resolves with where it listens. */
  readonly listening: Promise<string>;
  readonly log: () => string;
  /** Whether it is the process that was started: it has not ended since. */
  readonly runs: () => boolean;
  stop(): Promise<void>;
}

/** The same in every run: the cluster may hold what an earlier one left. */
const rootKeys = `k1:${hash('sha256', 'the root key of proofs', 'base64')}`;

const environmentOf = (connectionString: string, dataDirectory: string) => ({
  PATH: process.env['PATH'] ?? '',
  POSTLEDGER_PORT: '0',
  POSTLEDGER_DATA_DIR: dataDirectory,
  POSTLEDGER_EVENT_STORE: connectionString,
  POSTLEDGER_ROOT_KEYS: rootKeys,
  POSTLEDGER_LOG_LEVEL: 'warn',
});

const newDirectory = () => mkdtemp(join(tmpdir(), 'postledger-failover-'));

/** A token of an administrator, issued as an operator issues one when nobody has one. */
export async function issueToken(connectionString: string): Promise<string> {
  const dataDirectory = await newDirectory();
  const command = ['dist/src/cli.js', 'tokens', 'issue', '--name', 'Proof of failover', '--role', 'ADMIN', '--days', '1'];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, command, { env: environmentOf(connectionString, dataDirectory) });
    return stdout.trim();
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

export async function startProcess(connectionString: string): Promise<ServiceProcess> {
  const dataDirectory = await newDirectory();
  const child = spawn(process.execPath, ['dist/src/main.js'], { env: environmentOf(connectionString, dataDirectory), stdio: ['ignore', 'pipe', 'pipe'] });
  const log: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
  const listening = addressSaidBy(child);
  // Whoever waits for it is told; nobody need wait.
  listening.catch((error: unknown) => log.push(String(error)));
  return {
    listening,
    log: () => log.join(''),
    runs: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      const ended = once(child, 'exit');
      if (child.kill('SIGTERM')) await ended;
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

async function addressSaidBy({ stdout }: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    said += chunk.toString();
    const [url] = /http:\/\/127\.0\.0\.1:\d+\/graphql/.exec(said) ?? [];
    if (url === undefined) continue;
    stdout?.resume();
    return url;
  }
  throw new Error('The service ended before it listened.');
}
