import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { benchRootKeys } from './sealed-log.js';

/** The built service in a process of its own, as it is run for real. */
export interface ServiceProcess {
  readonly url: string;
  readonly token: string;
  /** Processor time that it took from its start until it listened, in seconds. */
  readonly cpuSecondsToListening: number;
  /** Processor time that it has taken until now, in seconds. */
  cpuSeconds(): number;
  /** Memory that is resident now, in bytes. */
  residentBytes(): number;
  stop(): Promise<void>;
}

/** @param more variables beside those that every measurement sets. */
export async function startServiceProcess(dataDirectory: string, more: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  const child = spawn(execPath, ['--enable-source-maps', 'dist/src/main.js'], {
    env: {
      PATH: env['PATH'] ?? '',
      NODE_ENV: 'production',
      POSTLEDGER_DATA_DIR: dataDirectory,
      POSTLEDGER_PORT: '0',
      POSTLEDGER_LOG_LEVEL: 'warn',
      POSTLEDGER_ROOT_KEYS: benchRootKeys,
      ...more,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await listening(child);
  const cpuSecondsToListening = cpuSecondsOf(child);
  return {
    url,
    token: (await readFile(join(dataDirectory, 'bootstrap-token'), 'utf8')).trim(),
    cpuSecondsToListening,
    cpuSeconds: () => cpuSecondsOf(child),
    residentBytes: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function listening(child: ChildProcess): Promise<string> {
  let text = '';
  if (!child.stdout) throw new Error('The service has no output to read.');
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    text += chunk.toString();
    const url = /GraphQL +(http:\S+)/.exec(text)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return url;
  }
  throw new Error('The service ended before it listened.');
}

const ticksASecond = Number(execFileSync('getconf', ['CLK_TCK']).toString());

/** User and system time of the process and its threads, as the kernel counts it (proc(5), /proc/pid/stat, fields 14 and 15). */
function cpuSecondsOf(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksASecond;
}
