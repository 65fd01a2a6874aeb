import { exec } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { env, kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConnectionString, type Endpoint } from '../../../src/event-store/kurrentdb/connection-string.js';
import { readNode } from '../../../src/start/store-node-request.js';

/** A server of the cluster, by its place in the connection string. */
export interface Server {
  /** From 1. */
  readonly number: number;
  readonly endpoint: Endpoint;
  readonly pidFile: string;
}

export const whatIsNeeded =
  'It needs a cluster of three that nobody else uses: POSTLEDGER_TEST_KURRENTDB (its connection string), POSTLEDGER_TEST_KURRENTDB_PIDS (a file with the process id of each server, in the same ' +
  'order, separated by commas) and POSTLEDGER_TEST_KURRENTDB_START (a shell command that starts server number $NODE again).';

/** The cluster that the environment names, whose servers the proof may kill, stop and start. */
export class Servers {
  readonly #settings;
  readonly all: readonly Server[];

  /** Null when the environment does not say all of it. */
  static fromEnvironment(): Servers | null {
    const [connectionString = '', pids = '', start = ''] = ['', '_PIDS', '_START'].map((end) => env[`POSTLEDGER_TEST_KURRENTDB${end}`]);
    const pidFiles = pids.split(',').filter((path) => path !== '');
    return connectionString === '' || pidFiles.length !== 3 || start === '' ? null : new Servers(connectionString, pidFiles, start);
  }

  private constructor(
    readonly connectionString: string,
    pidFiles: readonly string[],
    readonly startCommand: string,
  ) {
    this.#settings = parseConnectionString(connectionString);
    const { endpoints } = this.#settings;
    this.all = pidFiles.map((pidFile, index) => ({ number: index + 1, endpoint: endpoints[index] ?? endpoints[0], pidFile }));
  }

  kill(server: Server): void {
    kill(pidOf(server), 'SIGKILL');
  }

  freeze(server: Server): void {
    kill(pidOf(server), 'SIGSTOP');
  }

  thaw(server: Server): void {
    kill(pidOf(server), 'SIGCONT');
  }

  /** Starts it again, by the command, and does not wait until it is ready. What the command says of that is nothing to go by while other servers are down. */
  async start({ number }: Server): Promise<void> {
    await new Promise<void>((resolve) => exec(this.startCommand, { env: { ...env, NODE: String(number) } }, () => resolve()));
  }

  /** The server that says of itself that it leads; null while none does. Those that are left out are not asked. */
  async leader(without: readonly Server[] = []): Promise<Server | null> {
    const asked = this.all.filter((server) => !without.includes(server));
    const states = await Promise.all(asked.map((server) => this.#state(server)));
    return asked.find((_, index) => states[index] === 'leader') ?? null;
  }

  /** Resolves with the new leader as soon as one reports itself, looked for every 10 ms. */
  async newLeader(without: readonly Server[] = []): Promise<Server> {
    for (;;) {
      const found = await this.leader(without);
      if (found) return found;
      await sleep(10);
    }
  }

  /** Resolves when one leads and the two others follow it. */
  async whole(): Promise<Server> {
    for (;;) {
      const states = await Promise.all(this.all.map((server) => this.#state(server)));
      const leader = this.all[states.indexOf('leader')];
      if (leader && states.filter((state) => state === 'follower').length === 2) return leader;
      await sleep(100);
    }
  }

  async #state({ endpoint }: Server): Promise<string> {
    try {
      const { body } = await readNode(this.#settings, endpoint, { path: '/info', milliseconds: 300 });
      const { state = 'not told' } = JSON.parse(body) as { readonly state?: string };
      return state.toLowerCase();
    } catch (error) {
      return error instanceof Error ? 'unreachable' : String(error);
    }
  }
}

function pidOf({ pidFile }: Server): number {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  if (!Number.isInteger(pid) || pid <= 1) throw new Error(`${pidFile} holds no process id.`);
  return pid;
}
