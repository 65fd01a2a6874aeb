import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig, type Config } from '../../src/config.js';
import { newSignerKey, signerFrom } from '../../src/ledger/signed-note.js';
import { auditKey } from '../../src/start/audit-key.js';
import { runAuditVerify, type AuditVerifyOptions } from '../../src/start/audit-verify.js';
import { CommandFailed } from '../../src/start/command-failed.js';
import { startTestService, type TestService } from '../api/service.js';
import { overDouble } from '../api/store-under-test.js';

const scratch = mkdtempSync(join(tmpdir(), 'postledger-verify-'));
const outside = join(scratch, 'kept-outside');
let service: TestService;
let config: Config;
let publicKey: string;

beforeAll(async () => {
  service = await startTestService({ POSTLEDGER_AUDIT_CHECKPOINT_FILE: outside });
  config = readConfig({ POSTLEDGER_DATA_DIR: service.dataDirectory });
  publicKey = readFileSync(join(service.dataDirectory, 'audit-public-key'), 'utf8').trim();
});
afterAll(async () => {
  await service.stop();
  rmSync(scratch, { recursive: true });
});

let said = '';
beforeEach(() => {
  said = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      said += chunk.toString();
      return true;
    });
});
afterEach(() => vi.restoreAllMocks());

const verify = (options: Partial<AuditVerifyOptions> = {}, of = config) =>
  runAuditVerify(of, { checkpoints: [outside], publicKey: [publicKey], json: false, record: true, ...options });

function verifyByCommandLine(
  directory: string,
  ...args: readonly string[]
): Promise<{ readonly code: unknown; readonly output: string; readonly errors: string }> {
  return new Promise((resolve) => {
    const env = { POSTLEDGER_DATA_DIR: directory };
    execFile(process.execPath, ['dist/src/cli.js', 'audit', 'verify', '--no-record', ...args], { env }, (error, output, errors) =>
      resolve({ code: error?.code ?? 0, output, errors }),
    );
  });
}

/** As somebody does who has the file. */
function change(directory: string, sql: string): void {
  const database = new DatabaseSync(join(directory, 'events.db'));
  database.exec(`DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_deleted; ${sql}`);
  database.close();
}

/** A copy of the data directory of the service while it does not run. */
async function copied(name: string): Promise<Config> {
  const directory = join(scratch, name);
  await service.restartAfter(() => cp(service.dataDirectory, directory, { recursive: true }));
  return readConfig({ POSTLEDGER_DATA_DIR: directory });
}

async function signedEntry(): Promise<string> {
  const { createEmailAccount } = await service.data<{ createEmailAccount: { errors: readonly unknown[] } }>(
    'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code } } }',
    { input: { accountId: `a-${Math.random().toString(36).slice(2)}`, accountName: 'Sales' } },
  );
  expect(createEmailAccount.errors).toEqual([]);
  const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly { id: string }[] } }>(
    '{ auditTrail(filter: { action: ["AccountCreated"] }, last: 1) { nodes { id } } }',
  );
  const id = auditTrail.nodes[0]?.id ?? '';
  // A proof is of a checkpoint that covers the entry.
  await service.data('query ($id: ID!) { auditProof(entryId: $id) { leafIndex } }', { id });
  return id;
}

