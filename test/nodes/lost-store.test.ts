import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Front } from '../event-store/kurrentdb-double/front.js';
import { overDouble } from '../api/store-under-test.js';
import { startTestService, type TestService } from '../api/service.js';
import { create, nameOn, readiness, rename, startNodes, type Nodes } from './nodes.js';

let nodes: Nodes;
/** What stands between the second node and the store. */
let road: Front;
let cut: TestService;
beforeAll(async () => {
  const store = await overDouble({ operationMilliseconds: 400, attemptMilliseconds: 150 });
  nodes = await startNodes(1, store);
  road = new Front(() => store.double.node(0).front.port);
  await road.listen();
  cut = await nodes.add({ POSTLEDGER_EVENT_STORE: `kurrentdb://127.0.0.1:${road.port}?tls=false` });
});
afterAll(async () => {
  await nodes.stop();
  await road.close();
});

const codesOf = async (node: TestService, document: string, extensions: Record<string, unknown> = {}) =>
  (await node.query(document, {}, { extensions })).errors.map(({ extensions: { code } }) => code);

describe.each([
  ['does not answer any more', () => road.freeze(), () => road.thaw()],
  ['refuses connections', () => road.close(), () => road.listen()],
] as const)('a node whose store %s', (how, lose, find) => {
  it('serves what it has, says so in /readyz, refuses changes, shows nothing as newer than it is, and recovers by itself', async () => {
    const accountId = `Lost${how.length}`;
    const { consistencyToken: before } = await create(nodes.node(0), accountId);
    expect(await nameOn(cut, accountId, before)).toBe(accountId);
    await lose();

    const status = cut.data<{ serviceStatus: unknown }>('{ serviceStatus { ready eventStore { available } } }');
    const refused = codesOf(cut, `mutation { renameEmailAccount(input: { accountId: "${accountId}", accountName: "Refused" }) { errors { code } } }`);
    const { consistencyToken } = await rename(nodes.node(0), accountId, 'Meanwhile');
    const waiting = codesOf(cut, `{ emailAccount(accountId: "${accountId}") { accountName } }`, { consistencyToken });
    expect(await readiness(cut)).toEqual({ status: 503, eventStore: 'unavailable' });
    expect((await status).serviceStatus).toMatchObject({ ready: false, eventStore: { available: false } });
    expect(await refused).toEqual(['STORE_UNAVAILABLE']);
    expect((await fetch(new URL('/livez', cut.url))).status).toBe(200);
    expect(await readiness(nodes.node(0))).toEqual({ status: 200, eventStore: 'available' });
    expect(await nameOn(cut, accountId)).toBe(accountId);
    // The views are waited for two seconds.
    expect(await waiting).toEqual(['TIMEOUT']);

    await find();
    await expect.poll(async () => (await readiness(cut)).status, { timeout: 15_000 }).toBe(200);
    expect(await nameOn(cut, accountId)).toBe('Meanwhile');
    expect((await rename(cut, accountId, 'Back')).account).toMatchObject({ accountName: 'Back', version: 3 });
  });
});

describe('a node that starts while the store is down', () => {
  it('waits, and is there as soon as the store is', async () => {
    const store = await overDouble();
    onTestFinished(() => store.end());
    await store.double.kill(0);
    let listens = false;
    const starting = startTestService({}, { store }).finally(() => (listens = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(listens).toBe(false);
    await store.double.restart(0);
    const node = await starting;
    onTestFinished(() => node.stop());
    expect((await create(node, 'There')).account).toMatchObject({ version: 1 });
  });
});
