import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { deadLettersOfStream, replayStream, showStream } from '../../src/start/audit-stream-commands.js';
import { toldToOperators } from '../../src/start/told-to-operators.js';
import { startTestService, type TestService } from '../api/service.js';
import { temporaryDirectory } from '../projections/temporary-views.js';
import { firstArrivals, isSignedBy, startReceiver, type TestReceiver } from './receiver.js';
import { eventually, quick, secret } from './stream-under-test.js';

let receiver: TestReceiver;
let service: TestService;
let settings: { readonly dataDirectory: string };
const answers: string[] = [];
const environment = () => ({ POSTLEDGER_AUDIT_WEBHOOK_URL: `${receiver.url}?token=in-the-query`, POSTLEDGER_AUDIT_WEBHOOK_SECRET: secret });

beforeAll(async () => {
  receiver = await startReceiver();
  service = await startTestService(environment(), { auditStreamTiming: quick });
  settings = { dataDirectory: service.dataDirectory };
});
afterAll(async () => {
  await service.stop();
  await receiver.stop();
});

let said = '';
beforeEach(() => {
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    said += chunk.toString();
    return true;
  });
  return () => vi.restoreAllMocks();
});
const saidBy = async (work: () => unknown): Promise<string> => {
  said = '';
  await work();
  answers.push(said);
  return said;
};

const create = (accountId: string) =>
  service.data('mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { message } } }', {
    input: {
      accountId,
      accountName: accountId,
      sender: { smtp: { identity: { emailAddress: 'a@example.com', password: 'pa55' }, connection: { host: 'smtp.example.com' } } },
    },
  });
const exported = async () => {
  const answer = await fetch(new URL('/audit/export', service.url), { headers: { authorization: `Bearer ${service.adminToken}` } });
  return (await answer.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly id: string });
};
const warnings = async () => {
  const { serviceStatus } = await service.data<{ serviceStatus: { warnings: readonly string[] } }>('{ serviceStatus { warnings } }');
  answers.push(...serviceStatus.warnings);
  return serviceStatus.warnings.filter((warning) => warning.includes('audit stream'));
};
const metric = async (name: string) => {
  const text = await (await fetch(new URL('/metrics', service.url))).text();
  answers.push(text);
  return Number(new RegExp(`^postledger_audit_stream_${name} (.+)$`, 'm').exec(text)?.[1]);
};
const entriesOf = (requests: TestReceiver['requests']) => requests.filter(({ type }) => type === 'audit.entry');
const caughtUp = () => eventually(async () => expect(await metric('entries_behind')).toBe(0));

