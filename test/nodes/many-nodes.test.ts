import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { once } from '../http/http-service.js';
import { closeFakeServers, smtpServer } from '../mail/lab/fake-server.js';
import { change, connect, create, gauge, nameOn, readiness, rename, startNodes, type Nodes } from './nodes.js';

let nodes: Nodes;
beforeAll(async () => {
  nodes = await startNodes(3);
});
afterAll(() => nodes.stop());

const sender = (password: string, port: number) => ({
  smtp: { identity: { emailAddress: 'a@example.com', password }, connection: { host: '127.0.0.1', port, startTls: 'DISABLED' } },
});

describe('a change on one node', () => {
  it('is seen on every other one at once by whoever sends the consistency token, over HTTP and WebSockets', async () => {
    const { consistencyToken } = await create(nodes.node(0), 'Seen');
    for (let round = 1; round <= 6; round++) {
      const writer = nodes.node(round % 3);
      const accountName = `Seen ${round}`;
      const token = round === 1 ? consistencyToken : (await rename(writer, 'Seen', accountName)).consistencyToken;
      const expected = round === 1 ? 'Seen' : accountName;
      expect(await Promise.all(nodes.all.map((node) => nameOn(node, 'Seen', token)))).toEqual([expected, expected, expected]);
    }
    const { consistencyToken: last } = await rename(nodes.node(0), 'Seen', 'Seen on WebSockets');
    const outcome = await once(connect(nodes.node(2)), '{ emailAccount(accountId: "Seen") { accountName } }', {}, { consistencyToken: last });
    expect(outcome.data).toEqual({ emailAccount: { accountName: 'Seen on WebSockets' } });
  });

  it('is seen on every other one without the token too, soon', async () => {
    await create(nodes.node(0), 'Soon');
    for (const node of nodes.all) await expect.poll(() => nameOn(node, 'Soon')).toBe('Soon');
  });

  it('reaches the subscriptions of every node; who comes back at another node with the cursor misses nothing and hears nothing twice', async () => {
    interface Heard {
      readonly emailAccountChanged: { readonly cursor: string; readonly entry: { readonly version: number } };
    }
    const query = 'subscription ($after: String) { emailAccountChanged(accountId: "Told", after: $after) { cursor entry { version } } }';
    await create(nodes.node(0), 'Told');
    const versions: number[] = [];
    let cursor = '0';
    for (let round = 0; round < 6; round++) {
      const heard = connect(nodes.node(round % 3)).iterate<Heard>({ query, variables: { after: cursor } });
      // Two for each connection; the rest is there already, or comes while it listens.
      for (let n = 0; n < 2; n++) {
        await rename(nodes.node((round + n + 1) % 3), 'Told', `Told ${round}.${n}`);
        const { value } = (await heard.next()) as { value: { data: Heard } };
        versions.push(value.data.emailAccountChanged.entry.version);
        ({ cursor } = value.data.emailAccountChanged);
      }
      await heard.return?.();
    }
    expect(versions).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  it('leaves one winner a version, however many nodes are used to make it', async () => {
    await create(nodes.node(0), 'Busy');
    const winners: string[] = [];
    for (let version = 1; version <= 4; version++) {
      const answers = await Promise.all(
        Array.from({ length: 9 }, (_, rival) => rename(nodes.node(rival % 3), 'Busy', `${version}.${rival}`, { expectedVersion: version })),
      );
      const won = answers.flatMap(({ account }) => (account === null ? [] : [account]));
      expect(won).toMatchObject([{ version: version + 1 }]);
      expect(answers.filter(({ errors }) => errors.some(({ code }) => code === 'VERSION_CONFLICT'))).toHaveLength(8);
      winners.push(won[0]?.accountName ?? '');
    }
    expect(await nameOn(nodes.node(2), 'Busy', (await rename(nodes.node(1), 'Other', 'x')).consistencyToken)).toBe(winners.at(-1));
  });
});

describe('the same idempotency key', () => {
  it('on several nodes at once is carried out once, and all get the same answer', async () => {
    const input = { sender: sender('hunter2', 1), idempotencyKey: 'created once' };
    const answers = await Promise.all([0, 1, 2, 0, 1, 2].map((index) => create(nodes.node(index), 'Once', input)));
    expect(new Set(answers.map(({ account, errors }) => JSON.stringify([account?.version, errors])))).toEqual(new Set([JSON.stringify([2, []])]));
    const renamed = await Promise.all([0, 1, 2].map((index) => rename(nodes.node(index), 'Once', 'Renamed once', { idempotencyKey: 'renamed once' })));
    expect(renamed.map(({ account }) => account?.version)).toEqual([3, 3, 3]);
    expect((await rename(nodes.node(1), 'Once', 'Something else', { idempotencyKey: 'renamed once' })).errors).toMatchObject([
      { code: 'IDEMPOTENCY_KEY_REUSED' },
    ]);
  });

  it('for different changes on several nodes at once makes one of them, and the others are told', async () => {
    await create(nodes.node(0), 'Reused');
    for (let round = 0; round < 5; round++) {
      const key = { idempotencyKey: `reused ${round}` };
      const answers = await Promise.all([0, 1, 2].map((index) => rename(nodes.node(index), 'Reused', `Round ${round} from ${index}`, key)));
      const made = answers.flatMap(({ account }) => (account === null ? [] : [account]));
      expect(made).toMatchObject([{ version: round + 2 }]);
      expect(answers.flatMap(({ errors }) => errors.map(({ code }) => code))).toEqual(['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_REUSED']);
      const token = answers.find(({ account }) => account !== null)?.consistencyToken;
      expect(await nameOn(nodes.node(2), 'Reused', token)).toBe(made[0]?.accountName);
    }
  });

  it('with different passwords on several nodes at once keeps one of them, and the others are told', async () => {
    for (let round = 0; round < 3; round++) {
      const more = (index: number) => ({ sender: sender(`password ${index}`, 1), idempotencyKey: `password ${round}` });
      const answers = await Promise.all([0, 1, 2].map((index) => create(nodes.node(index), `Password${round}`, more(index))));
      expect(answers.filter(({ account }) => account !== null)).toHaveLength(1);
      expect(answers.flatMap(({ errors }) => errors.map(({ code }) => code))).toEqual(['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_REUSED']);
    }
  });

  it('for the same token on several nodes at once issues one, which is shown to one caller and opens', async () => {
    for (let round = 0; round < 3; round++) {
      const document = `mutation { issueApiToken(input: { name: "Once", role: VIEWER, idempotencyKey: "token ${round}" }) { token errors { code } } }`;
      const answers = await Promise.all(nodes.all.map((node) => node.data<{ issueApiToken: { token: string | null; errors: unknown[] } }>(document)));
      const shown = answers.flatMap(({ issueApiToken }) => issueApiToken.token ?? []);
      expect(shown).toHaveLength(1);
      for (const node of nodes.all)
        await expect.poll(async () => (await node.query('{ viewer { role } }', {}, { token: shown[0] ?? '' })).data).toEqual({ viewer: { role: 'VIEWER' } });
    }
  });
});

describe('an API token', () => {
  const issue = async () => {
    const { issueApiToken } = await nodes
      .node(0)
      .data<{ issueApiToken: { token: string; apiToken: { id: string } } }>(
        'mutation { issueApiToken(input: { name: "Anna", role: VIEWER }) { token apiToken { id } } }',
      );
    return { token: issueApiToken.token, id: issueApiToken.apiToken.id };
  };
  const codesOn = async (index: number, token: string) =>
    (await nodes.node(index).query('{ viewer { role } }', {}, { token })).errors.map(({ extensions }) => extensions.code);

  it('that one node issued opens the others, WebSockets too; revoked on another it opens none, and open WebSockets are closed when they ask next', async () => {
    const { token, id } = await issue();
    await expect.poll(() => codesOn(2, token)).toEqual([]);
    let closedWith: (code: number) => void = () => undefined;
    const closed = new Promise<number>((resolve) => (closedWith = resolve));
    const client = connect(nodes.node(2), token, closedWith);
    expect((await once(client, '{ viewer { role } }')).data).toEqual({ viewer: { role: 'VIEWER' } });
    await nodes.node(1).data('mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { errors { code } } }', { id });
    expect(await codesOn(1, token)).toEqual(['UNAUTHENTICATED']);
    for (const index of [0, 2]) await expect.poll(() => codesOn(index, token)).toEqual(['UNAUTHENTICATED']);
    client.subscribe({ query: '{ viewer { role } }' }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    expect(await closed).toBe(4403);
  });
});

describe('erasing an account on one node', () => {
  it('closes its passwords on every other one from then on, though that node has just used them and has not heard of it yet', async () => {
    onTestFinished(closeFakeServers);
    const smtp = await smtpServer();
    await create(nodes.node(0), 'Erased', { sender: sender('hunter2', smtp.port) });
    const test = async (index: number) =>
      (
        await nodes
          .node(index)
          .data<{ testConnection: { test: { outcome: string } | null; errors: { code: string }[] } }>(
            'mutation { testConnection(input: { accountId: "Erased" }) { test { outcome } errors { code } } }',
          )
      ).testConnection;
    for (const index of [1, 2]) expect((await test(index)).test).toEqual({ outcome: 'PASSED' });
    const loggedIn = smtp.received();
    expect(loggedIn).toContain('AUTH PLAIN');
    expect((await change(nodes.node(0), 'eraseEmailAccount', { accountId: 'Erased', confirmation: 'Erased', reason: 'Asked for' })).errors).toEqual([]);
    for (const index of [1, 2]) expect(await test(index)).toMatchObject({ test: null, errors: [{ code: 'NOT_FOUND' }] });
    expect(smtp.received()).toBe(loggedIn);
    expect((await create(nodes.node(2), 'erased')).errors).not.toEqual([]);
  });
});

describe('each node', () => {
  it('says how far its views are: at the head of the log, with nothing to take', async () => {
    const { consistencyToken } = await create(nodes.node(0), 'Watched');
    for (const node of nodes.all) {
      await nameOn(node, 'Watched', consistencyToken);
      expect(await readiness(node)).toEqual({ status: 200, eventStore: 'available' });
      const head = (await gauge(node, 'postledger_log_head_position')).get('') ?? NaN;
      const [behind, seconds, positions] = await Promise.all(
        ['events_behind', 'seconds_behind', 'position'].map((figure) => gauge(node, `postledger_projection_${figure}`)),
      );
      const names = ['email-accounts', 'audit-trail', 'api-tokens'];
      expect([behind, seconds].map((figures) => names.map((name) => figures?.get(name)))).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
      expect(names.filter((name) => (positions?.get(name) ?? 0) < head)).toEqual([]);
    }
  });
});
