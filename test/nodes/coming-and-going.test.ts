import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestService } from '../api/service.js';
import { canaries, filesWith, shapesOf } from '../api/canaries.js';
import { clusterUnderTest, overDouble } from '../api/store-under-test.js';
import { create, nameOn, rename, startNodes } from './nodes.js';

describe('nodes that start for the first time, all at once', () => {
  it('issue one bootstrap token among them, which then opens every one', async () => {
    const store = await clusterUnderTest();
    const rootKeys = { POSTLEDGER_ROOT_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}` };
    const started = await Promise.all([1, 2, 3].map(() => startTestService(rootKeys, { store, adminToken: 'not known yet' })));
    onTestFinished(async () => {
      await Promise.all(started.map((node) => node.stop()));
      await store.end();
    });
    const issued = started.flatMap(({ bootstrapToken }) => bootstrapToken ?? []);
    expect(issued).toHaveLength(1);
    const [token = ''] = issued;
    for (const node of started)
      await expect.poll(async () => (await node.query('{ viewer { role } }', {}, { token })).data).toEqual({ viewer: { role: 'ADMIN' } });
    const known = await Promise.all(started.map((node) => node.data('{ apiTokens { totalCount } }', {}, { token })));
    expect(known).toEqual(started.map(() => ({ apiTokens: { totalCount: 1 } })));
  });
});

describe('a node that is added later', () => {
  it('answers nothing before it has all that was there when it started, while others go on writing', async () => {
    const nodes = await startNodes(1);
    onTestFinished(() => nodes.stop());
    const first = nodes.node(0);
    const before = Array.from({ length: 20 }, (_, index) => `Before${index}`);
    await Promise.all(before.map((accountId) => create(first, accountId)));
    const started = new AbortController();
    const meanwhile = (async () => {
      const written: string[] = [];
      for (let n = 0; !started.signal.aborted || written.length < 5; n++) {
        await create(first, `Meanwhile${n}`);
        written.push(`Meanwhile${n}`);
      }
      return written;
    })();
    const added = await nodes.add();
    const { emailAccounts } = await added.data<{ emailAccounts: { nodes: { accountId: string }[] } }>(
      '{ emailAccounts(first: 100, filter: { text: "Before" }) { nodes { accountId } } }',
    );
    started.abort();
    const written = await meanwhile;
    expect(emailAccounts.nodes.map(({ accountId }) => accountId).toSorted()).toEqual(expect.arrayContaining(before.toSorted()));
    const { consistencyToken } = await create(first, 'Last');
    for (const accountId of [...before, ...written, 'Last']) expect(await nameOn(added, accountId, consistencyToken)).toBe(accountId);
  });
});

describe('a rolling restart under load', () => {
  it('loses no request that was accepted, and carries none out twice', async () => {
    const nodes = await startNodes(3);
    onTestFinished(() => nodes.stop());
    for (let writer = 0; writer < 6; writer++) await create(nodes.node(writer % 3), `Rolled${writer}`);
    const over = new AbortController();
    let refused = 0;
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      const accountId = `Rolled${writer}`;
      let changes = 0;
      // As a client behind a load balancer: when a node does not answer, the same change goes to another one.
      for (let turn = writer; !over.signal.aborted; turn++) {
        const accountName = `${accountId} ${changes + 1}`;
        const { account } = await rename(nodes.node(turn % 3), accountId, accountName, { idempotencyKey: accountName }).catch((error: unknown) => ({
          account: null,
          error,
        }));
        if (account === null) {
          refused += 1;
          continue;
        }
        changes += 1;
        expect(account).toEqual({ version: changes + 1, accountName });
      }
      return { accountId, changes };
    });
    for (const node of nodes.all) await node.restart();
    over.abort();
    const done = await Promise.all(writers);
    const { consistencyToken } = await create(nodes.node(0), 'After');
    for (const { accountId, changes } of done) {
      const { emailAccount } = await nodes
        .node(2)
        .data<{ emailAccount: unknown }>(
          'query ($accountId: ID!) { emailAccount(accountId: $accountId) { version accountName } }',
          { accountId },
          { extensions: { consistencyToken } },
        );
      expect(emailAccount).toEqual({ version: changes + 1, accountName: `${accountId} ${changes}` });
    }
    // Without load and without restarts it would prove nothing.
    expect(Math.min(...done.map(({ changes }) => changes))).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });
});

describe('a password that was entered on any node', () => {
  it('is in no event of the store and in no file of a node', async () => {
    const store = await overDouble();
    const nodes = await startNodes(2, store);
    onTestFinished(() => nodes.stop());
    const [one = '', other = '', third = ''] = canaries;
    const sender = (password: string) => ({ smtp: { identity: { emailAddress: 'a@example.com', password }, connection: { host: 'smtp.example.com' } } });
    await create(nodes.node(0), 'Canary', { sender: sender(one) });
    await nodes.node(1).data('mutation ($input: ChangeSenderPasswordInput!) { changeSenderPassword(input: $input) { errors { code } } }', {
      input: { accountId: 'Canary', password: other },
    });
    await create(nodes.node(1), 'Canary', { sender: sender(third) });
    const stored = store.double.log.records.map(({ data, metadata }) => `${data.toString()}\n${metadata.toString()}`).join('\n');
    expect(stored).toContain('"accountId":"Canary"');
    const shapes = [one, other, third].flatMap(shapesOf);
    expect(shapes.filter((shape) => stored.includes(shape))).toEqual([]);
    for (const { dataDirectory } of nodes.all) expect((await filesWith(dataDirectory, shapes)).found).toEqual([]);
  });
});
