import { open, readFile, type FileHandle } from 'node:fs/promises';
import { checkpointLine, parseCheckpointLine, type SignedCheckpoint } from './signed-checkpoint.js';

/** More than one line can have. */
const tailBytes = 65_536;

/** A file of checkpoints that only grows: a line of JSON each, oldest first. Who may read it is for its directory to say; nothing in it is secret. */
export class CheckpointFile {
  constructor(readonly path: string) {}

  /** Adds it, durably. A line that a crash left half is ended first, so that it spoils no other. */
  async append(checkpoint: SignedCheckpoint): Promise<void> {
    const file = await open(this.path, 'a+', 0o644);
    try {
      const { size } = await file.stat();
      const isWhole = size === 0 || (await tail(file, size, 1)) === '\n';
      await file.appendFile(`${isWhole ? '' : '\n'}${checkpointLine(checkpoint)}`);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /**
   * The newest one; null when there is none yet.
   * @throws {NoteMalformed} the last whole line is no checkpoint.
   */
  async newest(): Promise<SignedCheckpoint | null> {
    const file = await openIfThere(this.path);
    if (file === null) return null;
    try {
      const { size } = await file.stat();
      const line = wholeLines(await tail(file, size, tailBytes)).at(-1);
      return line === undefined ? null : parseCheckpointLine(line);
    } finally {
      await file.close();
    }
  }

  /** All of them, oldest first; none when there is no such file. @throws {NoteMalformed} a line is none. */
  async all(): Promise<readonly SignedCheckpoint[]> {
    const file = await openIfThere(this.path);
    if (file === null) return [];
    await file.close();
    return wholeLines(await readFile(this.path, 'utf8')).map(parseCheckpointLine);
  }
}

/** What a crash left half at the end is none; where another followed, it stands on a line of its own and has no closing brace. */
function wholeLines(text: string): readonly string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.endsWith('}'));
}

async function tail(file: FileHandle, size: number, most: number): Promise<string> {
  const length = Math.min(size, most);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.toString('utf8');
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
