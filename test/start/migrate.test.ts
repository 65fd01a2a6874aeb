import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readConfig, type Environment } from '../../src/config.js';
import { StoreLocked } from '../../src/event-store/embedded.js';
import { CommandFailed } from '../../src/start/command-failed.js';
import { migrateStores } from '../../src/start/migrate.js';
import { startTestService, type TestService } from '../api/service.js';
import type { StoreUnderTest } from '../api/store-under-test.js';
import { emptyCluster, emptyDirectory, inDirectory, lastMoment, accountAt, opened, sharedSource } from '../migration/source.js';
import { parseRootKeys } from '../../src/secret-store/root-keys.js';

const keys = { POSTLEDGER_ROOT_KEYS: `k1:${Buffer.alloc(32, 'k1').toString('base64')}` };
const sourceDirectory = sharedSource();

/** What the command prints. */
async function migrated(from: string, to: string, environment: Environment = keys): Promise<string> {
  const printed: string[] = [];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => printed.push(String(text)) > 0),
  ];
  try {
    await migrateStores({ from, to }, readConfig(environment));
    return printed.join('');
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Every row of every table. What lies in a write-ahead log moves into the database with the next opening, so the files' bytes say nothing. */
function rowsIn(directory: string): unknown {
  return ['events.db', 'secrets.db'].map((file) => {
    const database = new DatabaseSync(join(directory, file), { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all() as { name: string }[];
    const rows = tables.map(({ name }) => [name, database.prepare(`SELECT * FROM "${name}"`).all()]);
    database.close();
    return rows;
  });
}

describe('postledger migrate', () => {
  it('moves a service to a cluster and back: tokens, accounts, their past, their audit trail and repeated changes are as before', async () => {
    const at = (environment: Record<string, string>): StoreUnderTest => ({
      environment: { ...keys, ...environment },
      options: {},
      end: () => Promise.resolve(),
    });
    const service = async (environment: Record<string, string>, adminToken: string) => {
      const started = await startTestService({}, { store: at(environment), adminToken });
      onTestFinished(() => started.stop());
      return started;
    };
    const [first, second, double] = [await emptyDirectory(), await emptyDirectory(), await emptyCluster()];

    const embedded = await service({ POSTLEDGER_DATA_DIR: first }, 'known later');
    const token = (await readFile(join(first, 'bootstrap-token'), 'utf8')).trim();
    const created = await create(embedded, token);
    expect(created.errors).toEqual([]);
    const before = await seen(embedded, token);
    expect(before).toMatchObject({ emailAccount: { version: 3 }, then: { version: 3 }, auditTrail: { nodes: [{}, {}, {}] } });
    await embedded.stop();

    await migrated(first, double.connectionString());
    const clustered = await service({ POSTLEDGER_EVENT_STORE: double.connectionString() }, token);
    expect(await seen(clustered, token)).toEqual(before);
    expect(await create(clustered, token)).toEqual(created);
    await clustered.stop();

    await migrated(double.connectionString(), second);
    const again = await service({ POSTLEDGER_DATA_DIR: second }, token);
    expect(await seen(again, token)).toEqual(before);
    expect(await create(again, token)).toEqual(created);
    await again.stop();
  });

  it('shows how far it is, then counts, digests and the last event, and leaves the source as it was', async () => {
    const [from, to] = [await sourceDirectory(), await emptyDirectory()];
    const before = rowsIn(from);
    const printed = await migrated(from, to);
    expect(rowsIn(from)).toEqual(before);

    expect(printed).toMatch(/Copying events +█+ 100 %/);
    expect(printed).toContain(`${to} holds what ${from} does.`);
    expect(printed).toMatch(/events +(\d+) on both sides, \1 copied/);
    expect(printed).toMatch(/streams +emailAccount \d+, securityLog \d+/);
    expect(printed).toMatch(/digest +SHA-256 [0-9a-f]{64} on both sides/);
    expect(printed).toMatch(/last event +[0-9a-f-]{36} \(SenderConfigured\)/);
    expect(printed).toMatch(/accounts +3 with keys, 1 erased/);
    expect(printed).toMatch(/passwords +5 opened on both sides/);
    expect(printed).not.toContain('secret value');
    expect(await migrated(from, to)).toMatch(/events +(\d+) on both sides, \1 of them from an earlier run, 0 copied/);
  });

  it('takes what the environment names, so that no password has to stand in a list of processes', async () => {
    const [from, double] = [await sourceDirectory(), await emptyCluster()];
    const printed = await migrated(from, 'configured', { ...keys, POSTLEDGER_EVENT_STORE: double.connectionString('') });
    expect(printed).toContain(`the event store at node 127.0.0.1:${double.node(0).front.port}, no TLS, no user holds what ${from} does.`);
  });

  it('puts the key that was made for development beside the copy, which opens with nothing else', async () => {
    const [from, to] = [await emptyDirectory(), await emptyDirectory()];
    const service = await startTestService(
      {},
      { store: { environment: { POSTLEDGER_DATA_DIR: from }, options: {}, end: () => Promise.resolve() }, adminToken: 'none' },
    );
    const token = (await readFile(join(from, 'bootstrap-token'), 'utf8')).trim();
    await create(service, token);
    await service.stop();
    await migrated(from, to, {});
    expect((await stat(join(to, 'root-key'))).mode & 0o777).toBe(0o600);
    const copy = await opened(inDirectory(to), parseRootKeys(await readFile(join(to, 'root-key'), 'utf8'), 'root-key'));
    expect((await accountAt(copy, 'Moved', new Date(8.64e15)))[1]).toEqual(['secret value one', 'secret value two']);
  });

  it('holds the log against its checkpoints, and brings along what proves it, so that proofs of before hold in the copy', async () => {
    const [from, to] = [await emptyDirectory(), await emptyDirectory()];
    const at = (directory: string): StoreUnderTest => ({
      environment: { ...keys, POSTLEDGER_DATA_DIR: directory },
      options: {},
      end: () => Promise.resolve(),
    });
    const source = await startTestService({}, { store: at(from), adminToken: 'known later' });
    const token = (await readFile(join(from, 'bootstrap-token'), 'utf8')).trim();
    await create(source, token);
    await source.stop();
    const kept = await readFile(join(from, 'audit-checkpoints'), 'utf8');
    const { treeSize, rootHash } = JSON.parse(kept.trim().split('\n').at(-1) ?? '') as { treeSize: string; rootHash: string };
    expect(await migrated(from, to)).toContain(`audit root  ${rootHash} on both sides; 1 checkpoint of the source holds`);

    const copy = await startTestService({}, { store: at(to), adminToken: token });
    onTestFinished(() => copy.stop());
    const { auditConsistencyProof } = await copy.data<{ auditConsistencyProof: unknown }>(
      'query ($size: String!) { auditConsistencyProof(fromTreeSize: $size) { fromTreeSize fromRootHash } }',
      { size: treeSize },
    );
    expect(auditConsistencyProof).toEqual({ fromTreeSize: treeSize, fromRootHash: rootHash });
    expect((await readFile(join(to, 'audit-checkpoints'), 'utf8')).startsWith(kept)).toBe(true);

    const database = new DatabaseSync(join(from, 'events.db'));
    database.exec("DROP TRIGGER event_is_never_changed; UPDATE event SET data = replace(data, 'Moved', 'Other') WHERE type = 'AccountCreated'");
    database.close();
    const refused = await migrated(from, await emptyDirectory()).catch((error: unknown) => error);
    expect(String(refused)).toMatch(/is not what its checkpoint of \d+ events was signed of/);
  });

  it('refuses a source that runs, that is not there, or that is the target, and makes nothing', async () => {
    const [from, to] = [await sourceDirectory(), join(await emptyDirectory(), 'target')];
    const running = await opened(inDirectory(from));
    await expect(migrated(from, to)).rejects.toThrow(StoreLocked);
    await running.close();
    for (const [source, target, said] of [
      [to, from, `There is no events.db in ${to}`],
      [from, from, 'are one directory'],
      ['kurrentdb://127.0.0.1:1?tls=false', 'kurrentdb://127.0.0.1:1?tls=false', 'are one event store'],
    ] as const) {
      const refused = await migrated(source, target).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(CommandFailed);
      expect(String(refused)).toContain(said);
    }
    expect(existsSync(to)).toBe(false);
    expect((await accountAt(await opened(inDirectory(from)), 'Sales', lastMoment))[1]).toHaveLength(2);
  });
});

async function create(service: TestService, token: string) {
  const document = `mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { account { id version createdAt } errors { code message } } }`;
  const sender = { smtp: { identity: { emailAddress: 'moved@example.com', password: 'secret value one' }, connection: { host: 'smtp.example.com' } } };
  const receiver = { imap: { identity: { userId: 'moved', password: 'secret value two' }, connection: { host: 'imap.example.com' } } };
  const input = { accountId: 'Moved', accountName: 'Moved', sender, receiver, idempotencyKey: 'once', reason: 'To be moved' };
  const answer = await service.data<{ createEmailAccount: { account: { version: number }; errors: unknown[] } }>(document, { input }, { token });
  return answer.createEmailAccount;
}

/** What a person sees of the account now, of the account as it was, and of who did what when. */
function seen(service: TestService, token: string): Promise<unknown> {
  const account =
    'accountName version createdAt updatedAt createdBy { displayName } sender { ... on SmtpSender { identity { password { version setAt setBy { displayName } } } } } readiness { ready }';
  return service.data(
    `query ($id: ID!) {
      emailAccount(accountId: $id) { ${account} }
      then: emailAccount(accountId: $id, atVersion: 3) { ${account} }
      auditTrail(filter: { entityId: [$id] }) { nodes { id occurredAt action reason actor { displayName } changes { path before after } } }
    }`,
    { id: 'Moved' },
    { token },
  );
}
