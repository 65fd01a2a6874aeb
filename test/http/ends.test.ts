import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingContext } from '../schema/recording-context.js';
import { once, startHttpService, transports, type HttpService } from './http-service.js';

const idle = recordingContext('ADMIN').context;
const test = 'mutation Try { testConnection(input: { accountId: "Sales" }) { pending } }';
const rename = 'mutation { renameEmailAccount(input: { accountId: "Sales", accountName: "Sales" }) { errors { code } } }';
const atVersion = '{ emailAccount(accountId: "Sales", atVersion: 1) { accountName } }';

/** Something that lasts until its signal aborts, and says when it began and how it ended. */
class Lasting {
  readonly began: Promise<void>;
  readonly aborted: Promise<void>;
  #begin: () => void = () => undefined;
  #abort: () => void = () => undefined;

  constructor() {
    this.began = new Promise((resolve) => (this.#begin = resolve));
    this.aborted = new Promise((resolve) => (this.#abort = resolve));
  }

  until(signal: AbortSignal): Promise<never> {
    this.#begin();
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => {
        this.#abort();
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      }),
    );
  }
}

describe('an operation', () => {
  let service: HttpService;
  let lasting: Lasting;
  beforeAll(async () => {
    service = await startHttpService({ limits: { operationSeconds: 0.05 } });
  });
  beforeEach(() => {
    lasting = new Lasting();
    service.failedCommands.length = 0;
    service.behave({
      connectionTests: { ...idle.connectionTests, test: (_call, _input, signal) => lasting.until(signal) },
      configurationHistory: { reading: () => ({ ...idle.configurationHistory.reading(), ofVersion: () => new Promise(() => undefined) }) },
    });
  });
  afterAll(() => service.stop());

  describe.each(transports)('over %s', (_transport, ask) => {
    it('that takes too long is given up, and stopped where it can be', async () => {
      const { data, errors } = await ask(service, test);
      expect(data).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT', seconds: 0.05 } }]);
      expect(errors[0]?.message).toContain('same idempotency key');
      await lasting.aborted;
    });

    it('that only reads and takes too long is given up, and may be sent again', async () => {
      const { errors } = await ask(service, atVersion);
      expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
      expect(errors[0]?.message).not.toContain('idempotency');
    });
  });

  it('that was stopped is no fault', async () => {
    await service.query(test);
    await lasting.aborted;
    await service.query('{ __typename }');
    expect(service.failedCommands).toEqual([]);
    expect(service.logged()).not.toContain('"msg":"fault"');
  });

  it.each(transports)('that was given up and fails later has that on record all the same: over %s', async (_transport, ask) => {
    let fail: (error: Error) => void = () => undefined;
    service.behave({ accountCommands: { ...idle.accountCommands, rename: () => new Promise<never>((_, reject) => (fail = reject)) } });
    expect((await ask(service, rename)).errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
    fail(new Error('out of memory'));
    await expect.poll(() => service.failedCommands.map(({ attempt }) => attempt.command)).toEqual(['renameEmailAccount']);
  });
});

function posted(query: string) {
  return { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer admin-token' }, body: JSON.stringify({ query }) };
}

describe('a client that goes away', () => {
  let service: HttpService;
  let lasting: Lasting;
  beforeAll(async () => {
    service = await startHttpService();
  });
  beforeEach(() => {
    lasting = new Lasting();
    service.behave({ connectionTests: { ...idle.connectionTests, test: (_call, _input, signal) => lasting.until(signal) } });
  });
  afterAll(() => service.stop());

  it('stops what it asked for over HTTP, and the log says so', async () => {
    const gone = new AbortController();
    const asked = fetch(service.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer admin-token' },
      body: JSON.stringify({ query: test }),
      signal: gone.signal,
    }).catch((error: unknown) => error);
    await lasting.began;
    gone.abort();
    await Promise.all([asked, lasting.aborted]);
    await service.query('{ __typename }');
    expect(service.logged()).toMatch(/"status":0,[^\n]*"operation":"Try"/);
    expect(service.failedCommands).toEqual([]);
  });

  it('stops what it asked for over a WebSocket, by hanging up or by saying so', async () => {
    for (const leave of [
      (client: ReturnType<HttpService['connect']>, stop: () => void) => (void client, stop()),
      (client: ReturnType<HttpService['connect']>) => client.terminate(),
    ]) {
      lasting = new Lasting();
      const client = service.connect();
      const stop = client.subscribe({ query: test }, { next: () => undefined, error: () => undefined, complete: () => undefined });
      await lasting.began;
      leave(client, stop);
      await lasting.aborted;
      await client.dispose();
    }
  });

  it.each(['HTTP', 'WebSockets'])('leaves a record of the change that fails after it has gone: %s', async (transport) => {
    let begin: () => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    const began = new Promise<void>((resolve) => (begin = resolve));
    const rename = () => (begin(), new Promise<never>((_, reject) => (fail = reject)));
    service.behave({ accountCommands: { ...idle.accountCommands, rename } });
    service.failedCommands.length = 0;
    const query = 'mutation { renameEmailAccount(input: { accountId: "Sales", accountName: "x" }) { errors { code } } }';
    const gone = new AbortController();
    const client = transport === 'WebSockets' ? service.connect() : null;
    client?.subscribe({ query }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    if (client === null) void fetch(service.url, { ...posted(query), signal: gone.signal }).catch(() => undefined);
    await began;
    gone.abort();
    client?.terminate();
    await service.query('{ __typename }');
    fail(new Error('out of memory'));
    await expect.poll(() => service.failedCommands.map(({ attempt }) => attempt.entityId)).toEqual(['Sales']);
    await client?.dispose();
  });

  it('ends its subscriptions', async () => {
    for (const hangUp of [false, true]) {
      let listening = 0;
      let ended: () => void = () => undefined;
      const end = new Promise<void>((resolve) => (ended = resolve));
      service.behave({
        auditTrail: {
          ...idle.auditTrail,
          onAdvance: () => {
            listening += 1;
            return () => {
              listening -= 1;
              ended();
            };
          },
        },
      });
      const client = service.connect();
      let stop: () => void = () => undefined;
      await new Promise<void>((resolve) => {
        stop = client.subscribe(
          { query: 'subscription { auditEntryRecorded(after: "0") { id } }' },
          { next: () => resolve(), error: () => undefined, complete: () => undefined },
        );
      });
      expect(listening).toBe(1);
      if (hangUp) client.terminate();
      else stop();
      await end;
      expect(listening).toBe(0);
      await client.dispose();
    }
  });
});

describe('stopping', () => {
  it('lets what runs end, takes nothing new, and closes WebSockets at once', async () => {
    const service = await startHttpService();
    let finish: () => void = () => undefined;
    let began: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (began = resolve));
    service.behave({
      accountCommands: {
        ...idle.accountCommands,
        rename: () => {
          began();
          return new Promise((resolve) => (finish = () => resolve({ entity: null, problems: [], consistencyToken: null, pending: false })));
        },
      },
    });
    let told: (code: number) => void = () => undefined;
    const closed = new Promise<number>((resolve) => (told = resolve));
    const client = service.connect('admin-token', told);
    await once(client, '{ __typename }');
    const renaming = service.query(rename);
    await begun;
    const stopped = service.server.stop(10_000);
    expect(await closed).toBe(1001);
    await expect(service.query('{ __typename }')).rejects.toThrow('fetch failed');
    await expect(
      new Promise((_resolve, reject) => new WebSocket(service.url.replace('http', 'ws'), 'graphql-transport-ws').on('error', reject)),
    ).rejects.toThrow('ECONNREFUSED');
    finish();
    expect(await renaming).toMatchObject({ status: 200, data: { renameEmailAccount: { errors: [] } } });
    await stopped;
    await service.server.stop(0);
  });

  it('cuts off what does not end within the grace', async () => {
    const service = await startHttpService();
    const lasting = new Lasting();
    service.behave({ connectionTests: { ...idle.connectionTests, test: (_call, _input, signal) => lasting.until(signal) } });
    const asked = service.query(test).catch((error: unknown) => error);
    await lasting.began;
    await service.server.stop(20);
    expect(await asked).toBeInstanceOf(TypeError);
    await lasting.aborted;
  });

  it('does not wait for connections that nobody uses', async () => {
    const service = await startHttpService();
    await service.query('{ __typename }');
    const silent = connect(Number(new URL(service.url).port), '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const hungUp = new Promise((resolve) => silent.once('close', resolve));
    await service.server.stop(60_000);
    await hungUp;
  });
});

describe('starting', () => {
  it('fails with the reason of the system where somebody else listens, and leaves nothing behind', async () => {
    const service = await startHttpService();
    const port = Number(new URL(service.url).port);
    await expect(startHttpService({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect((await service.query('{ __typename }')).status).toBe(200);
    await service.stop();
    const successor = await startHttpService({ port, host: 'localhost' });
    expect(successor.url).toBe(`http://127.0.0.1:${port}/graphql`);
    await successor.stop();
  });
});
