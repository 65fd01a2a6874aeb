import { exec } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { env, kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConnectionString, type Endpoint } from '../../../src/event-store/kurrentdb/connection-string.js';
import { membersKnownTo } from '../../../src/start/store-members.js';
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

  /** Resolves as soon as one of the others reports itself as the leader, looked for every 10 ms. */
  newLeader(without: readonly Server[] = []): Promise<Server> {
    return this.#inState('leader', without);
  }

  /** Resolves as soon as one of the others follows the leader. */
  follower(without: readonly Server[] = []): Promise<Server> {
    return this.#inState('follower', without);
  }

  async #inState(state: 'leader' | 'follower', without: readonly Server[]): Promise<Server> {
    const asked = this.all.filter((server) => !without.includes(server));
    for (;;) {
      const states = await Promise.all(asked.map((server) => this.#state(server)));
      const found = asked[states.indexOf(state)];
      if (found) return found;
      await sleep(10);
    }
  }

  /** Resolves when each server knows of all three that they are alive, and that the same one leads and the others follow: what was deposed has come back, and the others have heard of it. */
  async whole(): Promise<Server> {
    for (;;) {
      const leaders = await Promise.all(this.all.map(({ endpoint }) => this.#leaderKnownTo(endpoint)));
      const leader = this.all.find(({ endpoint }) => leaders.every((known) => known !== null && known === endpoint.port));
      if (leader) return leader;
      await sleep(100);
    }
  }

  /** The port of the leader, as this server has heard; null while it does not know of three that are alive and agree. */
  async #leaderKnownTo(endpoint: Endpoint): Promise<number | null> {
    try {
      const members = await membersKnownTo(this.#settings, endpoint);
      const [leader, ...others] = members.filter(({ leads }) => leads);
      return members.length === 3 && members.every(({ isAlive }) => isAlive) && others.length === 0 ? (leader?.endpoint.port ?? null) : null;
    } catch (error) {
      if (error instanceof Error) return null;
      throw error;
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
