import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig, type Config } from '../../src/config.js';
import { newSignerKey, signerFrom } from '../../src/ledger/signed-note.js';
import { writeLeaves } from '../../src/start/audit-leaves.js';
import { proveAuditEntry, type AuditProveOptions, type ProofFile } from '../../src/start/audit-prove.js';
import { CommandFailed } from '../../src/start/command-failed.js';
import { startTestService, type TestService } from '../api/service.js';
import { filesIn, readText } from '../project/repository.js';

const script = 'scripts/verify-proof.mjs';
const scratch = mkdtempSync(join(tmpdir(), 'postledger-prove-'));
let made = 0;
const newFile = (content?: string) => {
  const file = join(scratch, `file-${made++}`);
  if (content !== undefined) writeFileSync(file, content);
  return file;
};

let service: TestService;
let config: Config;
/** The file that a stranger got with the key, by another way than the proofs. */
let key: string;
let older: string;

beforeAll(async () => {
  service = await startTestService();
  config = readConfig({ POSTLEDGER_DATA_DIR: service.dataDirectory });
  key = newFile(readFileSync(join(service.dataDirectory, 'audit-public-key'), 'utf8'));
  await proofByService(await createdAccount('Older'));
  older = newFile((await checkpointByService()).signedNote);
  for (const name of ['One', 'Two', 'Three', 'Four']) await createdAccount(name);
  await proofByService(await createdAccount('Newest'));
});
afterAll(async () => {
  await service.stop();
  rmSync(scratch, { recursive: true });
});
beforeEach(() => {
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

/** @returns the id of the audit entry. */
async function createdAccount(accountId: string): Promise<string> {
  const receiver = { imap: { identity: { userId: 'erin@example.org', password: 'a canary in the mine' }, connection: { host: 'imap.example.org' } } };
  await service.data('mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code } } }', {
    input: { accountId, accountName: `The mailbox of ${accountId}`, receiver },
  });
  const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly { id: string }[] } }>(
    'query ($id: ID!) { auditTrail(filter: { entityId: [$id], action: ["AccountCreated"] }) { nodes { id } } }',
    { id: accountId },
  );
  return auditTrail.nodes[0]?.id ?? '';
}

async function proofByService(id: string): Promise<ProofFile> {
  const document =
    'query ($id: ID!) { auditProof(entryId: $id) { entryId leafIndex leafHash leafInput inclusionPath disclosures { path value salt } checkpoint { origin treeSize rootHash signedNote createdAt } } }';
  return (await service.data<{ auditProof: ProofFile }>(document, { id })).auditProof;
}

async function checkpointByService(): Promise<{ readonly signedNote: string; readonly treeSize: string }> {
  const { auditCheckpoint } = await service.data<{ auditCheckpoint: { signedNote: string; treeSize: string } }>('{ auditCheckpoint { signedNote treeSize } }');
  return auditCheckpoint;
}

async function proved(entryId: string, options: AuditProveOptions = {}): Promise<ProofFile> {
  const out = newFile();
  await proveAuditEntry(config, entryId, { out, ...options });
  return JSON.parse(readFileSync(out, 'utf8')) as ProofFile;
}

/** The script as a stranger runs it, who has nothing of the service. */
function check(...args: readonly string[]): Promise<{ readonly code: unknown; readonly output: string; readonly errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(process.cwd(), script), ...args], { env: {}, cwd: scratch }, (error, output, errors) =>
      resolve({ code: error?.code ?? 0, output, errors }),
    );
  });
}
const checkProof = (proof: unknown, ...more: readonly string[]) => check(key, newFile(JSON.stringify(proof)), ...more);

