import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crashImages, type CrashImage } from './crash-images.js';
import { dose } from './dose.js';
import { fileOperations, tracedCalls, type FileOperation } from './file-trace.js';
import { canTrace } from './strace.js';
import { verifyLog } from './verify-log.js';
import { acknowledgedIn } from './writers.js';

const writers = join(import.meta.dirname, '../../dist/test/proof/append-under-trace.js');
const batches = dose({ short: 300, full: 1_000 });
const images = dose({ short: 150, full: 2_000 });

describe.skipIf(!canTrace('The power-loss proof'))('after a power failure', () => {
  let scratch: string;
  beforeAll(async () => {
    scratch = await realpath(await mkdtemp(join(tmpdir(), 'postledger-power-')));
  });
  afterAll(() => rm(scratch, { recursive: true }));

  it(`no acknowledged event is lost in any of ${images} crash images`, async () => {
    const found = await crash('FULL');
    expect(found).toMatchObject({ images, lost: 0, broken: 0, first: 'nothing is wrong' });
    expect(found.acknowledged).toBeGreaterThan(images);
  });

  it('the same check finds losses once the store does not sync each commit', async () => {
    expect((await crash('NORMAL')).lost).toBeGreaterThan(0);
  });

  it('the same check finds broken databases once the store does not sync at all', async () => {
    expect((await crash('OFF')).broken).toBeGreaterThan(0);
  });

  async function crash(synchronous: 'FULL' | 'NORMAL' | 'OFF') {
    const operations = await traced(synchronous);
    const found = { images: 0, lost: 0, broken: 0, acknowledged: 0, first: 'nothing is wrong' };
    for (const image of crashImages(operations, images)) {
      const acknowledged = acknowledgedIn(image.told);
      const verdict = await verdictOf(image);
      found.images++;
      found.acknowledged += acknowledged.flatMap(([, , ids]) => ids).length;
      const isBroken = verdict instanceof Error || verdict.holes + verdict.torn > 0 || verdict.integrity !== 'ok';
      if (isBroken) found.broken++;
      else if (verdict.lost > 0) found.lost++;
      if (found.broken + found.lost === 1) found.first = verdict instanceof Error ? verdict.message : JSON.stringify(verdict);
    }
    const syncs = operations.filter(({ kind }) => kind === 'sync').length;
    process.stdout.write(
      `synchronous=${synchronous}: ${syncs} syncs; of ${images} crash images ${found.lost} lost acknowledged events, ${found.broken} were broken\n`,
    );
    return found;
  }

  async function traced(synchronous: string): Promise<FileOperation[]> {
    const [directory, outside, trace] = [join(scratch, synchronous), join(scratch, `${synchronous}.told`), join(scratch, `${synchronous}.trace`)];
    await mkdir(directory);
    const parameters = ['-f', '-y', '-xx', '-s', '1000000', '-e', `trace=${tracedCalls}`, '-o', trace];
    const child = spawn('strace', [...parameters, process.execPath, writers, directory, outside, String(batches), synchronous], { stdio: 'inherit' });
    await once(child, 'close');
    if (child.exitCode !== 0) throw new Error('The traced writers failed: run `npm run build` before the proofs.');
    return fileOperations(await readFile(trace, 'latin1'), directory, outside);
  }

  async function verdictOf(image: CrashImage) {
    const directory = await mkdtemp(join(scratch, 'image-'));
    try {
      // The shared-memory file is rebuilt from the others; the lock holds nothing.
      for (const [name, content] of image.files) if (name !== 'events.db-shm') await writeFile(join(directory, name), content);
      return await verifyLog(directory, acknowledgedIn(image.told)).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    } finally {
      await rm(directory, { recursive: true });
    }
  }
});
