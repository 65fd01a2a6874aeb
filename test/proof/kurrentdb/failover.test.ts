import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKurrentDbEventStore } from '../../../src/event-store/kurrentdb.js';
import { dose } from '../dose.js';
import { follow, type Follower } from './follower.js';
import { Load } from './load.js';
import { issueToken, startProcess, type ServiceProcess } from './service-process.js';
import { Servers, whatIsNeeded, type Server } from './servers.js';

const rounds = dose({ short: 2, full: 10 });
const nodes = 2;
const writersOfANode = 8;
const servers = Servers.fromEnvironment();

interface Round {
  /** Milliseconds from the fault until a server reports itself as the new leader. */
  readonly elected: number;
  /** Milliseconds from that report until another server reports itself as follower: before, the leader can store nothing. */
  readonly followed: number;
  /** Milliseconds from that report until each node has its first change acknowledged. The slower node. */
  readonly backAfterElection: number;
  /** The same, for the last of all writers. */
  readonly allBackAfterElection: number;
}

if (servers === null)
  describe('failover', () => {
    it('is proved on a real cluster', ({ skip }) => skip(whatIsNeeded));
  });
else describeFailover(servers);

function describeFailover(cluster: Servers): void {
  describe.each([
    {
      fault: 'is killed',
      strike: (leader: Server) => cluster.kill(leader),
      mend: (leader: Server) => cluster.start(leader),
      total: Number.POSITIVE_INFINITY,
      after: 1_000,
    },
    { fault: 'freezes', strike: (leader: Server) => cluster.freeze(leader), mend: thawed, total: 10_000, after: Number.POSITIVE_INFINITY },
  ])(`when the leader $fault, ${rounds} times under ${nodes * writersOfANode} writers`, ({ fault, strike, mend, total, after }) => {
    const run = randomBytes(4).toString('hex');
    const measured: Round[] = [];
    const processes: ServiceProcess[] = [];
    const loads: Load[] = [];
    const followers: Follower[] = [];
    const isOwn = (accountId: string) => accountId.startsWith(`proof-${run}-`);

    beforeAll(async () => {
      await cluster.whole();
      const token = await issueToken(cluster.connectionString);
      for (let node = 0; node < nodes; node++) {
        const started = await startProcess(cluster.connectionString);
        processes.push(started);
        const url = await started.listening;
        followers.push(await follow(url, token, isOwn));
        loads.push(
          new Load(
            url,
            token,
            Array.from({ length: writersOfANode }, (_, writer) => `proof-${run}-${node}-${writer}`),
          ),
        );
      }
      for (const load of loads) load.start();
      for (let round = 0; round < rounds; round++) measured.push(await struck(cluster, loads, strike, mend));
      for (const load of loads) await load.stop();
    }, 1_200_000);
    afterAll(async () => {
      for (const follower of followers) await follower.close();
      for (const started of processes) await started.stop();
    });

    it('no acknowledged change is lost and none is doubled', async () => {
      const log = await openKurrentDbEventStore({ connectionString: cluster.connectionString });
      const acknowledged = loads.flatMap((load) => load.acknowledged);
      const names = new Map<string, string[]>();
      for (const accountId of loads.flatMap((load) => load.accountIds)) {
        names.set(accountId, []);
        for await (const { data } of log.readStream(`emailAccount-${accountId}`)) names.get(accountId)?.push(String(data['accountName']));
      }
      await log.close();
      const lost = acknowledged.filter(({ accountId, change, version }) => names.get(accountId)?.[version - 1] !== `Change ${change}`);
      const doubled = [...names.values()].flatMap((each) => each.filter((name, index) => each.indexOf(name) !== index));
      process.stdout.write(`${report(fault, measured, loads, { lost: lost.length, doubled: doubled.length })}\n`);
      expect(lost).toEqual([]);
      expect(doubled).toEqual([]);
      expect([...names.values()].flat()).toHaveLength(acknowledged.length);
      // A proof without changes would prove nothing.
      expect(acknowledged.length).toBeGreaterThan(rounds * nodes * writersOfANode);
    });

    it('writes are back in time', () => {
      expect(measured).toHaveLength(rounds);
      expect(measured.filter(({ elected, backAfterElection }) => elected + backAfterElection > total || backAfterElection > after)).toEqual([]);
    });

    it('no process of the service ends, and no client is stuck', () => {
      expect(processes.map((started) => started.runs())).toEqual(processes.map(() => true));
      expect(loads.map(({ stuck }) => stuck)).toEqual(loads.map(() => 0));
    });

    it('subscriptions that were open all the time were told everything, once, in order', async () => {
      const made = loads.flatMap(({ acknowledged }) => acknowledged.map(({ accountId, version }) => `${accountId} ${version}`));
      for (const follower of followers) {
        await follower.until(made.length);
        expect(follower.ended()).toBeNull();
        expect(follower.told).toHaveLength(made.length);
        expect(new Set(follower.told)).toEqual(new Set(made));
      }
      expect(followers.map(({ told }) => told)).toEqual(followers.map(() => followers[0]?.told));
    });
  });

  async function thawed(leader: Server): Promise<void> {
    cluster.thaw(leader);
    // A deposed leader may end by itself, to cut off what only it had; whoever keeps servers running starts it again.
    await sleep(1_000);
  }
}

