import { constants } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NoteMalformed } from '../ledger/signed-note.js';
import { checkpointLine, parseCheckpointLine, type SignedCheckpoint } from './signed-checkpoint.js';

/** Some thousand lines. */
const tailBytes = 1_048_576;

/** A file of checkpoints that only grows: a line of JSON each, oldest first. Nothing in it is secret. It need not be readable, nor allow anything but to add to it. */
export class CheckpointFile {
  constructor(readonly path: string) {}

  /** Adds it, durably. What a crash left half before it stays on a line of its own, and is passed over. */
  async append(checkpoint: SignedCheckpoint): Promise<void> {
    const { file, isNew } = await openToAppend(this.path);
    try {
      await file.appendFile(`${isNew || (await endsWithLine(this.path)) ? '' : '\n'}${checkpointLine(checkpoint)}`);
      await file.sync();
    } finally {
      await file.close();
    }
    if (isNew) await syncDirectoryOf(this.path);
  }

  /** The newest one; null when there is none yet. @throws {NoteMalformed} a line is none: it names the file. */
  async newest(): Promise<SignedCheckpoint | null> {
    return (await this.recent()).at(-1) ?? null;
  }

  /** The newest of them, some thousand, oldest first; none when there is no such file. @throws {NoteMalformed} a line is none: it names the file. */
  async recent(): Promise<readonly SignedCheckpoint[]> {
    const file = await openIfThere(this.path);
    if (file === null) return [];
    try {
      const { size } = await file.stat();
      const length = Math.min(size, tailBytes);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
      const text = buffer.toString('utf8');
      return this.#parsed(size > length ? text.slice(text.indexOf('\n') + 1) : text);
    } finally {
      await file.close();
    }
  }

  /** All of them, oldest first; none when there is no such file. @throws {NoteMalformed} a line is none: it names the file. */
  async all(): Promise<readonly SignedCheckpoint[]> {
    const file = await openIfThere(this.path);
    if (file === null) return [];
    await file.close();
    return this.#parsed(await readFile(this.path, 'utf8'));
  }

  /** As {@link all}; null where the file may be added to and not be read. */
  async allIfReadable(): Promise<readonly SignedCheckpoint[] | null> {
    try {
      return await this.all();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EACCES') return null;
      throw error;
    }
  }

  /** What a crash left half has no closing brace. */
  #parsed(text: string): readonly SignedCheckpoint[] {
    try {
      return text
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map(parseCheckpointLine);
    } catch (error) {
      if (!(error instanceof NoteMalformed)) throw error;
      throw new NoteMalformed(`${this.path}: ${error.message} Put a copy that is whole in its place, or move it away.`, { cause: error });
    }
  }
}

async function openToAppend(path: string): Promise<{ readonly file: FileHandle; readonly isNew: boolean }> {
  try {
    return { file: await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL, 0o644), isNew: true };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return { file: await open(path, constants.O_WRONLY | constants.O_APPEND), isNew: false };
  }
}

/** Whether the last line has its end; false where that cannot be told, because the file may not be read. */
async function endsWithLine(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      return size === 0 || buffer.toString() === '\n';
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return false;
    throw error;
  }
}

/** So that the name survives a power failure as well. */
export async function syncDirectoryOf(path: string): Promise<void> {
  // There it is neither possible nor needed.
  if (process.platform === 'win32') return;
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
