import { randomBytes } from 'node:crypto';
import { createClient, type Client } from 'graphql-ws';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startTestService, type TestService } from '../api/service.js';
import { clusterUnderTest, type StoreUnderTest } from '../api/store-under-test.js';

/** Services over one store, each with a data directory and views of its own. */
export interface Nodes {
  readonly all: readonly TestService[];
  node(index: number): TestService;
  /** One more. `environment`: where it differs from the others. */
  add(environment?: Readonly<Record<string, string>>): Promise<TestService>;
  stop(): Promise<void>;
}

export async function startNodes(count: number, given?: StoreUnderTest): Promise<Nodes> {
  const store = given ?? (await clusterUnderTest());
  const rootKeys = `k1:${randomBytes(32).toString('base64')}`;
  const all: TestService[] = [];
  const add: Nodes['add'] = async (environment = {}) => {
    const [first] = all;
    const options = { store, ...(first && { adminToken: first.adminToken }) };
    const added = await startTestService({ POSTLEDGER_ROOT_KEYS: rootKeys, ...environment }, options);
    all.push(added);
    return added;
  };
  for (let n = 0; n < count; n++) await add();
  return {
    all,
    node(index) {
      const found = all[index];
      if (!found) throw new RangeError(`There is no node ${index}.`);
      return found;
    },
    add,
    async stop() {
      await Promise.all(all.map((node) => node.stop()));
      await store.end();
    },
  };
}

export interface Payload {
  readonly account: { readonly version: number; readonly accountName: string } | null;
  readonly errors: readonly { readonly code: string }[];
  readonly consistencyToken: string;
}

/** A change of an account, in the shape `{ "accountId": … }` of its input. */
export async function change(node: TestService, mutation: string, input: Readonly<Record<string, unknown>>, token?: string): Promise<Payload> {
  const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
  const document = `mutation ($input: ${type}!) { ${mutation}(input: $input) { account { version accountName } errors { code message } consistencyToken } }`;
  const data = await node.data<Record<string, Payload>>(document, { input }, token === undefined ? {} : { token });
  const payload = data[mutation];
  if (!payload) throw new Error(`${mutation} answered without a payload.`);
  return payload;
}

export const create = (node: TestService, accountId: string, more: Readonly<Record<string, unknown>> = {}) =>
  change(node, 'createEmailAccount', { accountId, accountName: accountId, ...more });

export const rename = (node: TestService, accountId: string, accountName: string, more: Readonly<Record<string, unknown>> = {}) =>
  change(node, 'renameEmailAccount', { accountId, accountName, ...more });

/** The account's name on the node; null when there is none. With a consistency token: no older than that. */
export async function nameOn(node: TestService, accountId: string, consistencyToken?: string): Promise<string | null> {
  const { emailAccount } = await node.data<{ emailAccount: { accountName: string } | null }>(
    'query ($accountId: ID!) { emailAccount(accountId: $accountId) { accountName } }',
    { accountId },
    consistencyToken === undefined ? {} : { extensions: { consistencyToken } },
  );
  return emailAccount?.accountName ?? null;
}

/** A WebSocket of this test to the node. */
export function connect(node: TestService, token: string = node.adminToken, closed: (code: number) => void = () => undefined): Client {
  const client = createClient({
    url: node.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
    on: { closed: (event) => closed((event as { readonly code: number }).code) },
  });
  onTestFinished(() => void client.dispose());
  return client;
}

export async function readiness(node: TestService): Promise<{ readonly status: number; readonly eventStore: string }> {
  const answer = await fetch(new URL('/readyz', node.url));
  const { detail } = (await answer.json()) as { readonly detail: { readonly eventStore: string } };
  return { status: answer.status, eventStore: detail.eventStore };
}

/** The values of a gauge by the name of the view, or under '' when it has no labels. */
export async function gauge(node: TestService, name: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(new URL('/metrics', node.url))).text();
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, found, labels = '', value] = /^(\w+)(?:\{([^}]*)\})? (\S+)$/.exec(line) ?? [];
      return found === name ? [[/projection="([^"]+)"/.exec(labels)?.[1] ?? '', Number(value)] as const] : [];
    }),
  );
}
