import { open, type FileHandle } from 'node:fs/promises';
import { fileExists } from './private-file.js';
import { SecretStoreUnavailable } from './secret-store.js';
import { query, type Database } from './database.js';

const chunkLength = 1 << 20;
const sliceLength = 12;

/**
 * Makes sure that erased bytes are in no file any more. `secure_delete` overwrites a deleted row and truncating the log removes its copies there, but when SQLite
 * moves rows from a full page to its neighbours, copies of them can stay behind in the old page's unused part, out of reach of a later delete. So the files are
 * searched for what was erased, and written anew (VACUUM) if a piece of it is found.
 */
export class Remnants {
  #mustRewrite = false;
  #previous: Promise<void> = Promise.resolve();

  private constructor(
    private readonly database: Database,
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async of(database: Database, path: string): Promise<Remnants> {
    return new Remnants(database, path, await open(path, 'r'));
  }

  /** To be called when the database is closed and not before: closing a file releases every lock that this process holds on it (POSIX record locks). */
  async close(): Promise<void> {
    await this.file.close();
  }

  /**
   * Resolves when no file of the store holds a piece of `erased` any more. The rows must be deleted and committed. One search runs at a time.
   * @throws {SecretStoreUnavailable} the files could not be searched or rewritten; the next search rewrites them.
   */
  remove(erased: readonly Buffer[]): Promise<void> {
    return this.#inTurn(async () => {
      this.#truncateLog();
      const slices = erased.flatMap(slicesOf);
      if (!this.#mustRewrite && !(await this.#holdsAny(slices))) return;
      this.#rewrite();
      if (await this.#holdsAny(slices)) throw new SecretStoreUnavailable(`Erased bytes are still in ${this.path} after it was written anew.`);
    });
  }

  /** Writes the whole file anew, which leaves no remnant of anything. Nothing else runs meanwhile: about 1 second for 100,000 accounts. */
  rewrite(): Promise<void> {
    return this.#inTurn(async () => this.#rewrite());
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#previous.then(task);
    this.#previous = turn.catch(() => {
      this.#mustRewrite = true;
    });
    return turn;
  }

  #rewrite(): void {
    this.database.exec('VACUUM');
    this.#truncateLog();
    this.#mustRewrite = false;
  }

  #truncateLog(): void {
    const outcome = query<{ busy: number }>(this.database, 'PRAGMA wal_checkpoint(TRUNCATE)').get();
    if (outcome?.busy !== 0) throw new SecretStoreUnavailable(`The write-ahead log of ${this.path} could not be emptied.`);
  }

  /**
   * The database before its log: a remnant lies in a page of the database from the start. Writes that go on meanwhile can only copy that page into the log, or
   * overwrite the remnant; searching in this order, no copy slips through.
   */
  async #holdsAny(slices: readonly Buffer[]): Promise<boolean> {
    if (slices.length === 0) return false;
    return (await fileHolds(this.file, slices)) || (await this.#logHolds(slices));
  }

  async #logHolds(slices: readonly Buffer[]): Promise<boolean> {
    const path = `${this.path}-wal`;
    if (!(await fileExists(path))) return false;
    const log = await open(path, 'r');
    try {
      return await fileHolds(log, slices);
    } finally {
      await log.close();
    }
  }
}

/** Pieces so short that a remnant torn by other rows is found too; whatever holds 23 bytes in a row of the original holds one whole piece. */
function slicesOf(bytes: Buffer): Buffer[] {
  const slices: Buffer[] = [];
  for (let at = 0; at + sliceLength <= bytes.length; at += sliceLength) slices.push(bytes.subarray(at, at + sliceLength));
  return slices;
}

async function fileHolds(file: FileHandle, slices: readonly Buffer[]): Promise<boolean> {
  const window = Buffer.alloc(chunkLength + sliceLength - 1);
  let kept = 0;
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(window, kept, chunkLength, position);
    if (bytesRead === 0) return false;
    const filled = window.subarray(0, kept + bytesRead);
    if (slices.some((slice) => filled.includes(slice))) return true;
    position += bytesRead;
    // A piece may lie across two reads.
    kept = Math.min(sliceLength - 1, filled.length);
    filled.copy(window, 0, filled.length - kept);
  }
}
