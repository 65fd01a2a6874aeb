import type { TreeHead } from '../ledger/checkpoint.js';
import type { Hash } from '../ledger/hashes.js';
import type { NoteSigner, NoteVerifier } from '../ledger/signed-note.js';
import type { CheckpointFile } from './checkpoint-file.js';
import { signCheckpoint, trustedHead, type SignedCheckpoint } from './signed-checkpoint.js';

/** The hashes of the log, as they are known here. */
export interface HashedLog {
  /** How many leaves. */
  readonly size: number;
  /** The root of the tree of its first leaves. */
  root(size: number): Hash;
  leaf(index: number): { readonly position: bigint };
}

export interface CheckpointsOptions {
  /** Null while it is built for the first time. */
  readonly log: () => HashedLog | null;
  /** Whether the hashes are as far as the log is. */
  readonly isCurrent: () => boolean;
  readonly signer: NoteSigner;
  /** The keys that this log's checkpoints were signed with, the signer's among them. */
  readonly keys: readonly NoteVerifier[];
  /** Beside the log. */
  readonly own: CheckpointFile;
  /** Out of reach of whoever can change the log. Null: nobody named one. */
  readonly outside: CheckpointFile | null;
  readonly now: () => Date;
  /** So many leaves at most, or milliseconds, stay unsigned. Default: 1,000 and 60,000. */
  readonly every?: { readonly leaves: number; readonly milliseconds: number };
  /** Told of each one, once it is kept. */
  readonly onSigned: (checkpoint: SignedCheckpoint) => void;
  /** Told when one could not be signed or kept; it is tried again with the next. */
  readonly onFault: (error: unknown) => void;
}

/** The log is not what was signed before. No checkpoint is signed until somebody has looked into it. */
export class LogContradictsCheckpoint extends Error {
  override readonly name = 'LogContradictsCheckpoint';
}

