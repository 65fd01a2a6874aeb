import { hash, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointText, parseCheckpoint, type TreeHead } from '../../src/ledger/checkpoint.js';
import { leafHash } from '../../src/ledger/hashes.js';
import { provesConsistency, provesInclusion } from '../../src/ledger/merkle-tree.js';
import { newSignerKey, openNote, signerFrom, verifierFrom } from '../../src/ledger/signed-note.js';
import { startTestService, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

interface Checkpoint {
  readonly origin: string;
  readonly treeSize: string;
  readonly rootHash: string;
  readonly signedNote: string;
  readonly createdAt: string;
  readonly publicKey: string;
}
interface Proof {
  readonly entryId: string;
  readonly leafIndex: string;
  readonly leafHash: string;
  readonly leafInput: string;
  readonly disclosures: readonly { readonly path: string; readonly value: string; readonly salt: string }[];
  readonly inclusionPath: readonly string[];
  readonly checkpoint: Checkpoint;
}

const checkpointFields = 'origin treeSize rootHash signedNote createdAt publicKey';

async function createAccount(accountId: string, identity: Record<string, unknown> = {}): Promise<void> {
  const sender = { smtp: { identity: { emailAddress: `${accountId}@example.org`, ...identity }, connection: { host: 'smtp.example.org' } } };
  const { createEmailAccount } = await service.data<{ createEmailAccount: { errors: readonly unknown[] } }>(
    'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code message field } } }',
    { input: { accountId, accountName: `Account ${accountId}`, sender } },
  );
  expect(createEmailAccount.errors).toEqual([]);
}

async function entries(filter: object = {}): Promise<readonly { readonly id: string; readonly action: string; readonly position: string }[]> {
  const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly { id: string; action: string; position: string }[] } }>(
    'query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 100) { nodes { id action position } } }',
    { filter },
  );
  return auditTrail.nodes;
}

async function proofOf(entryId: string): Promise<Proof> {
  const { auditProof } = await service.data<{ auditProof: Proof }>(
    `query ($entryId: ID!) { auditProof(entryId: $entryId) { entryId leafIndex leafHash leafInput disclosures { path value salt } inclusionPath checkpoint { ${checkpointFields} } } }`,
    { entryId },
  );
  return auditProof;
}

/** What the note says, as far as the key in the data directory has signed it. */
async function trusted({ signedNote }: Checkpoint): Promise<TreeHead> {
  const key = verifierFrom((await readFile(join(service.dataDirectory, 'audit-public-key'), 'utf8')).trim());
  return parseCheckpoint(openNote(signedNote, key) ?? 'not signed by this key');
}

const bytes = (base64: string) => Buffer.from(base64, 'base64');

async function holds({ leafIndex, leafInput, inclusionPath, checkpoint }: Proof): Promise<boolean> {
  const { size, root } = await trusted(checkpoint);
  return provesInclusion(leafHash(leafInput), Number(leafIndex), size, inclusionPath.map(bytes), root);
}

