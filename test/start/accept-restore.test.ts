import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CheckpointFile } from '../../src/checkpoints/checkpoint-file.js';
import { publicKeysIn } from '../../src/checkpoints/signing-key.js';
import { standingHeads } from '../../src/checkpoints/standing-heads.js';
import { readConfig } from '../../src/config.js';
import { acceptRestore, type AcceptRestoreOptions } from '../../src/start/accept-restore.js';
import { CommandFailed } from '../../src/start/command-failed.js';
import { openStores } from '../../src/start/open-stores.js';
import { startTestService, type TestService } from '../api/service.js';

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function create(service: TestService, accountId: string): Promise<void> {
  await service.data('mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code } } }', {
    input: { accountId, accountName: accountId, receiver: { imap: { identity: { userId: accountId }, connection: { host: 'imap.example.org' } } } },
  });
}

const warnings = async (service: TestService) =>
  (await service.data<{ serviceStatus: { warnings: readonly string[] } }>('{ serviceStatus { warnings } }')).serviceStatus.warnings.join('\n');

it('postledger audit accept-restore has checkpoints go on from a restored log, says so for good, and refuses where nothing is lost', async () => {
  const [data, outside, backup] = [await temporaryDirectory(), join(await temporaryDirectory(), 'checkpoints'), await temporaryDirectory()];
  const environment = { POSTLEDGER_DATA_DIR: data, POSTLEDGER_AUDIT_CHECKPOINT_FILE: outside };
  const config = readConfig({ ...environment, POSTLEDGER_PORT: '0' });
  const accept = async (reason: string) => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const stores = await openStores(config);
    try {
      await acceptRestore(stores, config, { reason });
    } finally {
      await stores.close();
      vi.restoreAllMocks();
    }
  };
  const service = await startTestService({}, { store: { environment, options: {}, end: () => Promise.resolve() }, adminToken: 'known later' });
  onTestFinished(() => service.stop());
  const token = { token: (await readFile(join(data, 'bootstrap-token'), 'utf8')).trim() };
  const asAdmin: TestService = { ...service, data: (document, variables) => service.data(document, variables, token) };
  await create(asAdmin, 'Kept');
  await service.restartAfter(async () => {
    await cp(data, backup, { recursive: true });
    await expect(accept('No reason at all')).rejects.toThrow(CommandFailed);
  });
  const file = new CheckpointFile(outside);
  const standing = await file.newest();
  await create(asAdmin, 'Lost');
  await service.restartAfter(async () => {
    // The whole directory is as it was, its checkpoints included: only the copy outside knows more.
    await rm(data, { recursive: true });
    await cp(backup, data, { recursive: true });
  });
  const former = await file.newest();
  expect(Number(former?.treeSize)).toBeGreaterThan(Number(standing?.treeSize));
  expect(await warnings(asAdmin)).toContain('postledger audit accept-restore');
  await service.restartAfter(async () => {
    expect(await file.newest()).toEqual(former);
    await accept('Restored the backup of Monday');
  });
  expect(await warnings(asAdmin)).not.toContain('accept-restore');

  const { auditTrail } = await asAdmin.data<{ auditTrail: { nodes: readonly { id: string }[] } }>(
    `{ auditTrail(filter: { action: ["LogRestoreAccepted"] }, first: 10) { nodes { id reason actor { kind } ... on LogRestoreAcceptedEntry { standingTreeSize formerTreeSize formerRootHash } } } }`,
  );
  expect(auditTrail.nodes).toMatchObject([
    {
      reason: 'Restored the backup of Monday',
      actor: { kind: 'COMMAND_LINE' },
      standingTreeSize: standing?.treeSize,
      formerTreeSize: former?.treeSize,
      formerRootHash: former?.rootHash,
    },
  ]);
  const proof = await asAdmin.data('query ($id: ID!) { auditProof(entryId: $id) { checkpoint { treeSize } } }', { id: auditTrail.nodes[0]?.id });
  expect(proof).toMatchObject({ auditProof: { checkpoint: { treeSize: expect.any(String) as string } } });
  const { heads, untrusted } = standingHeads(await file.all(), await publicKeysIn(data));
  expect(untrusted).toEqual([]);
  expect(heads.map(({ root }) => root.toString('base64'))).not.toContain(former?.rootHash);
  expect(heads.map(({ root }) => root.toString('base64'))).toContain(standing?.rootHash);
});

it('postledger audit accept-restore takes a changed key, and asks where the log was perhaps changed and not restored', async () => {
  const data = await temporaryDirectory();
  const environment = { POSTLEDGER_DATA_DIR: data };
  const config = readConfig({ ...environment, POSTLEDGER_PORT: '0' });
  const accept = async (options: AcceptRestoreOptions) => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const stores = await openStores(config);
    try {
      await acceptRestore(stores, config, options);
    } finally {
      await stores.close();
      vi.restoreAllMocks();
    }
  };
  const service = await startTestService({}, { store: { environment, options: {}, end: () => Promise.resolve() }, adminToken: 'known later' });
  onTestFinished(() => service.stop());
  const token = { token: (await readFile(join(data, 'bootstrap-token'), 'utf8')).trim() };
  const asAdmin: TestService = { ...service, data: (document, variables) => service.data(document, variables, token) };
  await service.restartAfter(() => rm(join(data, 'audit-signing-key')));
  expect(await warnings(asAdmin)).toContain('is signed by another key than that of this service');
  await service.restartAfter(() => accept({ reason: 'The key was lost' }));
  expect(await warnings(asAdmin)).not.toContain('another key');

  const [first] = await new CheckpointFile(join(data, 'audit-checkpoints')).all();
  await service.restartAfter(async () => {
    const database = new DatabaseSync(join(data, 'events.db'));
    database.exec(
      `DROP TRIGGER event_is_never_changed; UPDATE event SET metadata = replace(metadata, 'SYSTEM', 'USER') WHERE position = ${Number(first?.treeSize) + 1}`,
    );
    database.close();
    await rm(join(data, 'views-audit-ledger-v1.db'));
    await expect(accept({ reason: 'Restored, they say' })).rejects.toThrow(`run this again with --standing ${first?.treeSize}.`);
    await expect(accept({ reason: 'Restored, they say', standing: 1 })).rejects.toThrow('something in it was changed');
    await accept({ reason: 'Restored, they say', standing: Number(first?.treeSize) });
  });
  expect(await warnings(asAdmin)).not.toContain('accept-restore');
});
