import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openKurrentDbEventStore } from '../../src/event-store/kurrentdb.js';
import { openKurrentDbSecretStore, type KurrentDbSecretStore } from '../../src/secret-store/kurrentdb.js';
import { pendingErasures } from '../../src/start/erasures.js';
import { stillNeeded, type Scavenge } from '../../src/start/erasures-scavenges.js';
import { erasureWarning } from '../../src/start/erasures-told.js';
import { startKurrentDbDouble, type KurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';
import { newAccount, newSecret } from '../secret-store/contract.js';
import { rootKeys } from '../secret-store/temporary-store.js';
import { answers, startBothSides, type HttpAnswers } from './store-node.js';

const node = '127.0.0.1:2113';

describe('erasures that wait', () => {
  let double: KurrentDbDouble;
  let secrets: KurrentDbSecretStore;
  let scavenges: number;
  /** Where the server listens that `run` starts. */
  let port: number;
  beforeEach(async () => {
    scavenges = 0;
    double = await startKurrentDbDouble();
    const log = await openKurrentDbEventStore({ connectionString: double.connectionString() });
    secrets = await openKurrentDbSecretStore({ log, rootKeys: rootKeys('k1') });
    onTestFinished(() => log.close());
  });
  afterEach(async () => {
    await secrets.close();
    await double.stop();
  });

  const noted = (type: string, data: Record<string, unknown>) => {
    const event = { id: randomUUID(), type, contentType: 'application/json', data: Buffer.from(JSON.stringify(data)), metadata: Buffer.alloc(0) };
    double.log.append('$scavenges', 'any', [event], Date.now());
  };
  /** A server that scavenges when it is told to, as the real ones do: it begins, then notes how it ended. */
  const scavenging = (result: string, down: readonly number[] = []): HttpAnswers => ({
    'GET /gossip': (request) => {
      const others = down.map((other) => ({ port: other, state: 'Follower', isAlive: false }));
      return answers('leader', [{ port, state: 'Leader', isAlive: true }, ...others])['GET /gossip']?.(request) ?? [500, ''];
    },
    'POST /admin/scavenge': () => {
      const scavengeId = randomUUID();
      noted('$scavengeStarted', { scavengeId, nodeEndpoint: `127.0.0.1:${port}` });
      scavenges++;
      if (scavenges > 1) double.log.scavenge();
      noted('$scavengeCompleted', { scavengeId, nodeEndpoint: `127.0.0.1:${port}`, result });
      return [200, `ScavengeId: ${scavengeId}`];
    },
    'GET /admin/scavenge/current': () => [200, 'ScavengeId: , ScavengeLink: '],
  });
  const run = async (options: { readonly user?: string; readonly scavenge?: boolean } = {}, server: HttpAnswers = scavenging('Success')) => {
    port = await startBothSides(double, server);
    const connectionString = `kurrentdb://127.0.0.1:${port}?tls=false`;
    let told = '';
    const failed = await pendingErasures(
      { eventStore: { engine: 'KURRENTDB', connectionString } },
      { scavenge: true, ...options },
      { write: (text) => (told += text), screen: { write: () => true, isTTY: false, columns: 80 } },
    ).catch((error: unknown) => String(error));
    return { told, failed };
  };
  const erased = async () => {
    const account = newAccount();
    await secrets.put(account, [newSecret('hunter2')]);
    await secrets.shred(account);
    return account;
  };
  const bytesOf = (account: string) =>
    double.log.records.filter(
      ({ streamId, type, data }) => streamId.includes(account) && type !== '$streamDeleted' && /pl1\.|wrappedKey/.test(data.toString()),
    );

  it('are none in the embedded store', async () => {
    let told = '';
    await pendingErasures({ eventStore: { engine: 'EMBEDDED' } }, { scavenge: true }, { write: (text) => (told += text) });
    expect(told).toContain('Nothing waits');
  });

  it('are named with what is to be done, and without a user nothing is done', async () => {
    const account = await erased();
    const { told } = await run();
    expect(told).toContain(`account ${account}: its key and its passwords`);
    expect(told).toContain('npx postledger erasures pending --user ops');
    expect(bytesOf(account)).not.toHaveLength(0);
    expect(scavenges).toBe(0);
  });

  it('are gone once each server has scavenged twice, which a user has them do', async () => {
    const account = await erased();
    expect(await run({ user: 'ops' })).toMatchObject({ failed: undefined, told: expect.stringContaining('Gone from the files of all servers') as unknown });
    const scavenged = port;
    expect(scavenges).toBe(2);
    expect(bytesOf(account)).toEqual([]);
    expect(await run()).toEqual({ told: 'Nothing waits.\n', failed: undefined });
    expect(await secrets.pendingErasures()).toEqual([]);
    const recorded = double.log.records.filter(({ type }) => type === 'ServersScavenged');
    expect(recorded.map(({ data }) => JSON.parse(data.toString()) as object)).toEqual([{ servers: [`127.0.0.1:${scavenged}`] }]);
  });

  it('wait again after the next erase', async () => {
    await erased();
    await run({ user: 'ops' });
    const account = await erased();
    expect(await secrets.pendingErasures()).toMatchObject([{ kind: 'account', accountId: account }]);
  });

  it('are only asked for, when no scavenge is wanted', async () => {
    await erased();
    const { told } = await run({ user: 'ops', scavenge: false });
    expect(told).toContain(`127.0.0.1:${port} has to scavenge 2 times more`);
    expect(scavenges).toBe(0);
  });

  it('go on waiting when a scavenge did not succeed', async () => {
    await erased();
    const { failed } = await run({ user: 'ops' }, scavenging('Failed'));
    expect(failed).toContain(`127.0.0.1:${port} did not succeed: Failed`);
    expect(await secrets.pendingErasures()).toHaveLength(1);
  });

  it('go on waiting while a server is down that has them in its files', async () => {
    await erased();
    const { failed } = await run({ user: 'ops' }, scavenging('Success', [2114]));
    expect(scavenges).toBe(2);
    expect(failed).toContain('down: 127.0.0.1:2114');
    expect(await secrets.pendingErasures()).toHaveLength(1);
  });

  it('tell an operator who may not scavenge what to do', async () => {
    await erased();
    const { failed } = await run({ user: 'anna' }, { ...scavenging('Success'), 'POST /admin/scavenge': () => [401, ''] });
    expect(failed).toContain('anna may not scavenge');
  });
});

describe('the scavenges that a server still needs', () => {
  const scavenge = (position: bigint, result: string | null = 'Success', of = node): Scavenge => ({ id: `${position}`, node: of, position, result });
  it.each<[string, readonly Scavenge[], number]>([
    ['two, when there was none', [], 2],
    ['two, when both were before the erase', [scavenge(5n), scavenge(9n)], 2],
    ['one, when one began after it', [scavenge(9n), scavenge(11n)], 1],
    ['none, when two began after it', [scavenge(11n), scavenge(12n)], 0],
    ['one, when another was broken off', [scavenge(11n), scavenge(12n, null)], 1],
    ['one, when another failed', [scavenge(11n), scavenge(12n, 'Failed')], 1],
    ["two, when they were another server's", [scavenge(11n, 'Success', 'other:2113'), scavenge(12n, 'Success', 'other:2113')], 2],
  ])('are %s', (_case, scavenges, needed) => {
    expect(stillNeeded(scavenges, node, 10n)).toBe(needed);
  });
});

describe('the warning of the service', () => {
  const at = new Date('2026-11-24T12:00:00Z');
  it('is none when nothing waits', () => expect(erasureWarning([])).toBeNull());
  it('tells how many accounts wait, since when, and what to do', () => {
    const warning = erasureWarning([
      { kind: 'account', accountId: 'sales', at, position: 1n },
      { kind: 'secrets', accountId: 'other', secretIds: ['x'], at, position: 2n },
    ]);
    expect(warning).toMatch(/^1 erased account .* since 2026-11-24T12:00:00\.000Z.*npx postledger erasures pending --user ops\.$/);
  });
});