describe('a proof of an entry', () => {
  it('holds for every entry of the trail, with the public key and nothing else of the service', async () => {
    await createAccount('Proven');
    const all = await entries();
    expect(all.length).toBeGreaterThan(3);
    for (const { id, action } of all) {
      const proof = await proofOf(id);
      expect(await holds(proof)).toBe(true);
      expect(JSON.parse(proof.leafInput)).toMatchObject({ id, type: action });
      expect(bytes(proof.leafHash)).toEqual(leafHash(proof.leafInput));
    }
  });

  it('no longer holds when anything of it is changed', async () => {
    const proof = await proofOf((await entries({ action: ['AccountCreated'] }))[0]?.id ?? '');
    const other = randomBytes(32).toString('base64');
    const signer = signerFrom(newSignerKey(proof.checkpoint.origin));
    const { size } = await trusted(proof.checkpoint);
    const forged = signer.sign(checkpointText({ origin: signer.name, size, root: bytes(other) }));
    expect(await holds({ ...proof, leafInput: proof.leafInput.replace('custom', 'gmail') })).toBe(false);
    expect(await holds({ ...proof, leafIndex: String(Number(proof.leafIndex) + 1) })).toBe(false);
    expect(await holds({ ...proof, inclusionPath: proof.inclusionPath.with(0, other) })).toBe(false);
    await expect(holds({ ...proof, checkpoint: { ...proof.checkpoint, signedNote: forged } })).rejects.toThrow('no checkpoint');
  });

  it('says what the checkpoint says beside its note', async () => {
    const { checkpoint } = await proofOf((await entries())[0]?.id ?? '');
    const { origin, size, root } = await trusted(checkpoint);
    expect(checkpoint).toMatchObject({ origin, treeSize: String(size), rootHash: root.toString('base64') });
    expect(`${checkpoint.publicKey}\n`).toBe(await readFile(join(service.dataDirectory, 'audit-public-key'), 'utf8'));
    expect(Math.abs(Date.parse(checkpoint.createdAt) - Date.now())).toBeLessThan(60_000);
    const { auditCheckpoint } = await service.data<{ auditCheckpoint: Checkpoint }>(`{ auditCheckpoint { ${checkpointFields} } }`);
    expect(Number(auditCheckpoint.treeSize)).toBeGreaterThanOrEqual(size);
    expect((await trusted(auditCheckpoint)).origin).toBe(origin);
  });

  it('is null for what is no entry', async () => {
    const answer = await service.data('{ auditProof(entryId: "11111111-1111-4111-8111-111111111111") { entryId } }');
    expect(answer).toEqual({ auditProof: null });
  });

  it('holds still when the personal data in it was erased', async () => {
    const address = `erased-${randomBytes(4).toString('hex')}@example.org`;
    await createAccount('Erased', { emailAddress: address, displayName: 'Erika Erased' });
    const configured = (await entries({ entityId: ['Erased'], action: ['SenderConfigured'] }))[0]?.id ?? '';
    const before = await proofOf(configured);
    const { metadata } = JSON.parse(before.leafInput) as { metadata: { $personal: { commitments: Record<string, string> } } };
    const committed = ({ value, salt }: Proof['disclosures'][number]) => hash('sha256', Buffer.concat([bytes(salt), Buffer.from(value)]), 'base64url');
    expect(Object.fromEntries(before.disclosures.map((each) => [each.path, committed(each)]))).toEqual(metadata.$personal.commitments);
    expect(before.disclosures.map(({ value }) => value)).toEqual(expect.arrayContaining([address, 'Erika Erased']));
    expect(before.leafInput).not.toContain(address);
    expect(before.leafInput).not.toContain('Erika');
    await service.data(
      'mutation { eraseEmailAccount(input: { accountId: "Erased", confirmation: "Erased", reason: "asked for by its owner" }) { errors { code } } }',
    );
    const after = await proofOf(configured);
    expect(after.leafInput).toBe(before.leafInput);
    expect(after.disclosures).toEqual([]);
    expect(await holds(after)).toBe(true);
    expect(await holds(before)).toBe(true);
  });
});

describe('a checkpoint that somebody kept', () => {
  const consistency = (fromTreeSize: string) =>
    service.data<{ auditConsistencyProof: { fromTreeSize: string; fromRootHash: string; path: readonly string[]; checkpoint: Checkpoint } | null }>(
      `query ($fromTreeSize: String!) { auditConsistencyProof(fromTreeSize: $fromTreeSize) { fromTreeSize fromRootHash path checkpoint { ${checkpointFields} } } }`,
      { fromTreeSize },
    );

  it('is shown to be the beginning of what the log is now, also after a restart', async () => {
    const kept = (await proofOf((await entries())[0]?.id ?? '')).checkpoint;
    await createAccount('Later');
    await service.restart();
    await proofOf((await entries({ entityId: ['Later'] }))[0]?.id ?? '');
    const { auditConsistencyProof: proof } = await consistency(kept.treeSize);
    const [older, newer] = [await trusted(kept), await trusted(proof?.checkpoint ?? kept)];
    expect(newer.size).toBeGreaterThan(older.size);
    expect(bytes(proof?.fromRootHash ?? '')).toEqual(older.root);
    expect(provesConsistency(older.size, older.root, newer.size, newer.root, (proof?.path ?? []).map(bytes))).toBe(true);
  });

  it.each(['0', '999999999', '-1', 'all', '1.5', ''])('cannot be one of %j leaves', async (size) => {
    expect(await consistency(size)).toEqual({ auditConsistencyProof: null });
  });
});