/** One fault of the leader under load, from a whole cluster to a whole cluster. */
async function struck(cluster: Servers, loads: readonly Load[], strike: (leader: Server) => void, mend: (leader: Server) => Promise<void>): Promise<Round> {
  const leader = await cluster.whole();
  const before = performance.now();
  await until(() => loads.every((load) => load.allSince(before)));
  const struckAt = performance.now();
  strike(leader);
  await cluster.newLeader([leader]);
  const electedAt = performance.now();
  const followed = cluster.follower([leader]).then(() => performance.now() - electedAt);
  await until(() => loads.every((load) => load.firstAfter(electedAt) !== undefined));
  const back = Math.max(...loads.map((load) => load.firstAfter(electedAt) ?? Number.POSITIVE_INFINITY));
  await until(() => loads.every((load) => load.allSince(electedAt)));
  const allBack = performance.now();
  await mend(leader);
  await cluster.whole();
  return { elected: electedAt - struckAt, followed: await followed, backAfterElection: back - electedAt, allBackAfterElection: allBack - electedAt };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

function report(
  fault: string,
  measured: readonly Round[],
  loads: readonly Load[],
  { lost, doubled }: { readonly lost: number; readonly doubled: number },
): string {
  const range = (values: readonly number[]) => `${(Math.min(...values) / 1000).toFixed(2)} to ${(Math.max(...values) / 1000).toFixed(2)} s`;
  const refused = new Map<string, number>();
  for (const load of loads) for (const [code, count] of load.refused) refused.set(code, (refused.get(code) ?? 0) + count);
  return [
    `leader ${fault}, ${measured.length} rounds: ${loads.reduce((sum, load) => sum + load.acknowledged.length, 0)} changes acknowledged, ${lost} lost, ${doubled} doubled`,
    `  new leader after ${range(measured.map(({ elected }) => elected))}; first change on the slower node ${range(measured.map((each) => each.backAfterElection))} after that,`,
    `  ${range(measured.map(({ elected, backAfterElection }) => elected + backAfterElection))} after the fault; the last of all writers ${range(measured.map((each) => each.allBackAfterElection))} after the election`,
    `  longest request ${(Math.max(...loads.map(({ longestRequest }) => longestRequest)) / 1000).toFixed(1)} s; refused: ${[...refused].map(([code, count]) => `${code} ${count}`).join(', ') || 'none'}`,
    `  each round (leader, first follower and changes back after that): ${measured.map(({ elected, followed, backAfterElection }) => `${elected.toFixed(0)}+${followed.toFixed(0)}/${backAfterElection.toFixed(0)}`).join(', ')} ms`,
  ].join('\n');
}
