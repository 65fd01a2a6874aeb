import { createClient, type Client } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startTestService, type TestService } from './service.js';

let service: TestService;
const clients: Client[] = [];
beforeAll(async () => {
  service = await startTestService();
});
afterEach(() => {
  for (const client of clients.splice(0)) void client.dispose();
});
afterAll(() => service.stop());

function connect(token: string = service.adminToken): Client {
  const client = createClient({
    url: service.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  clients.push(client);
  return client;
}
function subscribe<Data>(query: string, variables: Record<string, unknown> = {}, client: Client = connect()) {
  return client.iterate<Data>({ query, variables });
}
async function take<Data>(stream: AsyncIterableIterator<{ data?: Data | null }>, count: number): Promise<NonNullable<Data>[]> {
  const taken: NonNullable<Data>[] = [];
  while (taken.length < count) {
    const { value, done } = (await stream.next()) as IteratorResult<{ data?: Data | null }, undefined>;
    if (done === true || !value?.data) throw new Error(`The stream ended after ${taken.length}: ${JSON.stringify(value)}`);
    taken.push(value.data);
  }
  return taken;
}
const create = (accountId: string) =>
  service.data<{ createEmailAccount: { consistencyToken: string } }>(
    'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code } consistencyToken } }',
    {
      input: { accountId, accountName: accountId },
    },
  );
const rename = (accountId: string, accountName: string) =>
  service.data('mutation ($input: RenameEmailAccountInput!) { renameEmailAccount(input: $input) { errors { code } } }', { input: { accountId, accountName } });

interface Change {
  readonly emailAccountChanged: {
    readonly cursor: string;
    readonly accountId: string;
    readonly account: { readonly accountName: string } | null;
    readonly entry: { readonly action: string };
  };
}
const changes =
  'subscription ($accountId: ID, $after: String) { emailAccountChanged(accountId: $accountId, after: $after) { cursor accountId account { accountName } entry { action } } }';

describe('emailAccountChanged', () => {
  it('tells of each change as it is made, of the account asked for alone', async () => {
    await create('Watched');
    const stream = subscribe<Change>(changes, { accountId: 'WATCHED', after: '0' });
    await take(stream, 1);
    const next = take(stream, 2);
    await create('Other');
    await rename('Watched', 'One');
    await rename('Watched', 'Two');
    expect((await next).map(({ emailAccountChanged }) => [emailAccountChanged.accountId, emailAccountChanged.entry.action])).toEqual([
      ['Watched', 'AccountRenamed'],
      ['Watched', 'AccountRenamed'],
    ]);
  });

  it('goes on after the cursor last seen: nothing is missed and nothing told twice', async () => {
    await create('Resumed');
    for (let n = 1; n <= 3; n++) await rename('Resumed', `Name ${n}`);
    const [created, second] = await take(subscribe<Change>(changes, { accountId: 'Resumed', after: '0' }), 2);
    expect([created?.emailAccountChanged.entry.action, second?.emailAccountChanged.entry.action]).toEqual(['AccountCreated', 'AccountRenamed']);
    await rename('Resumed', 'Name 4');
    const rest = await take(subscribe<Change>(changes, { accountId: 'Resumed', after: second?.emailAccountChanged.cursor }), 3);
    const cursors = [created, second, ...rest].map((change) => BigInt(change?.emailAccountChanged.cursor ?? -1));
    expect(cursors).toEqual([...new Set(cursors)].sort((one, other) => (one < other ? -1 : 1)));
  });

  it('keeps the entry from those who may not read history', async () => {
    await create('Shown');
    const stream = subscribe<Change>(changes, { accountId: 'Shown', after: '0' }, connect(await service.tokenFor('VIEWER')));
    const { value } = (await stream.next()) as { value: { data: unknown; errors: { extensions: { code: string } }[] } };
    expect(value.errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });
});

describe('auditEntryRecorded', () => {
  it('tells of refused attempts as well', async () => {
    const stream = subscribe<{ auditEntryRecorded: { action: string; outcome: string; entityId: string } }>(
      'subscription { auditEntryRecorded(filter: { outcome: [REFUSED] }, after: "0") { action outcome entityId } }',
    );
    const entryFor = (entityId: string) => [{ auditEntryRecorded: { action: 'CommandRefused', outcome: 'REFUSED', entityId } }];
    await rename('Nobody', 'X');
    expect(await take(stream, 1)).toEqual(entryFor('Nobody'));
    const next = take(stream, 1);
    await rename('Somebody', 'X');
    expect(await next).toEqual(entryFor('Somebody'));
  });

  it('is for auditors and administrators', async () => {
    const stream = subscribe('subscription { auditEntryRecorded { action } }', {}, connect(await service.tokenFor('EDITOR')));
    const answer = await stream.next().then(
      ({ value }) => JSON.stringify(value),
      (error: unknown) => JSON.stringify(error),
    );
    expect(answer).toContain('FORBIDDEN');
  });
});

describe('connectionTestProgress', () => {
  it('tells of the steps as they end, then of the whole test', async () => {
    const stream = subscribe<{ connectionTestProgress: { stage: { stage: string; code: string } | null; test: { outcome: string } | null } }>(
      'subscription ($input: TestConnectionInput!) { connectionTestProgress(input: $input) { stage { stage outcome code } test { outcome stages { stage } } } }',
      {
        input: {
          draft: { sender: { smtp: { identity: { emailAddress: 'a@example.com' }, connection: { host: '127.0.0.1', port: 1, startTls: 'DISABLED' } } } },
        },
      },
    );
    const messages: { stage: { stage: string; code: string } | null; test: { outcome: string } | null }[] = [];
    for await (const { data } of stream) if (data) messages.push(data.connectionTestProgress);
    expect(messages.at(-1)).toMatchObject({ stage: null, test: { outcome: 'FAILED' } });
    expect(messages.slice(0, -1).every(({ stage, test }) => stage !== null && test === null)).toBe(true);
    expect(messages.some(({ stage }) => stage?.stage === 'CONNECT' && stage.code === 'CONNECTION_REFUSED')).toBe(true);
  });

  it('says what is wrong with its input in the shape of a payload', async () => {
    const stream = subscribe('subscription { connectionTestProgress(input: { accountId: "Nobody" }) { stage { stage } } }');
    const { value } = (await stream.next()) as { value: { errors: { extensions: unknown }[] } };
    expect(value.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', problems: [{ code: 'NOT_FOUND', field: ['accountId'] }] } }]);
  });

  it('that is refused is on record, and one that its caller ends is as well', async () => {
    const refused = subscribe('subscription { connectionTestProgress(input: { accountId: "Nowhere" }) { stage { stage } } }');
    await refused.next();
    const ended = subscribe(
      'subscription { connectionTestProgress(input: { draft: { sender: { smtp: { identity: { emailAddress: "a@example.com" }, connection: { host: "127.0.0.1", port: 1 } } } } }) { stage { stage } } }',
    );
    await ended.next();
    await ended.return?.();
    const recorded = async () => {
      const { auditTrail } = await service.data<{ auditTrail: { nodes: { action: string; command?: string; entityId: string }[] } }>(
        `{ auditTrail(filter: { action: ["CommandRefused", "DraftConnectionTested"] }, last: 2) {
           nodes { action entityId ... on CommandRefusedEntry { command } ... on DraftConnectionTestedEntry { command } } } }`,
      );
      return auditTrail.nodes;
    };
    const command = 'connectionTestProgress';
    await expect.poll(recorded).toEqual([
      { action: 'CommandRefused', entityId: 'Nowhere', command },
      { action: 'DraftConnectionTested', entityId: 'draft', command },
    ]);
  });
});