/**
 * Signs what the log is, again and again, after it has proved to itself that the log still begins with what it signed last: it never puts its name to a log that was changed.
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  readonly #every: { readonly leaves: number; readonly milliseconds: number };
  #newest: SignedCheckpoint | null = null;
  #problem: string | null = null;
  #outsideFault: string | null = null;
  #signing: Promise<SignedCheckpoint | null> | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Whether the last attempt failed: the next one waits for its time then, however much comes in. */
  #isFailing = false;
  #isStopped = false;

  private constructor(options: CheckpointsOptions) {
    this.#options = options;
    this.#every = options.every ?? { leaves: 1_000, milliseconds: 60_000 };
  }

  /** @throws {NoteMalformed} one of the files was damaged. */
  static async open(options: CheckpointsOptions): Promise<Checkpoints> {
    const checkpoints = new Checkpoints(options);
    checkpoints.#newest = await options.own.newest();
    await checkpoints.#lookBack();
    checkpoints.noticed();
    return checkpoints;
  }

  /** The newest one; null when none was signed yet. */
  get newest(): SignedCheckpoint | null {
    return this.#newest;
  }

  /** How many leaves no checkpoint covers yet. */
  get uncovered(): number {
    return Math.max(0, this.#size - Number(this.#newest?.treeSize ?? 0));
  }

  get #size(): number {
    return this.#options.log()?.size ?? 0;
  }

  /** Why none is signed, or none is kept outside, in a sentence for operators; null when all is well. */
  get problem(): string | null {
    return this.#problem ?? this.#outsideFault;
  }

  /** To be called whenever the log may have grown. */
  noticed(): void {
    const { uncovered } = this;
    if (uncovered === 0 || this.#isStopped) return;
    if (uncovered >= this.#every.leaves && !this.#isFailing) this.#signInBackground();
    else this.#timer ??= setTimeout(() => this.#signInBackground(), this.#every.milliseconds).unref();
  }

  /**
   * A checkpoint that covers so many leaves: the newest, or one that is signed now. Null when the log has none of that size.
   * @throws {LogContradictsCheckpoint}
   */
  async covering(size: number): Promise<SignedCheckpoint | null> {
    const log = this.#options.log();
    if (this.#problem !== null && log !== null) await this.#refuseContradiction(log);
    while (Number(this.#newest?.treeSize ?? 0) < size) {
      if (this.#size < size) return null;
      await this.#sign();
    }
    return this.#newest;
  }

  /** Signs what is left, and no more afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#clearTimer();
    try {
      if (this.uncovered > 0) await this.#sign();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  /** What was changed while nobody looked is told at once, not with the next checkpoint. */
  async #lookBack(): Promise<void> {
    const log = this.#options.log();
    if (log === null) return;
    try {
      await this.#refuseContradiction(log);
    } catch (error) {
      if (!(error instanceof LogContradictsCheckpoint)) throw error;
      this.#isFailing = true;
      this.#options.onFault(error);
    }
  }

  #signInBackground(): void {
    if (this.#signing || this.#isStopped) return;
    this.#clearTimer();
    this.#sign().then(
      () => {
        this.#isFailing = false;
        this.noticed();
      },
      (error: unknown) => {
        this.#isFailing = true;
        this.#options.onFault(error);
        if (!this.#isStopped) this.#timer ??= setTimeout(() => this.#signInBackground(), this.#every.milliseconds).unref();
      },
    );
  }

  #clearTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** One at a time: who comes meanwhile gets the same one. */
  #sign(): Promise<SignedCheckpoint | null> {
    this.#signing ??= this.#signOne().finally(() => (this.#signing = null));
    return this.#signing;
  }

  async #signOne(): Promise<SignedCheckpoint | null> {
    const { signer, own, now, onSigned } = this.#options;
    const log = this.#options.log();
    if (log === null || log.size === 0) return null;
    const { size } = log;
    await this.#refuseContradiction(log);
    const { position } = log.leaf(size - 1);
    const checkpoint = signCheckpoint({ size, root: log.root(size) }, { position, now: now() }, signer);
    await own.append(checkpoint);
    this.#newest = checkpoint;
    onSigned(checkpoint);
    await this.#keepOutside(checkpoint);
    return checkpoint;
  }

  /** Where that fails, the next one is tried again, and covers this one too. */
  async #keepOutside(checkpoint: SignedCheckpoint): Promise<void> {
    const { outside, onFault } = this.#options;
    if (outside === null) return;
    try {
      await outside.append(checkpoint);
      this.#outsideFault = null;
    } catch (error) {
      this.#outsideFault = `Checkpoints of the audit trail cannot be written to ${outside.path}: ${error instanceof Error ? error.message : String(error)}.`;
      onFault(error);
    }
  }

  /** @throws {LogContradictsCheckpoint} the log does not begin with what the newest checkpoints say. */
  async #refuseContradiction(log: HashedLog): Promise<void> {
    const { own, outside } = this.#options;
    const problem = this.#contradiction(log, await own.newest(), own.path) ?? (outside && this.#contradiction(log, await outside.newest(), outside.path));
    this.#problem = problem;
    if (problem !== null) throw new LogContradictsCheckpoint(problem);
  }

  #contradiction(log: HashedLog, checkpoint: SignedCheckpoint | null, path: string): string | null {
    if (checkpoint === null) return null;
    const head: TreeHead | null = trustedHead(checkpoint.signedNote, this.#options.keys);
    if (head === null)
      return `The newest checkpoint in ${path} is not signed by a key of this service: the file was altered, or the key was changed without keeping its public half. ${whatToDo}`;
    if (head.size > log.size) {
      // It may be another node's, which is ahead.
      if (!this.#options.isCurrent()) return null;
      return (
        `The log has ${log.size} events, and on ${checkpoint.createdAt} ${head.size} were signed: the newest of them are gone. ` +
        `If the log was restored from a backup, say so: postledger audit accept-restore. If it was not, somebody cut it off. ${whatToDo}`
      );
    }
    if (log.root(head.size).equals(head.root)) return null;
    return `The log is not the one that was signed on ${checkpoint.createdAt}: something in its first ${head.size} events was changed. ${whatToDo}`;
  }
}

const whatToDo = 'postledger audit verify says what. No checkpoint is signed until then.';
