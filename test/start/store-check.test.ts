import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StoreUnavailable } from '../../src/event-store/event-store.js';
import { openKurrentDbEventStore, parseConnectionString, type KurrentDbLog } from '../../src/event-store/kurrentdb.js';
import { storeUsable, StoreRefused } from '../../src/start/store-check-at-start.js';
import { inOneLine, type StoreProblem } from '../../src/start/store-check-finding.js';
import { checkRights } from '../../src/start/store-check-rights.js';
import { checkStore, type StoreCheck } from '../../src/start/store-check.js';
import { startKurrentDbDouble, type DoubleOptions, type KurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';
import { answers, closedPort, startBothSides, startHttpSide, startSilent } from './store-node.js';

const password = 'CANARY-4711';
const hour = 3_600_000;
const authority = certificateAuthority('Postledger test authority');
const another = certificateAuthority('Another authority');

const overTls = (port: number, options = '') => `kurrentdb://postledger:${password}@127.0.0.1:${port}?tls=true${options}`;
const plain = (...ports: readonly number[]) => `kurrentdb://${ports.map((port) => `127.0.0.1:${port}`).join(',')}?tls=false`;

async function started(options: DoubleOptions = {}): Promise<KurrentDbDouble> {
  const double = await startKurrentDbDouble(options);
  onTestFinished(() => double.stop());
  return double;
}

/** The connection string's option that names the authority's file. */
async function trusting({ certificate }: { readonly certificate: string }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-ca-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'ca.crt'), certificate);
  return `&tlsCaFile=${encodeURIComponent(join(directory, 'ca.crt'))}`;
}

/** The codes, having made sure that each problem is one line with a way out, and says no password. */
function codesOf({ problems }: Pick<StoreCheck, 'problems'>): readonly string[] {
  for (const problem of problems) {
    expect(inOneLine(problem)).toMatch(/^STORE_[A-Z_]+ \S.*: [A-Z0-9a-z].*\S$/);
    expect(inOneLine(problem)).not.toMatch(/CANARY|Failed to discover/);
  }
  return problems.map(({ code }) => code);
}

