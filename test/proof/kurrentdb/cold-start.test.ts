import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dose } from '../dose.js';
import { Load } from './load.js';
import { issueToken, startProcess, type ServiceProcess } from './service-process.js';
import { Servers, whatIsNeeded } from './servers.js';

/** How long every server is down. A node says what it waits for once it has tried for ten seconds. */
const downMilliseconds = dose({ short: 15_000, full: 60_000 });
const servers = Servers.fromEnvironment();

if (servers === null)
  describe('a cluster that is down', () => {
    it('is proved on a real cluster', ({ skip }) => skip(whatIsNeeded));
  });
else describeColdStart(servers);

function describeColdStart(cluster: Servers): void {
  describe(`when every server of the cluster is down for ${downMilliseconds / 1000} s`, () => {
    const run = randomBytes(4).toString('hex');
    const processes: ServiceProcess[] = [];
    const loads: Load[] = [];
    let logWhileDown = '';
    let listenedWhileDown = false;
    let [elected, listened, back] = [0, 0, 0];
    const loadOn = (url: string, token: string) => {
      const load = new Load(
        url,
        token,
        [0, 1, 2, 3].map((writer) => `cold-${run}-${loads.length}-${writer}`),
      );
      loads.push(load);
      load.start();
      return load;
    };

    beforeAll(async () => {
      await cluster.whole();
      const token = await issueToken(cluster.connectionString);
      const running = await startProcess(cluster.connectionString);
      processes.push(running);
      const through = loadOn(await running.listening, token);
      while (!through.allSince(0)) await sleep(10);

      for (const server of cluster.all) cluster.kill(server);
      const starting = await startProcess(cluster.connectionString);
      processes.push(starting);
      const listening = starting.listening.then((url) => {
        listened = performance.now();
        return url;
      });
      await sleep(downMilliseconds);
      logWhileDown = starting.log();
      listenedWhileDown = listened > 0;

      const startingServers = startAll(cluster);
      await cluster.newLeader();
      elected = performance.now();
      const late = loadOn(await listening, token);
      while (through.firstAfter(elected) === undefined || !late.allSince(0)) await sleep(10);
      back = through.firstAfter(elected) ?? 0;
      for (const load of loads) await load.stop();
      await startingServers;
      process.stdout.write(
        `all servers down for ${downMilliseconds / 1000} s: a node that was started meanwhile listened ${inSeconds(listened - elected)} after a server reported itself as leader, ` +
          `changes on the one that ran were back after ${inSeconds(back - elected)}\n`,
      );
    }, 600_000);
    afterAll(async () => {
      for (const started of processes) await started.stop();
    });

    it('a node that is started meanwhile does not listen, and says of each server what is the matter and what to do', () => {
      expect(listenedWhileDown).toBe(false);
      for (const { endpoint } of cluster.all) expect(logWhileDown).toContain(`STORE_PORT_REFUSED ${endpoint.address}:${endpoint.port}`);
    });

    it('that node listens once the servers are up, and takes changes', () => {
      expect(listened).toBeGreaterThan(0);
      expect(loads[1]?.acknowledged.length).toBeGreaterThan(0);
    });

    it('a node that ran all the time takes changes again, without a start', () => {
      expect(back).toBeGreaterThan(elected);
      expect(processes.map((started) => started.runs())).toEqual([true, true]);
      expect(loads.map(({ stuck }) => stuck)).toEqual([0, 0]);
    });
  });
}

async function startAll(cluster: Servers): Promise<void> {
  for (const server of cluster.all) await cluster.start(server);
}

const inSeconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