describe('postledger audit verify', () => {
  it('verifies beside a running service, which alone could record it', async () => {
    await signedEntry();
    expect(await verify()).toBe(0);
    expect(said).toContain('VERIFIED: the first');
    expect(said).toContain('This is not recorded in the audit trail: the service is running');
    expect(said).not.toContain('Note:');
  });

  it('verifies a stopped service and records that in its trail', async () => {
    await signedEntry();
    await service.restartAfter(async () => {
      expect(await verify()).toBe(0);
    });
    expect(said).toContain('This run is recorded in the audit trail (LogVerified).');
    const shown = () =>
      service.data(
        '{ auditTrail(filter: { action: ["LogVerified"] }, last: 1) { nodes { outcome actor { kind } ... on LogVerifiedEntry { verdict events treeSize checkpoints } } } }',
      );
    await expect.poll(shown).toMatchObject({ auditTrail: { nodes: [{ outcome: 'ACCEPTED', actor: { kind: 'COMMAND_LINE' }, verdict: 'VERIFIED' }] } });
  });

  it('says what only whoever can change the log vouches for', async () => {
    expect(await verify({ checkpoints: [], publicKey: [] })).toBe(0);
    expect(said).toContain('Note: the public key is that of the data directory.');
    expect(said).toContain('Note: all checkpoints are those beside the log.');
  });

  it('exits with 1 and names the first event that was changed, to people and to programs', async () => {
    await signedEntry();
    const changed = await copied('changed');
    change(changed.dataDirectory, `UPDATE event SET metadata = replace(metadata, 'Postledger', 'Mallory') WHERE position = 2`);
    expect(await verify({ record: false }, changed)).toBe(1);
    expect(said).toContain('ALTERED leaf 1, position 2');
    expect(said).toContain('DAMAGED: 1 finding; the log is not what it was from leaf 1, position 2, on.');
    said = '';
    expect(await verify({ record: false, json: true }, changed)).toBe(1);
    expect(JSON.parse(said.slice(said.indexOf('{')))).toMatchObject({
      outcome: 'DAMAGED',
      firstBad: { leafIndex: 1, position: '2' },
      findings: [{ kind: 'ALTERED', leafIndex: 1, position: '2' }],
      keysAreGiven: true,
      hasOutside: true,
      recorded: false,
    });
  });

  it('finds what was cut off by the copy outside alone, when everything in the directory was made to fit', async () => {
    await signedEntry();
    const changed = await copied('cut');
    change(changed.dataDirectory, 'DELETE FROM event WHERE position > 3');
    rmSync(join(changed.dataDirectory, 'views-audit-ledger-v1.db'));
    const own = join(changed.dataDirectory, 'audit-checkpoints');
    writeFileSync(
      own,
      readFileSync(own, 'utf8')
        .split('\n')
        .filter((line) => /"treeSize":"[123]"/.test(line))
        .join('\n'),
    );
    expect(await verify({ record: false, checkpoints: [] }, changed)).not.toBe(1);
    expect(await verify({ record: false }, changed)).toBe(1);
    expect(said).toContain('TRUNCATED');
  });

  it('finds a number that no program can read, an event beside the others, and a ledger that is no database', async () => {
    await signedEntry();
    const large = await copied('large');
    change(large.dataDirectory, 'UPDATE event SET recorded_at = 1152921504606846976 WHERE position = 2');
    expect(await verify({ record: false }, large)).toBe(1);
    expect(said).toContain('ALTERED leaf 1, position 2');
    const hidden = await copied('hidden');
    change(hidden.dataDirectory, `INSERT INTO event SELECT -7, stream_id, 99, 'hidden', type, recorded_at, data, metadata FROM event WHERE position = 2`);
    expect(await verify({ record: false }, hidden)).toBe(1);
    expect(said).toContain('INSERTED leaf 0, position -7');
    const broken = await copied('broken');
    writeFileSync(join(broken.dataDirectory, 'views-audit-ledger-v1.db'), 'no database at all, but long enough for its header to be looked at'.repeat(20));
    expect(await verify({ record: false }, broken)).toBe(1);
    expect(said).toContain("The record of the log's hashes cannot be read");
    expect(said).toContain('DAMAGED: 1 finding.');
  });

  it('does not verify without a log, a key, or the copy that was named', async () => {
    const empty = readConfig({ POSTLEDGER_DATA_DIR: join(scratch, 'empty') });
    await expect(verify({ checkpoints: [] }, empty)).rejects.toThrow('There is no log in');
    await expect(verify({ checkpoints: [], publicKey: [] }, empty)).rejects.toThrow('There is no public key');
    await expect(verify({ checkpoints: [join(scratch, 'nowhere')] })).rejects.toThrow(CommandFailed);
    await expect(verify({ publicKey: [`${publicKey.slice(0, -4)}AAA=`] })).rejects.toThrow(CommandFailed);
    const disguised = await copied('disguised');
    change(disguised.dataDirectory, 'ALTER TABLE event RENAME TO hidden; CREATE VIEW event AS SELECT * FROM hidden');
    await expect(verify({ record: false }, disguised)).rejects.toThrow('has no table of events');
    const stranger = signerFrom(newSignerKey('postledger-stranger')).text;
    expect(await verify({ record: false, publicKey: [stranger] })).toBe(2);
    expect(said).toContain('NOT VERIFIED');
    expect(await verify({ record: false, publicKey: [stranger, publicKey] })).toBe(0);
  });

  it('takes the note of one checkpoint as well as a file of many, and passes over the half of a line that a crash left', async () => {
    const [line = ''] = readFileSync(outside, 'utf8').split('\n');
    const note = join(scratch, 'note');
    writeFileSync(note, (JSON.parse(line) as { readonly signedNote: string }).signedNote);
    const torn = join(scratch, 'torn');
    writeFileSync(torn, `${line.slice(0, 40)}\n${line}\n${line.slice(0, 50)}`);
    expect(await verify({ record: false, checkpoints: [note, torn] })).toBe(0);
    expect(said).toContain(`Checkpoints in ${note}: 1, 1 signed by a trusted key, 1 hold.`);
    expect(said).toContain(`Checkpoints in ${torn}: 1, 1 signed by a trusted key, 1 hold.`);
  });

  it('gives the same from the command line, whether one thread hashes or several', async () => {
    const run = (...args: readonly string[]) => verifyByCommandLine(service.dataDirectory, ...args);
    const one = await run('--json', '--checkpoints', outside, '--public-key', publicKey, '--threads', '1');
    const three = await run('--json', '--checkpoints', outside, '--public-key', publicKey, '--threads', '3');
    expect(one.code).toBe(0);
    expect(JSON.parse(three.output)).toEqual(JSON.parse(one.output));
    expect((await run('--checkpoints', join(scratch, 'nowhere'))).code).toBe(2);
  });
});

