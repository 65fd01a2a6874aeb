import { open, type FileHandle } from 'node:fs/promises';
import { syncDirectoryOf } from '../checkpoints/checkpoint-file.js';
import { CommandFailed } from './command-failed.js';

/** One erasure a line: when it was, ISO 8601 in UTC, and the account's id in lower case. */
const line = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z) ([a-z][a-z0-9-]{0,63})$/;

/** The first line: whose erasures these are. */
const ownerLine = /^log ([0-9a-f-]{36})$/;

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
    private readonly logId: () => Promise<string | null>,
    /** Whether the file was not there before. */
    readonly isNew: boolean,
  ) {}

  /**
   * Opens the file, making it (0600) when it is not there. A last line that a crash cut short was never acknowledged, and is taken away.
   * @param logId names the log whose erasures these are: the id of its first event; null for an empty one.
   * @throws {CommandFailed} it holds something else, belongs to another log, or cannot be opened. Nothing was changed.
   */
  static async open(file: string, logId: () => Promise<string | null>): Promise<ErasureLedger> {
    const { handle, isNew } = await opened(file);
    try {
      const text = await handle.readFile('utf8');
      const whole = wholeLinesOf(text);
      const { owner, erasures } = parsed(file, whole);
      if (erasures.size > 0) refuseOther(file, owner, await logId());
      await handle.chmod(0o600);
      if (whole !== text) {
        if (whole.length < text.length) await handle.truncate(Buffer.byteLength(whole));
        else await handle.appendFile('\n');
        await handle.datasync();
      }
      if (isNew) await syncDirectoryOf(file);
      return new ErasureLedger(file, handle, erasures, logId, isNew);
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
      const owner = size === 0 ? await this.logId() : null;
      await this.handle.appendFile(`${owner === null ? '' : `log ${owner}\n`}${at.toISOString()} ${accountId}\n`);
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

/** A last line without its end is one that a crash cut short, unless it says all that a line says: then an editor left its end out. */
function wholeLinesOf(text: string): string {
  const end = text.lastIndexOf('\n') + 1;
  return line.test(text.slice(end)) ? `${text}\n` : text.slice(0, end);
}

/** @throws {CommandFailed} to erase what another log has erased would destroy accounts that only have the same id. */
function refuseOther(file: string, owner: string | null, logId: string | null): void {
  if (owner !== null && owner === logId) return;
  if (owner === null)
    throw new CommandFailed(
      `${file} does not say from which log these accounts were erased. If it was this one, put this line before all others: log ${logId ?? '<the id of the first event of the log>'}`,
    );
  const found = logId === null ? 'this log is empty' : `this one begins with ${logId}`;
  throw new CommandFailed(
    `${file} is the record of what was erased from another log: that one begins with the event ${owner}, ${found}. Name the record that belongs to this log by POSTLEDGER_ERASURES_FILE, or a new file.`,
  );
}

function parsed(file: string, text: string): { readonly owner: string | null; readonly erasures: Map<string, Date> } {
  const erasures = new Map<string, Date>();
  const lines = text.split('\n').slice(0, -1);
  const owner = ownerLine.exec(lines[0] ?? '')?.[1] ?? null;
  for (const [index, written] of lines.entries()) {
    if (index === 0 && owner !== null) continue;
    const [, at, accountId] = line.exec(written) ?? [];
    if (at === undefined || accountId === undefined)
      throw new CommandFailed(
        `Line ${index + 1} of ${file} is no record of an erasure, so which accounts have to be erased is not certain. Put the file back as it was, or correct that line.`,
      );
    if (!erasures.has(accountId)) erasures.set(accountId, new Date(at));
  }
  return { owner, erasures };
}
