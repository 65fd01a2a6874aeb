import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandFailed } from './command-failed.js';

/** One erasure a line: when it was, ISO 8601 in UTC, and the account's id in lower case. */
const line = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z) ([a-z][a-z0-9-]{0,63})$/;

export interface NotedErasure {
  /** In lower case. */
  readonly accountId: string;
  readonly at: Date;
}

/**
 * Which accounts were erased, in a file of its own that only ever grows. It is meant to lie outside of what is backed up: put a backup back that is older than an erasure, and by this file it is
 * erased again.
 */
export class ErasureLedger {
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly erasures: Map<string, Date>,
    /** Whether the file was not there before. */
    readonly isNew: boolean,
  ) {}

  /**
   * Opens the file, making it (0600) when it is not there. A last line that a crash cut short was never acknowledged, and is taken away.
   * @throws {CommandFailed} it holds something else, or cannot be opened. Nothing was changed.
   */
  static async open(file: string): Promise<ErasureLedger> {
    const { handle, isNew } = await opened(file);
    try {
      const text = await handle.readFile('utf8');
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      const erasures = parsed(file, whole);
      await handle.chmod(0o600);
      if (whole !== text) {
        await handle.truncate(Buffer.byteLength(whole));
        await handle.datasync();
      }
      if (isNew) await syncDirectory(dirname(file));
      return new ErasureLedger(file, handle, erasures, isNew);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get size(): number {
    return this.erasures.size;
  }

  /** In the order in which they were noted. */
  *noted(): Iterable<NotedErasure> {
    for (const [accountId, at] of this.erasures) yield { accountId, at };
  }

  has(accountId: string): boolean {
    return this.erasures.has(accountId.toLowerCase());
  }

  /** Notes an erasure, durably; one that is noted stays as it is. */
  note(accountId: string, at: Date): Promise<void> {
    const writing = this.#writing.then(() => this.#write(accountId.toLowerCase(), at));
    this.#writing = writing.catch(() => undefined);
    return writing;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.handle.close();
  }

  async #write(accountId: string, at: Date): Promise<void> {
    if (this.erasures.has(accountId)) return;
    const { size } = await this.handle.stat();
    try {
      await this.handle.appendFile(`${at.toISOString()} ${accountId}\n`);
      await this.handle.datasync();
    } catch (error) {
      // Half a line would make the next one unreadable.
      await this.handle.truncate(size);
      throw new Error(`The erasure of account ${accountId} could not be noted in ${this.file}. Make room there; it is noted later.`, { cause: error });
    }
    this.erasures.set(accountId, at);
  }
}

async function opened(file: string): Promise<{ readonly handle: FileHandle; readonly isNew: boolean }> {
  try {
    return { handle: await open(file, 'ax+', 0o600), isNew: true };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw cannotBeOpened(file, error);
  }
  try {
    return { handle: await open(file, 'a+'), isNew: false };
  } catch (error) {
    throw cannotBeOpened(file, error);
  }
}

function cannotBeOpened(file: string, cause: unknown): CommandFailed {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CommandFailed(
    `The record of erasures cannot be opened (${why}). Make its directory, or name another file: POSTLEDGER_ERASURES_FILE, now ${file}.`,
    {
      cause,
    },
  );
}

function parsed(file: string, text: string): Map<string, Date> {
  const erasures = new Map<string, Date>();
  for (const [index, written] of text.split('\n').slice(0, -1).entries()) {
    const [, at, accountId] = line.exec(written) ?? [];
    if (at === undefined || accountId === undefined)
      throw new CommandFailed(
        `Line ${index + 1} of ${file} is no record of an erasure, so which accounts have to be erased is not certain. Put the file back as it was, or correct that line.`,
      );
    if (!erasures.has(accountId)) erasures.set(accountId, new Date(at));
  }
  return erasures;
}

/** A file's entry in its directory is only safe from a power failure after the directory was synced. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