describe('the check of the event store', () => {
  describe('tells apart why a server is not reached', () => {
    const unreachable: readonly (readonly [string, string, () => Promise<string>])[] = [
      ['a name that DNS does not know', 'STORE_ADDRESS_UNKNOWN', async () => `kurrentdb://${'a'.repeat(64)}.invalid?tls=false`],
      ['a port that nothing listens on', 'STORE_PORT_REFUSED', async () => plain(await closedPort())],
      ['a server that takes connections and says nothing', 'STORE_UNREACHABLE', async () => plain(await startSilent())],
      ['the same, over TLS', 'STORE_UNREACHABLE', async () => overTls(await startSilent())],
      [
        'an authority that is not known',
        'STORE_CERTIFICATE_UNTRUSTED',
        async () => overTls(await startHttpSide(answers('leader'), authority.issue(['127.0.0.1']))),
      ],
      [
        'another authority than the one that is named',
        'STORE_CERTIFICATE_UNTRUSTED',
        async () => overTls(await startHttpSide(answers('leader'), authority.issue(['127.0.0.1'])), await trusting(another)),
      ],
      [
        'a certificate that has expired',
        'STORE_CERTIFICATE_EXPIRED',
        async () => {
          const identity = authority.issue(['127.0.0.1'], { notBefore: new Date(Date.now() - 2 * hour), notAfter: new Date(Date.now() - hour) });
          return overTls(await startHttpSide(answers('leader'), identity), await trusting(authority));
        },
      ],
      [
        'a certificate of tomorrow',
        'STORE_CERTIFICATE_NOT_YET_VALID',
        async () => {
          const identity = authority.issue(['127.0.0.1'], { notBefore: new Date(Date.now() + 24 * hour), notAfter: new Date(Date.now() + 48 * hour) });
          return overTls(await startHttpSide(answers('leader'), identity), await trusting(authority));
        },
      ],
      [
        'a certificate for another host',
        'STORE_CERTIFICATE_WRONG_HOST',
        async () => overTls(await startHttpSide(answers('leader'), authority.issue(['node1.example.com'])), await trusting(authority)),
      ],
      ['TLS where there is none', 'STORE_TLS_MISSING', async () => overTls(await startHttpSide(answers('leader')))],
      ['no TLS where it is needed', 'STORE_TLS_NEEDED', async () => plain(await startHttpSide(answers('leader'), authority.issue(['127.0.0.1'])))],
      ['another kind of server', 'STORE_NOT_RECOGNIZED', async () => plain(await startHttpSide({ 'GET /info': () => [200, '<html>'] }))],
    ];
    it.each(unreachable)('%s: %s', async (_case, code, connectionString) => {
      const check = await checkStore(await connectionString(), 300);
      expect(codesOf(check)).toEqual([code]);
      expect(check.usable).toBe(false);
    });

    it('and names the authority, the hosts and the time of a certificate that does not do', async () => {
      const identity = authority.issue(['node1.example.com']);
      const untrusted = await checkStore(overTls(await startHttpSide(answers('leader'), identity)));
      expect(untrusted.problems[0]?.message).toContain('Postledger test authority');
      const wrongHost = await checkStore(overTls(await startHttpSide(answers('leader'), identity), await trusting(authority)));
      expect(wrongHost.problems[0]?.message).toContain('node1.example.com');
    });
  });

  describe('of a cluster', () => {
    it('finds no quorum, and names the servers to start', async () => {
      const down = [await closedPort(), await closedPort()] as const;
      const members = down.map((port) => ({ port, state: 'Leader', isAlive: false }));
      const up = await startHttpSide(answers('unknown', [{ port: 1, state: 'Unknown', isAlive: true }, ...members]));
      const check = await checkStore(plain(up, ...down));
      expect(codesOf(check)).toEqual(['STORE_NOT_READY', 'STORE_PORT_REFUSED', 'STORE_PORT_REFUSED', 'STORE_NO_QUORUM']);
      expect(check.problems.at(-1)?.message).toMatch(new RegExp(`1 of 3 are up.*Start 127.0.0.1:${down[0]}, 127.0.0.1:${down[1]}`));
    });

    it('can be worked with while one of its servers is down, which is told', async () => {
      const double = await started();
      const port = await startBothSides(double, answers('leader', [{ port: 1, state: 'Leader', isAlive: true }]));
      const down = await closedPort();
      // The client finds the leader by the gossip of the double, which knows itself alone.
      const check = await checkStore(plain(port, down));
      expect(codesOf(check)).toEqual(['STORE_PORT_REFUSED']);
      expect(check).toMatchObject({ usable: true, nodes: [{ version: '23.10.6.0', state: 'leader' }] });
    });
  });

  describe('of the rights', () => {
    it('finds nothing missing, and leaves nothing behind that can be read', async () => {
      const double = await started();
      const port = await startBothSides(double, answers('leader', [{ port: 1, state: 'Leader', isAlive: true }]));
      expect(await checkStore(plain(port))).toMatchObject({ problems: [], usable: true });
      const log = await openKurrentDbEventStore({ connectionString: double.connectionString() });
      onTestFinished(() => log.close());
      const streams: string[] = [];
      for await (const { streamId } of log.readAll()) streams.push(streamId);
      expect(streams).toHaveLength(1);
      const read = async () => {
        for await (const _ of log.readStream(streams[0] ?? ''));
      };
      await expect(read()).rejects.toThrow('was deleted');
    });

    it('finds that $all may not be read, with the command that grants it', async () => {
      const double = await started();
      double.node(0).deniesAll = true;
      const port = await startBothSides(double, answers('leader', [{ port: 1, state: 'Leader', isAlive: true }]));
      const check = await checkStore(plain(port));
      expect(codesOf(check)).toEqual(['STORE_READ_ALL_REFUSED']);
      expect(check).toMatchObject({ usable: false });
      expect(check.problems[0]?.message).toContain('npx postledger store grant --user admin');
    });

    it('goes on where servers tell their state to nobody', async () => {
      const double = await started();
      double.node(0).deniesAll = true;
      const port = await startBothSides(double, { ...answers('leader'), 'GET /info': () => [401, ''], 'GET /gossip': () => [401, ''] });
      expect(codesOf(await checkStore(plain(port)))).toEqual(['STORE_READ_ALL_REFUSED']);
    });

    it('finds that the login is refused, and says so once', async () => {
      const identity = authority.issue(['127.0.0.1']);
      const double = await started({
        users: new Map([['postledger', 'right']]),
        tls: { certificate: Buffer.from(identity.certificate), key: Buffer.from(identity.key) },
      });
      const connectionString = double.connectionString(`postledger:${password}@`) + (await trusting(authority));
      const log = await openKurrentDbEventStore({ connectionString });
      onTestFinished(() => log.close());
      expect(codesOf({ problems: await checkRights(log, parseConnectionString(connectionString)) })).toEqual(['STORE_LOGIN_REFUSED']);
    });

    const steps: readonly (readonly [keyof KurrentDbLog, string])[] = [
      ['appendToStream', 'STORE_APPEND_REFUSED'],
      ['keepNewestOnly', 'STORE_METADATA_REFUSED'],
      ['tombstoneStream', 'STORE_TOMBSTONE_REFUSED'],
      ['headPosition', 'STORE_READ_ALL_REFUSED'],
    ];
    it.each(steps)('names a refusal of %s: %s', async (step, code) => {
      const denied = () => Promise.reject(new StoreUnavailable('no right', { cause: Object.assign(new Error('denied'), { code: 7 }) }));
      const log = { ...allowing, [step]: denied };
      expect(codesOf({ problems: await checkRights(log, parseConnectionString(plain(1))) })).toEqual([code]);
    });
  });
});

