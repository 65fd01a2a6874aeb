import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { readConfig, type Config } from '../../src/config.js';
import { startService, type RunningService, type StartOptions } from '../../src/start/start-service.js';
import { storeUnderTest, type StoreUnderTest } from './store-under-test.js';

/** A whole service on a free port with a data directory of its own, spoken to over HTTP as any client would. */
export interface TestService {
  readonly url: string;
  readonly dataDirectory: string;
  readonly adminToken: string;
  /** What its first start issued; null when it was not the first over its store. */
  readonly bootstrapToken: string | null;
  readonly engine: Config['eventStore']['engine'];
  /** Everything the service has written to its log so far. */
  readonly logged: () => string;
  query(document: string, variables?: Record<string, unknown>, options?: QueryOptions): Promise<Response>;
  /** The data; fails the test on any top-level error. */
  data<Data>(document: string, variables?: Record<string, unknown>, options?: QueryOptions): Promise<Data>;
  /** A token of the role, issued through the API. */
  tokenFor(role: string): Promise<string>;
  /** Builds all views anew while the present ones serve, as SIGHUP does. */
  rebuildViews(): Promise<void>;
  /** Stops it and starts it again on the same data. */
  restart(): Promise<void>;
  /** The same, with something done to its data in between. */
  restartAfter(work: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface QueryOptions {
  readonly token?: string | null;
  readonly headers?: Record<string, string>;
  readonly extensions?: Record<string, unknown>;
}

export interface Response {
  readonly status: number;
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly { readonly message: string; readonly path?: readonly (string | number)[]; readonly extensions: { readonly code: string } }[];
  readonly text: string;
}

export interface TestServiceOptions extends Pick<StartOptions, 'additionalRoots' | 'discoveryMeans' | 'graphBaseUrl' | 'auditStreamTiming'> {
  /** Left out: an empty one of its own, of the engine that the run is about. */
  readonly store?: StoreUnderTest;
  /** For one that is not the first over its store, hence issues none. */
  readonly adminToken?: string;
}

export async function startTestService(
  environment: Record<string, string> = {},
  { store, adminToken: given, ...options }: TestServiceOptions = {},
): Promise<TestService> {
  const own = store ?? (await storeUnderTest());
  const dataDirectory = await mkdtemp(join(tmpdir(), 'postledger-'));
  const lines: string[] = [];
  const log = new PassThrough();
  log.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const start = () =>
    startService(
      readConfig({
        POSTLEDGER_PORT: '0',
        POSTLEDGER_DATA_DIR: dataDirectory,
        POSTLEDGER_EGRESS_ALLOW_LOOPBACK: 'true',
        POSTLEDGER_LOG_LEVEL: 'debug',
        ...own.environment,
        ...environment,
      }),
      { log, ...own.options, ...options },
    );
  let running: RunningService = await start();
  const { bootstrapToken } = running;
  const adminToken = given ?? (await readFile(join(dataDirectory, 'bootstrap-token'), 'utf8')).trim();

  const query: TestService['query'] = async (document, variables = {}, { token = adminToken, headers = {}, extensions } = {}) => {
    const answer = await fetch(running.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      body: JSON.stringify({ query: document, variables, ...(extensions && { extensions }) }),
    });
    const text = await answer.text();
    const body = JSON.parse(text) as Partial<Response>;
    return { status: answer.status, data: body.data ?? null, errors: body.errors ?? [], text };
  };
  const data: TestService['data'] = async <Data>(document: string, variables?: Record<string, unknown>, options?: QueryOptions) => {
    const answer = await query(document, variables, options);
    if (answer.errors.length > 0 || answer.data === null) throw new Error(`The service answered ${answer.status}: ${answer.text}`);
    return answer.data as Data;
  };
  const restartAfter = async (work: () => Promise<void>) => {
    await running.stop();
    await work();
    running = await start();
  };
  return {
    get url() {
      return running.url;
    },
    dataDirectory,
    adminToken,
    bootstrapToken,
    engine: running.config.eventStore.engine,
    logged: () => lines.join(''),
    query,
    data,
    async tokenFor(role) {
      const { issueApiToken } = await data<{ issueApiToken: { token: string } }>(
        'mutation ($input: IssueApiTokenInput!) { issueApiToken(input: $input) { token } }',
        {
          input: { name: role.toLowerCase(), role },
        },
      );
      return issueApiToken.token;
    },
    rebuildViews: () => running.rebuildViews(),
    restart: () => restartAfter(() => Promise.resolve()),
    restartAfter,
    async stop() {
      await running.stop();
      await rm(dataDirectory, { recursive: true, force: true });
      if (!store) await own.end();
    },
  };
}
