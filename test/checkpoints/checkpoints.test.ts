import { appendFile, chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CheckpointFile } from '../../src/checkpoints/checkpoint-file.js';
import { Checkpoints, LogContradictsCheckpoint, type CheckpointsOptions } from '../../src/checkpoints/checkpoints.js';
import { signCheckpoint, trustedHead, type SignedCheckpoint } from '../../src/checkpoints/signed-checkpoint.js';
import { loadSigningKey, publicKeysIn, SigningKeyRefused } from '../../src/checkpoints/signing-key.js';
import { leafHash, type Hash } from '../../src/ledger/hashes.js';
import { MerkleEdge } from '../../src/ledger/merkle-tree.js';
import { newSignerKey, signerFrom } from '../../src/ledger/signed-note.js';

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
    isCaughtUp: () => Promise.resolve(true),
    signer,
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

  it('wait for hashes that are behind the log, and sign nothing smaller than what was signed', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const before = await opened(directory, log);
    log.grow(4);
    await before.checkpoints.stop();
    const behind = log.leaves.slice(0, 3);
    log.leaves = behind;
    let isCaughtUp = false;
    const { checkpoints, signed } = await opened(directory, log, { isCaughtUp: () => Promise.resolve(isCaughtUp) });
    expect(checkpoints.problem).toBeNull();
    expect((await checkpoints.covering(3))?.treeSize).toBe('4');
    expect(await checkpoints.covering(5)).toBeNull();
    log.grow(2);
    isCaughtUp = true;
    expect((await checkpoints.covering(5))?.treeSize).toBe('5');
    expect([signed.length, checkpoints.problem]).toEqual([1, null]);
  });

  it('that a node has signed elsewhere are the least that another one signs', async () => {
    const [one, other, elsewhere] = [await temporaryDirectory(), await temporaryDirectory(), await temporaryDirectory()];
    const outside = new CheckpointFile(join(elsewhere, 'checkpoints'));
    await copyFile(await keyIn(one), join(other, 'audit-signing-key'));
    const log = new Leaves();
    const first = await opened(one, log, { outside });
    log.grow(10);
    await first.checkpoints.stop();
    log.leaves = log.leaves.slice(0, 4);
    const second = await opened(other, log, { outside, isCaughtUp: () => Promise.resolve(false) });
    expect(await second.checkpoints.covering(4)).toBeNull();
    expect([second.signed, second.checkpoints.problem]).toEqual([[], null]);
  });

  it('of another key are not taken for ours, whatever the file with the public keys says', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const before = await opened(directory, log);
    log.grow(3);
    await before.checkpoints.stop();
    const other = signerFrom(newSignerKey('postledger-other'));
    await appendFile(join(directory, 'audit-public-key'), `${other.text}\n`);
    log.leaves = [leafHash('forged'), ...log.leaves.slice(1)];
    const forged = signCheckpoint({ size: 3, root: log.root(3) }, { position: 20n, now: new Date(0) }, other);
    await new CheckpointFile(join(directory, 'audit-checkpoints')).append(forged);
    const { checkpoints, faults } = await opened(directory, log);
    log.grow(1);
    await expect(checkpoints.covering(4)).rejects.toThrow(LogContradictsCheckpoint);
    expect(checkpoints.problem).toContain('is signed by another key than that of this service');
    expect(faults).toHaveLength(1);
  });

  it('are not believed beyond their note, and nothing is signed over a file that was altered', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const before = await opened(directory, log);
    log.grow(3);
    await before.checkpoints.stop();
    const path = join(directory, 'audit-checkpoints');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"treeSize":"3"', '"treeSize":"999999"'));
    const { checkpoints, signed } = await opened(directory, log);
    log.grow(10);
    checkpoints.noticed();
    await expect(checkpoints.covering(4)).rejects.toThrow('says something else than the note in it');
    expect([signed, checkpoints.problem]).toEqual([[], expect.stringContaining(path)]);
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

  it('are signed after their time also where one was asked for when it had come', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const { checkpoints, signed, until } = await opened(directory, log, { every: { leaves: 1_000, milliseconds: 5 } });
    for (let round = 1; round <= 5; round++) {
      log.grow(1);
      checkpoints.noticed();
      // While this one is made, the time of the other comes.
      const asked = checkpoints.covering(log.size);
      log.grow(1);
      await asked;
      await until(() => checkpoints.uncovered === 0);
    }
    expect(signed.at(-1)?.treeSize).toBe('10');
  });

  it('cover at a stop what came while one was being signed', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const { checkpoints, signed } = await opened(directory, log);
    log.grow(5);
    checkpoints.noticed();
    log.grow(2);
    await checkpoints.stop();
    expect(signed.map(({ treeSize }) => treeSize)).toEqual(['5', '7']);
  });

  it('go on beside the log where the place outside fails, are told to fail there, and are brought there later', async () => {
    const [directory, elsewhere, log] = [await temporaryDirectory(), await temporaryDirectory(), new Leaves()];
    const outside = new CheckpointFile(join(elsewhere, 'mount', 'checkpoints'));
    const first = await opened(directory, log, { outside });
    log.grow(2);
    expect((await first.checkpoints.covering(2))?.treeSize).toBe('2');
    expect(first.checkpoints.problem).toContain(`cannot be written to ${outside.path}`);
    expect(first.faults).toHaveLength(1);
    await mkdir(join(elsewhere, 'mount'));
    const second = await opened(directory, log, { outside });
    expect([second.checkpoints.problem, await outside.all()]).toEqual([null, first.signed]);
  });

  it('do not wait for ever for a place outside that does not answer', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const silent = new CheckpointFile('silent');
    silent.append = () => new Promise(() => {});
    const { checkpoints, signed } = await opened(directory, log, { outside: silent, outsideMilliseconds: 5 });
    log.grow(2);
    expect((await checkpoints.covering(2))?.treeSize).toBe('2');
    expect([checkpoints.problem, checkpoints.isOutsideSilent]).toEqual([expect.stringContaining('does not answer'), true]);
    log.grow(1);
    await checkpoints.stop();
    expect(signed.map(({ treeSize }) => treeSize)).toEqual(['2', '3']);
  });

  it('that cannot be kept beside the log are none, and operators are told', async () => {
    const [directory, log] = [await temporaryDirectory(), new Leaves()];
    const own = new CheckpointFile(join(directory, 'missing', 'checkpoints'));
    const { checkpoints, signed } = await opened(directory, log, { own });
    log.grow(1);
    await expect(checkpoints.covering(1)).rejects.toThrow('ENOENT');
    expect([signed, checkpoints.problem]).toEqual([[], expect.stringMatching(/^No checkpoint of the audit trail can be signed: ENOENT/)]);
    await mkdir(join(directory, 'missing'));
    expect((await checkpoints.covering(1))?.treeSize).toBe('1');
    expect(checkpoints.problem).toBeNull();
  });
});

/** Makes the key of a directory. */
async function keyIn(directory: string): Promise<string> {
  await loadSigningKey({ dataDirectory: directory, file: null });
  return join(directory, 'audit-signing-key');
}

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
