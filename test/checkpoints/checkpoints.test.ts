import { appendFile, chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CheckpointFile } from '../../src/checkpoints/checkpoint-file.js';
import { Checkpoints, LogContradictsCheckpoint, type CheckpointsOptions } from '../../src/checkpoints/checkpoints.js';
import { trustedHead, type SignedCheckpoint } from '../../src/checkpoints/signed-checkpoint.js';
import { loadSigningKey, publicKeysIn, SigningKeyRefused } from '../../src/checkpoints/signing-key.js';
import { leafHash, type Hash } from '../../src/ledger/hashes.js';
import { MerkleEdge } from '../../src/ledger/merkle-tree.js';
import { newSignerKey } from '../../src/ledger/signed-note.js';

const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});
async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-'));
  directories.push(directory);
  return directory;
}

/** A log of leaves, of which nothing but the hashes is known. */
class Leaves {
  leaves: Hash[] = [];
  get size() {
    return this.leaves.length;
  }
  grow(many: number, word = 'event') {
    for (let i = 0; i < many; i++) this.leaves.push(leafHash(`${word} ${this.leaves.length}`));
  }
  root(size: number): Hash {
    const edge = new MerkleEdge();
    for (const leaf of this.leaves.slice(0, size)) edge.append(leaf);
    return edge.root();
  }
  leaf(index: number) {
    return { position: BigInt(index * 10) };
  }
}

async function opened(directory: string, log: Leaves, options: Partial<CheckpointsOptions> = {}) {
  const signer = await loadSigningKey({ dataDirectory: directory, file: null });
  const signed: SignedCheckpoint[] = [];
  const faults: unknown[] = [];
  let wake = () => {};
  const told =
    <Thing>(list: Thing[]) =>
    (thing: Thing) => {
      list.push(thing);
      wake();
    };
  const checkpoints = await Checkpoints.open({
    log: () => log,
    isCurrent: () => true,
    signer,
    keys: await publicKeysIn(directory),
    own: new CheckpointFile(join(directory, 'audit-checkpoints')),
    outside: null,
    now: () => new Date('2026-11-30T12:00:00.000Z'),
    every: { leaves: 5, milliseconds: 3_600_000 },
    onSigned: told(signed),
    onFault: told(faults),
    ...options,
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { checkpoints, signed, faults, until, signer };
}

describe('checkpoints', () => {
  it('are signed once so many leaves are uncovered, and say what the log is', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const { checkpoints, signed, until, signer } = await opened(directory, log);
    log.grow(4);
    checkpoints.noticed();
    expect(checkpoints.newest).toBeNull();
    log.grow(1);
    checkpoints.noticed();
    await until(() => signed.length === 1);
    expect(trustedHead(signed[0]?.signedNote ?? '', [signer])).toEqual({ origin: signer.name, size: 5, root: log.root(5) });
    expect(signed[0]).toMatchObject({ createdAt: '2026-11-30T12:00:00.000Z', treeSize: '5', position: '40', rootHash: log.root(5).toString('base64') });
  });

  it('are signed after a while, however little came', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const { checkpoints, signed, until } = await opened(directory, log, { every: { leaves: 1_000, milliseconds: 10 } });
    log.grow(1);
    checkpoints.noticed();
    await until(() => signed.length === 1);
    expect(checkpoints.newest?.treeSize).toBe('1');
  });

  it('are signed at once for whoever needs one, and at the stop', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const { checkpoints, signed } = await opened(directory, log);
    log.grow(2);
    expect((await checkpoints.covering(1))?.treeSize).toBe('2');
    expect((await checkpoints.covering(2))?.treeSize).toBe('2');
    expect(await checkpoints.covering(3)).toBeNull();
    log.grow(1);
    await checkpoints.stop();
    expect(signed.map(({ treeSize }) => treeSize)).toEqual(['2', '3']);
  });

  it('lie beside the log and outside, and go on from there after a start', async () => {
    const [directory, elsewhere, log] = [await temporaryDirectory(), await temporaryDirectory(), new Leaves()];
    const outside = new CheckpointFile(join(elsewhere, 'checkpoints'));
    const first = await opened(directory, log, { outside });
    log.grow(2);
    await first.checkpoints.stop();
    const second = await opened(directory, log, { outside });
    expect(second.checkpoints.newest?.treeSize).toBe('2');
    log.grow(1);
    await second.checkpoints.stop();
    expect(await outside.all()).toEqual([...first.signed, ...second.signed]);
    expect(await readFile(join(directory, 'audit-checkpoints'), 'utf8')).toBe(await readFile(outside.path, 'utf8'));
  });

  it.each(['own', 'outside'] as const)('are refused for a log that was changed, cut off or swapped, by the %s copy alone', async (copy) => {
    const [directory, elsewhere, log] = [await temporaryDirectory(), await temporaryDirectory(), new Leaves()];
    const outside = new CheckpointFile(join(elsewhere, 'checkpoints'));
    const before = await opened(directory, log, { outside });
    log.grow(7);
    await before.checkpoints.stop();
    await rm(copy === 'own' ? outside.path : join(directory, 'audit-checkpoints'));

    const kept = log.leaves;
    const altered = [...kept.slice(0, 3), leafHash('changed'), ...kept.slice(4)];
    for (const [leaves, words] of [
      [altered, 'something in its first 7 events was changed'],
      [kept.slice(0, 6), 'The log has 6 events'],
      [[], 'The log has 0 events'],
    ] as const) {
      log.leaves = [...leaves];
      const { checkpoints, signed, faults } = await opened(directory, log, { outside });
      expect(checkpoints.problem).toContain(words);
      expect(faults).toHaveLength(1);
      // Nor when it has grown again.
      log.grow(9, 'later');
      checkpoints.noticed();
      await expect(checkpoints.covering(7)).rejects.toThrow(LogContradictsCheckpoint);
      await expect(checkpoints.covering(8)).rejects.toThrow(LogContradictsCheckpoint);
      await checkpoints.stop();
      expect(signed).toEqual([]);
    }
  });

  it('are not refused because another copy of the hashes is behind', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const before = await opened(directory, log);
    log.grow(4);
    await before.checkpoints.stop();
    log.leaves.length = 3;
    const { checkpoints } = await opened(directory, log, { isCurrent: () => false });
    expect((await checkpoints.covering(3))?.treeSize).toBe('4');
    expect(checkpoints.problem).toBeNull();
  });

  it('of a key that is not known are refused, and so is what is signed by none', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const before = await opened(directory, log);
    log.grow(3);
    await before.checkpoints.stop();
    await writeFile(join(directory, 'audit-signing-key'), newSignerKey('postledger-other'));
    await rm(join(directory, 'audit-public-key'));
    const { checkpoints, faults } = await opened(directory, log);
    log.grow(1);
    await expect(checkpoints.covering(4)).rejects.toThrow(LogContradictsCheckpoint);
    expect(checkpoints.problem).toContain('is not signed by a key of this service');
    expect(faults).toHaveLength(1);
  });

  it('survive a line that a crash left half', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const before = await opened(directory, log);
    log.grow(1);
    await before.checkpoints.stop();
    const file = new CheckpointFile(join(directory, 'audit-checkpoints'));
    const [first] = before.signed;
    await appendFile(file.path, (await readFile(file.path, 'utf8')).slice(0, 40));
    expect(await file.newest()).toEqual(first);
    const after = await opened(directory, log);
    log.grow(1);
    await after.checkpoints.stop();
    expect(await file.all()).toEqual([first, ...after.signed]);
  });
});