const allowing: KurrentDbLog = {
  appendToStream: () => Promise.resolve({ revision: 0n, position: 0n }),
  async *readStream() {},
  async *readAll() {},
  async *subscribeToAll() {},
  headPosition: () => Promise.resolve(0n),
  tombstoneStream: () => Promise.resolve(),
  keepNewestOnly: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

describe('the check at the start', () => {
  const down: StoreProblem = { code: 'STORE_PORT_REFUSED', subject: '127.0.0.1:2113', message: 'Nothing listens there.' };
  const denied: StoreProblem = { code: 'STORE_READ_ALL_REFUSED', subject: 'postledger', message: 'It may not.' };
  const found = (usable: boolean, ...problems: readonly StoreProblem[]): StoreCheck => ({ nodes: [], problems, usable });
  const start = async (...checks: readonly StoreCheck[]) => {
    const warnings: string[] = [];
    const left = [...checks];
    const check = async () => left.shift() ?? found(true);
    const outcome = await storeUsable(plain(1), { warn: (line) => warnings.push(line), pauseMilliseconds: 1, check }).catch((error: unknown) => error);
    return { outcome, warnings, asked: checks.length - left.length };
  };

  it('waits for servers that may come up, and tells each state once', async () => {
    const { outcome, warnings, asked } = await start(found(false, down), found(false, down), found(false, down), found(true));
    expect(outcome).toEqual(found(true));
    expect([asked, warnings]).toEqual([4, [inOneLine(down)]]);
  });

  it('starts with what is missing of a cluster that can be worked with', async () => {
    expect(await start(found(true, down))).toMatchObject({ warnings: [inOneLine(down)], asked: 1 });
  });

  it('refuses what does not pass by itself, a line each', async () => {
    const { outcome } = await start(found(false, down), found(false, down, denied));
    expect(outcome).toBeInstanceOf(StoreRefused);
    expect(outcome).toMatchObject({ message: `${inOneLine(down)}\n${inOneLine(denied)}` });
  });

  it('ends with its signal', async () => {
    const stopping = new AbortController();
    const check = async () => {
      stopping.abort();
      return found(false, down);
    };
    await expect(storeUsable(plain(1), { warn: () => undefined, signal: stopping.signal, check })).rejects.toThrow(/abort/i);
  });
});