describe('a proof', () => {
  it('of the command line convinces a stranger who has the public key and the script', async () => {
    const entryId = await firstEntry();
    const proof = await proved(entryId, { since: older });
    const { code, output } = await checkProof(proof, older);
    expect([code, output.match(/^Proved: /gm)?.length]).toEqual([0, 2]);
    expect(output).toContain(`AccountCreated ${entryId} is leaf ${proof.leafIndex} of the ${proof.checkpoint.treeSize}`);
    expect(output).toContain('it begins with the');
    expect((await checkProof(proof)).code).toBe(0);
    expect((await check(readFileSync(key, 'utf8').trim(), newFile(JSON.stringify(proof)))).code).toBe(0);
    expect(proof.leafInput).not.toContain('erin@example.org');
    expect(proof.leafInput).not.toContain('canary');
  });

  it('of the running service does, and opens what is sealed in the entry to whoever was given it', async () => {
    const proof = await proofByService(await firstEntry());
    const { code, output } = await checkProof(proof);
    expect([code, output]).toEqual([0, expect.stringContaining('The mailbox of Older')]);
    expect((await checkProof({ data: { auditProof: proof } })).code).toBe(0);
    expect(await checkProof({})).toMatchObject({ code: 1, errors: expect.stringContaining('That is no proof') as unknown });
    const bySecretKey = await check(join(service.dataDirectory, 'audit-signing-key'), newFile(JSON.stringify(proof)));
    expect([bySecretKey.code, bySecretKey.output, bySecretKey.errors]).toEqual([1, '', 'Not proved: That is no public key\n']);
    expect((await check(key, 'mistyped.json')).errors).toContain('There is no file mistyped.json');
    const disclosed = proof as ProofFile & { readonly disclosures: readonly { readonly path: string; readonly value: string }[] };
    expect((await checkProof({ ...disclosed, disclosures: disclosed.disclosures.map((each) => ({ ...each, value: 'another name' })) })).code).toBe(1);
  });

  it.each([
    ['entryId', () => '11111111-1111-4111-8111-111111111111'],
    ['leafIndex', (index: unknown) => String(Number(index) + 1)],
    ['leafIndex', () => '1e1'],
    ['leafHash', (hash: unknown) => damagedHash(hash)],
    ['leafInput', (input: unknown) => String(input).replace('AccountCreated', 'AccountErased')],
    ['inclusionPath', (path: unknown) => (path as string[]).slice(1)],
    ['inclusionPath', (path: unknown) => [...(path as string[]), ...(path as string[]).slice(-1)]],
    ['inclusionPath', (path: unknown) => (path as string[]).with(0, damagedHash((path as string[])[0]))],
    ['checkpoint.origin', () => 'another-log'],
    ['checkpoint.treeSize', (size: unknown) => String(Number(size) + 1)],
    ['checkpoint.rootHash', (hash: unknown) => damagedHash(hash)],
    ['checkpoint.signedNote', (note: unknown) => String(note).replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) + 1}\n`)],
    ['checkpoint.signedNote', (note: unknown) => String(note).replace(/(\S{10})\n$/, 'AAAAAAAAAA\n')],
    ['checkpoint.signedNote', (note: unknown) => signerFrom(newSignerKey('postledger-forger')).sign(`${String(note).split('\n\n')[0] ?? ''}\n`)],
    ['consistency.fromTreeSize', (size: unknown) => String(Number(size) - 1)],
    ['consistency.fromTreeSize', () => '0'],
    ['consistency.fromRootHash', (hash: unknown) => damagedHash(hash)],
    ['consistency.path', (path: unknown) => (path as string[]).slice(1)],
    ['consistency.path', (path: unknown) => [...(path as string[]), damagedHash((path as string[])[0])]],
    ['consistency.path', (path: unknown) => (path as string[]).toSpliced(-1, 1, damagedHash((path as string[]).at(-1)))],
  ])('is refused when its %s is another one (%#)', async (member, damage) => {
    const proof = await proved(await firstEntry(), { since: older });
    const { code, errors } = await checkProof(damaged(proof, member.split('.'), damage));
    expect([code, errors]).toEqual([1, expect.stringMatching(/^Not proved: /)]);
  });

  it('is refused with another key, an older checkpoint of another log, or one that it does not tell of', async () => {
    const proof = await proved(await firstEntry(), { since: older });
    const stranger = signerFrom(newSignerKey('postledger-stranger'));
    expect((await check(stranger.text, newFile(JSON.stringify(proof)))).code).toBe(1);
    const renamed = readFileSync(key, 'utf8')
      .trim()
      .replace(/\+[0-9a-f]{8}\+/, '+00000000+');
    expect((await check(renamed, newFile(JSON.stringify(proof)))).errors).toContain('is damaged');
    expect((await checkProof(proof, newFile((await checkpointByService()).signedNote))).code).toBe(1);
    expect((await checkProof(proof, newFile(stranger.sign('postledger-stranger\n1\nAAAA\n')))).code).toBe(1);
    const { consistency, ...withoutConsistency } = proof;
    expect(consistency).toBeDefined();
    expect((await checkProof(withoutConsistency, older)).code).toBe(1);
    expect((await check()).code).toBe(2);
    expect((await check(key)).code).toBe(2);
  });

  it('is made of a stopped service too, and not of what is not there', async () => {
    const entryId = await firstEntry();
    await service.restartAfter(async () => {
      expect((await checkProof(await proved(entryId, { since: '1' }))).code).toBe(0);
    });
    const shown = () =>
      service.data(
        '{ auditTrail(filter: { action: ["AuditSearched"], actor: ["command-line:' +
          userInfo().username +
          '"] }) { nodes { ... on AuditSearchedEntry { searches { field filter } } } } }',
      );
    await expect.poll(shown).toEqual({ auditTrail: { nodes: [{ searches: [{ field: 'audit prove', filter: JSON.stringify({ entryId }) }] }] } });
    await expect(proved('11111111-1111-4111-8111-111111111111')).rejects.toThrow('has no entry');
    await expect(proved(entryId, { since: '1000000' })).rejects.toThrow(CommandFailed);
    await expect(proved(entryId, { since: newFile('no checkpoint') })).rejects.toThrow('holds no checkpoint');
    await expect(proved(entryId, { since: join(scratch, 'nowhere') })).rejects.toThrow('is neither');
    await expect(proved(entryId, { out: key })).rejects.toThrow('is there already');
  });

  it('is not made of an entry that was changed, nor of hashes that are not what was signed', async () => {
    const entryId = await firstEntry();
    const changed = async (name: string, file: string, sql: string) => {
      const directory = join(scratch, name);
      await service.restartAfter(() => cp(service.dataDirectory, directory, { recursive: true }));
      const database = new DatabaseSync(join(directory, file));
      database.exec(sql);
      database.close();
      return proveAuditEntry(readConfig({ POSTLEDGER_DATA_DIR: directory }), entryId, {});
    };
    const edit = `DROP TRIGGER event_is_never_changed; UPDATE event SET type = 'AccountErased' WHERE event_id = '${entryId}'`;
    await expect(changed('edited', 'events.db', edit)).rejects.toThrow('it was changed');
    const rewrite = 'UPDATE leaf SET hash = (SELECT hash FROM leaf WHERE number = 1) WHERE number = 0';
    await expect(changed('rewritten', 'views-audit-ledger-v1.db', rewrite)).rejects.toThrow('The log is not what the newest checkpoint says');
  });

  it('says so when no checkpoint covers the entry yet', async () => {
    const entryId = await createdAccount('Uncovered');
    await expect.poll(() => proved(entryId).catch((error: unknown) => String(error))).toContain('No checkpoint covers the entry yet');
  });
});

describe('the leaves of a log', () => {
  it('give a stranger the root that was signed, and neither secrets nor personal data', async () => {
    const [leaves, checkpoint] = [newFile(), newFile((await checkpointByService()).signedNote)];
    await writeLeaves(config, leaves);
    const { treeSize } = await checkpointByService();
    const { code, output } = await check(key, '--log', leaves, checkpoint);
    expect([code, output]).toEqual([0, expect.stringContaining(`Proved: the first ${treeSize} leaves of ${leaves}`)]);
    expect((await check(key, '--log', leaves, join(service.dataDirectory, 'audit-checkpoints'))).code).toBe(0);
    const text = readFileSync(leaves, 'utf8');
    for (const hidden of ['erin@example.org', 'The mailbox of', 'canary', '"secretId"']) expect(text).not.toContain(hidden);

    const lines = text.split('\n').slice(0, -1);
    const damages = [
      lines.slice(1),
      lines.toSpliced(2, 1),
      lines.with(1, lines[0] ?? ''),
      lines.slice(0, Number(treeSize) - 1),
      [...lines.slice(0, 1), ...lines],
    ];
    for (const damage of damages) expect((await check(key, '--log', newFile(damage.map((line) => `${line}\n`).join('')), checkpoint)).code).toBe(1);
    await expect(writeLeaves(config, leaves)).rejects.toThrow('is there already');
  });
});

describe('the script for strangers', () => {
  it('is a hundred lines, and needs nothing but Node', () => {
    expect(filesIn('scripts')).toContain(script);
    const text = readText(script);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(100);
    expect([...text.matchAll(/\b(?:from|import|require)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name)).toEqual(['node:crypto', 'node:fs']);
  });
});

async function firstEntry(): Promise<string> {
  const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly { id: string }[] } }>(
    '{ auditTrail(filter: { action: ["AccountCreated"] }, first: 1) { nodes { id } } }',
  );
  return auditTrail.nodes[0]?.id ?? '';
}

function damaged(value: unknown, [member = '', ...rest]: readonly string[], damage: (value: unknown) => unknown): unknown {
  const object = value as Readonly<Record<string, unknown>>;
  return { ...object, [member]: rest.length === 0 ? damage(object[member]) : damaged(object[member], rest, damage) };
}

function damagedHash(hash: unknown): string {
  const bytes = Buffer.from(String(hash), 'base64');
  bytes.writeUInt8((bytes.at(5) ?? 0) ^ 1, 5);
  return bytes.toString('base64');
}