describe('postledger audit verify, of a file that the disk has damaged', () => {
  it('says that it cannot be read, whether one thread hashes or several, and nothing of what was signed', async () => {
    const { dataDirectory } = await copied('damaged');
    const file = openSync(join(dataDirectory, 'events.db'), 'r+');
    const { size } = statSync(join(dataDirectory, 'events.db'));
    // The first page has the schema, and stays.
    writeSync(file, Buffer.alloc(size - 4_096, 0xff), 0, size - 4_096, 4_096);
    closeSync(file);
    for (const threads of ['1', '2']) {
      const { code, errors } = await verifyByCommandLine(dataDirectory, '--threads', threads);
      expect([code, errors]).toEqual([2, expect.stringContaining('The log cannot be read to its end')]);
    }
  });
});

describe('postledger audit verify, over a cluster', () => {
  it('verifies beside its running nodes, and records that', async () => {
    const store = await overDouble();
    const node = await startTestService({}, { store });
    try {
      await node.data('query ($id: ID!) { auditProof(entryId: $id) { leafIndex } }', {
        id: (await node.data<{ auditTrail: { nodes: readonly { id: string }[] } }>('{ auditTrail(first: 1) { nodes { id } } }')).auditTrail.nodes[0]?.id,
      });
      const cluster = readConfig({ POSTLEDGER_DATA_DIR: node.dataDirectory, ...store.environment });
      expect(await verify({ checkpoints: [], publicKey: [] }, cluster)).toBe(0);
      expect(said).toContain('This run is recorded in the audit trail');
      await expect.poll(() => node.data('{ auditTrail(filter: { action: ["LogVerified"] }) { totalCount } }')).toEqual({ auditTrail: { totalCount: 1 } });
    } finally {
      await node.stop();
      await store.end();
    }
  });
});

describe('postledger audit key', () => {
  it('prints the public keys, and makes a signing key of which it prints only the public half', async () => {
    await auditKey(config, {});
    expect(said).toBe(`${publicKey}\n`);
    said = '';
    const file = join(scratch, 'new-key');
    await auditKey(config, { new: 'mail.example.com/audit', out: file });
    const secret = readFileSync(file, 'utf8').trim();
    expect(said).toBe(`${signerFrom(secret).text}\n`);
    await expect(auditKey(config, { new: 'mail.example.com/audit', out: file })).rejects.toThrow('is there already');
    await expect(auditKey(config, { new: 'two words', out: join(scratch, 'other-key') })).rejects.toThrow(CommandFailed);
    await expect(auditKey(config, { new: 'mail.example.com/audit' })).rejects.toThrow('--out');
  });
});