describe('checkpoints', () => {
  it('are kept beside the log, in the log of the service, and in a file elsewhere', async () => {
    const elsewhere = join(service.dataDirectory, 'elsewhere');
    const other = await startTestService({ POSTLEDGER_AUDIT_CHECKPOINT_FILE: elsewhere });
    try {
      await other.restart();
      const kept = (await readFile(elsewhere, 'utf8')).trim().split('\n');
      expect(kept.length).toBeGreaterThan(0);
      expect((await readFile(join(other.dataDirectory, 'audit-checkpoints'), 'utf8')).trim().split('\n')).toEqual(kept);
      const logged = other
        .logged()
        .split('\n')
        .filter((line) => line.includes('checkpoint of the audit trail'));
      expect(logged.map((line) => (JSON.parse(line) as { checkpoint: unknown }).checkpoint)).toEqual(kept.map((line) => JSON.parse(line) as unknown));
    } finally {
      await other.stop();
    }
  });

  it('are not signed of a log that was changed while the service stood still, and operators are told', async ({ skip }) => {
    skip(service.engine !== 'EMBEDDED', 'changes the file of the embedded log');
    const forged = await startTestService();
    try {
      const { viewer } = await forged.data<{ viewer: { actor: { id: string } } }>('{ viewer { actor { id } } }');
      expect(viewer.actor.id).not.toBe('');
      await forged.restart();
      await forged.restart();
      const signed = await readFile(join(forged.dataDirectory, 'audit-checkpoints'), 'utf8');
      await forged.restartAfter(async () => {
        const database = new DatabaseSync(join(forged.dataDirectory, 'events.db'));
        database.exec("DROP TRIGGER event_is_never_changed; UPDATE event SET metadata = replace(metadata, 'SYSTEM', 'USER') WHERE position = 2");
        database.close();
        // Whoever can change the log can take the hashes away as well: they are made anew of what was forged.
        await rm(join(forged.dataDirectory, 'views-audit-ledger-v1.db'), { force: true });
        const before = await readFile(join(forged.dataDirectory, 'audit-checkpoints'), 'utf8');
        expect(before.startsWith(signed)).toBe(true);
      });
      const { serviceStatus } = await forged.data<{ serviceStatus: { warnings: readonly string[] } }>('{ serviceStatus { warnings } }');
      expect(serviceStatus.warnings.join('\n')).toContain('The log is not the one that was signed');
      const { auditTrail } = await forged.data<{ auditTrail: { nodes: readonly { id: string }[] } }>('{ auditTrail(last: 1) { nodes { id } } }');
      const answer = await forged.query('query ($id: ID!) { auditProof(entryId: $id) { leafHash } }', { id: auditTrail.nodes[0]?.id });
      expect(answer.errors[0]).toMatchObject({ message: serviceStatus.warnings.at(-1), extensions: { code: 'AUDIT_LOG_CONTRADICTED' } });
    } finally {
      await forged.stop();
    }
  });

  it('are no longer signed once the log is found to be another one than its hashes, which nobody touched', async ({ skip }) => {
    skip(service.engine !== 'EMBEDDED', 'changes the file of the embedded log');
    const forged = await startTestService();
    try {
      await forged.restartAfter(() => {
        const database = new DatabaseSync(join(forged.dataDirectory, 'events.db'));
        database.exec("DROP TRIGGER event_is_never_changed; UPDATE event SET metadata = replace(metadata, 'SYSTEM', 'USER') WHERE position = 1");
        database.close();
        return Promise.resolve();
      });
      const warnings = async () =>
        (await forged.data<{ serviceStatus: { warnings: readonly string[] } }>('{ serviceStatus { warnings } }')).serviceStatus.warnings;
      await expect.poll(warnings).toContainEqual(expect.stringMatching(/the event [-0-9a-f]{36} at position 1 was changed/));
      const answer = await forged.query('{ auditCheckpoint { treeSize } }');
      expect(answer.errors[0]?.extensions.code).toBe('AUDIT_LOG_CONTRADICTED');
    } finally {
      await forged.stop();
    }
  });
});