describe('a service that is told where to', () => {
  it('streams the whole trail from its first entry on, as it exports it', async () => {
    await create('Sales');
    await eventually(async () => {
      const entries = await exported();
      const last = receiver.requests.findIndex(({ data }) => data['action'] === 'AccountCreated');
      expect(last).toBeGreaterThan(0);
      const sent = firstArrivals(entriesOf(receiver.requests));
      expect(sent.slice(0, entries.length).map(({ data }) => data)).toEqual(entries.slice(0, sent.length));
    });
    expect(entriesOf(receiver.requests)[0]?.data['action']).toBe('ServiceStarted');
    expect(receiver.requests.every((request) => isSignedBy(secret, request))).toBe(true);
    await caughtUp();
    expect(await metric('entries_total')).toBeGreaterThan(2);
    expect([await metric('standing'), await metric('dead_letters'), await metric('failures_total{kind="refused"}')]).toEqual([0, 0, 0]);
  });

  it('warns while the stream stands, shows it on the command line, and goes on', async () => {
    await caughtUp();
    receiver.answer = () => 503;
    await create('Standing');
    await eventually(async () =>
      expect(await warnings()).toEqual([
        expect.stringMatching(/^The audit stream stands since .*: http:\/\/127\.0\.0\.1:\d+ answers with 503\. \d+ entries wait; nothing is lost/),
      ]),
    );
    expect([await metric('standing'), (await metric('seconds_behind')) > 0]).toEqual([1, true]);
    expect(await saidBy(() => showStream(settings))).toMatch(/It stands since .*: the receiver answers with 503\./);
    receiver.answer = () => 204;
    await caughtUp();
    expect(await warnings()).toEqual([]);
    expect(await saidBy(() => showStream(settings))).not.toContain('stands');
  });

  it('lists what the receiver does not take, and sends it once more, on the command line', async () => {
    await caughtUp();
    receiver.answer = ({ data }) => (data['action'] === 'AccountCreated' ? 400 : 204);
    await create('Refused');
    await eventually(async () => expect(await metric('dead_letters')).toBe(1));
    expect(await warnings()).toEqual([expect.stringContaining('did not take 1 entry of the audit stream')]);
    expect(await saidBy(() => deadLettersOfStream(settings, { retry: false }))).toMatch(
      /^\d+ {2}[-0-9a-f]{36} {2}AccountCreated {2}HTTP_400 after \d+ attempts, /,
    );
    receiver.answer = () => 204;
    expect(await saidBy(() => deadLettersOfStream(settings, { retry: true }))).toBe('1 dead letter is sent once more.\n');
    await eventually(async () => expect(await metric('dead_letters')).toBe(0));
    expect(await saidBy(() => deadLettersOfStream(settings, { retry: false }))).toBe('There are none.\n');
    await eventually(() => expect(receiver.taken().some(({ data }) => data['entityId'] === 'Refused' && data['action'] === 'AccountCreated')).toBe(true));
  });

  it('replays from a position, asked by the command line, and says in the trail who asked', async () => {
    await caughtUp();
    const before = receiver.requests.length;
    expect(await saidBy(() => replayStream(settings, '1'))).toMatch(/^Everything after position 0 is sent again; the stream had come to \d+\.\n$/);
    await eventually(() =>
      expect(receiver.requests.slice(before).map(({ id }) => id)).toEqual(expect.arrayContaining(receiver.requests.slice(0, 3).map(({ id }) => id))),
    );
    const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly object[] } }>(
      '{ auditTrail(filter: { action: ["AuditStreamReplayed"] }, first: 5) { nodes { actor { kind } ... on AuditStreamReplayedEntry { after reached } } } }',
    );
    expect(auditTrail.nodes).toEqual([{ actor: { kind: 'COMMAND_LINE' }, after: null, reached: expect.stringMatching(/^\d+$/) as unknown }]);
    await expect(replayStream(settings, 'yesterday')).rejects.toThrow('no time of ISO 8601');
    await expect(replayStream(settings, '999999999')).rejects.toThrow('Nothing was recorded then or later.');
  });

  it('sends the checkpoints of the trail as well, the last of them when it stops', async () => {
    await caughtUp();
    const before = receiver.requests.length;
    await service.restart();
    const [checkpoint] = receiver.requests.slice(before).filter(({ type }) => type === 'audit.checkpoint');
    const kept = readFileSync(join(service.dataDirectory, 'audit-checkpoints'), 'utf8').trim().split('\n');
    const { treeSize, rootHash, signedNote, createdAt } = JSON.parse(kept.at(-1) ?? '') as Record<string, string>;
    const beginningOfRoot = Buffer.from(rootHash ?? '', 'base64').toString('hex', 0, 6);
    expect(checkpoint).toMatchObject({
      id: `checkpoint-${treeSize}-${beginningOfRoot}`,
      timestamp: createdAt,
      data: { treeSize, rootHash, signedNote, createdAt },
    });
    expect(checkpoint && isSignedBy(secret, checkpoint)).toBe(true);
    expect(signedNote).toBe(`${String(checkpoint?.data['origin'])}\n${treeSize}\n${rootHash}\n${signedNote?.slice(signedNote.indexOf('\n\n') + 1)}`);
  });

  it('warns while the receiver takes no checkpoint, though it takes entries, until it takes one', async () => {
    await caughtUp();
    receiver.answer = ({ type }) => (type === 'audit.checkpoint' ? 400 : 204);
    await service.restart();
    await eventually(async () =>
      expect(await warnings()).toEqual([
        expect.stringMatching(/^The receiver of the audit stream has taken no checkpoint since .*: http:\/\/127\.0\.0\.1:\d+ answers with 400\. /),
      ]),
    );
    await caughtUp();
    expect([await metric('standing'), (await metric('checkpoints_standing_seconds')) > 0]).toEqual([0, true]);
    receiver.answer = () => 204;
    await eventually(async () => expect(await warnings()).toEqual([]));
    expect(await metric('checkpoints_standing_seconds')).toBe(0);
  });

  it('is not shut out by an order of the command line that looks whether it runs', async () => {
    await caughtUp();
    await service.restartAfter(async () => {
      const lock = new DatabaseSync(join(service.dataDirectory, 'events.lock'), { timeout: 0 });
      // Whoever has the lock meanwhile, be it for a moment, would be met by this.
      lock.exec('BEGIN EXCLUSIVE');
      try {
        expect(await saidBy(() => replayStream(settings, '1'))).toBe('The service does not run. It takes this up when it starts within a day.\n');
      } finally {
        lock.close();
      }
    });
    await eventually(async () => expect(await metric('entries_behind')).toBe(0));
  });

  it('goes on after a restart where it was', async () => {
    await caughtUp();
    await service.restart();
    await caughtUp();
    const sent = firstArrivals(entriesOf(receiver.requests)).map(({ id }) => id);
    expect(sent).toEqual((await exported()).map(({ id }) => id).slice(0, sent.length));
  });

  it('lets nobody learn the secret, nor what of the address may be one: not in the log, an answer, or a file', () => {
    const text = secret.slice('whsec_'.length);
    const key = Buffer.from(text, 'base64');
    const found = [service.logged(), ...answers].join('\n');
    expect(found).toContain('the audit stream stands');
    for (const shape of [text, key.toString(), key.toString('hex'), key.toString('base64url'), 'in-the-query'])
      expect([shape, found.includes(shape)]).toEqual([shape, false]);
    const files = readdirSync(service.dataDirectory, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(service.dataDirectory, name)).isFile(),
    );
    expect(files).toContain('audit-stream.db');
    for (const name of files) {
      const bytes = readFileSync(join(service.dataDirectory, name));
      for (const shape of [text, key, 'in-the-query']) expect([name, bytes.includes(shape)]).toEqual([name, false]);
    }
    expect(statSync(join(service.dataDirectory, 'audit-stream.db')).mode & 0o777).toBe(0o600);
  });
});