describe('the signing key', () => {
  it('is made once, for its owner alone, and its public half is beside it', async () => {
    const dataDirectory = await temporaryDirectory();
    const [one, two] = await Promise.all([loadSigningKey({ dataDirectory, file: null }), loadSigningKey({ dataDirectory, file: null })]);
    expect(two.text).toBe(one.text);
    expect((await loadSigningKey({ dataDirectory, file: null })).text).toBe(one.text);
    expect((await stat(join(dataDirectory, 'audit-signing-key'))).mode & 0o777).toBe(0o600);
    expect((await publicKeysIn(dataDirectory)).map(({ text }) => text)).toContain(one.text);
  });

  it('is refused when others may read it, when it is missing where it was named, and when it is none', async () => {
    const dataDirectory = await temporaryDirectory();
    const file = join(dataDirectory, 'key');
    await expect(loadSigningKey({ dataDirectory, file })).rejects.toThrow(SigningKeyRefused);
    await writeFile(file, newSignerKey('example.com/log'), { mode: 0o600 });
    expect((await loadSigningKey({ dataDirectory, file })).name).toBe('example.com/log');
    await chmod(file, 0o640);
    await expect(loadSigningKey({ dataDirectory, file })).rejects.toThrow('0600');
    await writeFile(file, 'no key');
    await chmod(file, 0o600);
    await expect(loadSigningKey({ dataDirectory, file })).rejects.toThrow('holds no signing key');
  });
});