it('a command says where nothing was ever streamed', () => {
  expect(() => showStream({ dataDirectory: temporaryDirectory() })).toThrow('Nothing was ever streamed from');
});

describe('the start', () => {
  const problemsOf = (more: Record<string, string>): string => {
    try {
      readConfig({ ...environment(), ...more });
      return '';
    } catch (error) {
      return toldToOperators(error) ?? 'a fault';
    }
  };

  it('is stopped by an address without a secret, in one clear line', () => {
    expect(problemsOf({ POSTLEDGER_AUDIT_WEBHOOK_SECRET: '' })).toBe(
      'POSTLEDGER_AUDIT_WEBHOOK_URL: requests to it have to be signed: set POSTLEDGER_AUDIT_WEBHOOK_SECRET or POSTLEDGER_AUDIT_WEBHOOK_SECRET_FILE.',
    );
  });

  it.each([
    { POSTLEDGER_AUDIT_WEBHOOK_URL: 'http://siem.example.com/' },
    { POSTLEDGER_AUDIT_WEBHOOK_URL: 'https://user:pass@siem.example.com/' },
    { POSTLEDGER_AUDIT_WEBHOOK_URL: 'https://siem.example.com/#part' },
    { POSTLEDGER_AUDIT_WEBHOOK_URL: 'hooks.example.net/postledger' },
    { POSTLEDGER_AUDIT_WEBHOOK_SECRET: 'whsec_tooShort' },
    { POSTLEDGER_AUDIT_WEBHOOK_SECRET_FILE: '/run/secrets/webhook' },
    { POSTLEDGER_AUDIT_WEBHOOK_FROM: 'yesterday' },
  ])('is refused with one line that repeats no value: %o', (more) => {
    const told = problemsOf(more);
    expect(told).toMatch(/^POSTLEDGER_AUDIT_WEBHOOK_\w+: [^\n]+$/);
    for (const value of Object.values(more)) expect(told).not.toContain(value);
  });

  it('is refused where the file with the secret is open to others, is not there, or holds something else, and takes one that is as it should be', async () => {
    const file = join(temporaryDirectory(), 'secret');
    const start = () =>
      startTestService({ POSTLEDGER_AUDIT_WEBHOOK_URL: receiver.url, POSTLEDGER_AUDIT_WEBHOOK_SECRET_FILE: file }).then(
        (started) => started.stop(),
        (error: unknown) => toldToOperators(error),
      );
    expect(await start()).toMatch(/^POSTLEDGER_AUDIT_WEBHOOK_SECRET_FILE: .* cannot be read: ENOENT/);
    writeFileSync(file, 'nothing of use', { mode: 0o600 });
    expect(await start()).toMatch(/secret 1 is not whsec_/);
    writeFileSync(file, `${secret}\n`);
    chmodSync(file, 0o640);
    expect(await start()).toMatch(/is open to others\. Close it: chmod 600/);
    chmodSync(file, 0o600);
    expect(await start()).toBeUndefined();
  });
});
