import { setTimeout as after } from 'node:timers/promises';
import type { Hash } from '../ledger/hashes.js';
import { NoteMalformed, type NoteSigner } from '../ledger/signed-note.js';
import type { CheckpointFile } from './checkpoint-file.js';
import { signCheckpoint, trustedHead, type SignedCheckpoint } from './signed-checkpoint.js';
import { largestOf, standingHeads, type SignedHead } from './standing-heads.js';

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
  /** Whether the hashes are as far as the log is now. */
  readonly isCaughtUp: () => Promise<boolean>;
  readonly signer: NoteSigner;
  /** Beside the log. */
  readonly own: CheckpointFile;
  /** Out of reach of whoever can change the log. Null: nobody named one. */
  readonly outside: CheckpointFile | null;
  readonly now: () => Date;
  /** So many leaves at most, or milliseconds, stay unsigned. Default: 1,000 and 60,000. */
  readonly every?: { readonly leaves: number; readonly milliseconds: number };
  /** How long the place outside may take to answer, in milliseconds. Default: 10,000. */
  readonly outsideMilliseconds?: number;
  /** Told of each one, once it is kept beside the log. */
  readonly onSigned: (checkpoint: SignedCheckpoint) => void;
  /** Told when one could not be signed or kept; it is tried again. */
  readonly onFault: (error: unknown) => void;
}

/** The log is not what was signed before. No checkpoint is signed until somebody has looked into it. */
export class LogContradictsCheckpoint extends Error {
  override readonly name = 'LogContradictsCheckpoint';
}

const usual = { leaves: 1_000, milliseconds: 60_000 };
/** How long the place outside is waited for at a stop, in milliseconds. */
const atStop = 1_000;

/**
 * Signs what the log is, again and again, after it has proved to itself that the log still begins with the largest checkpoints that it found at its start and with what it signed since: it
 * never puts its name to a log that was changed.
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  readonly #every: { readonly leaves: number; readonly milliseconds: number };
  #newest: SignedCheckpoint | null = null;
  /** What the log has to begin with, by the file that says so. */
  readonly #heads = new Map<CheckpointFile, SignedHead>();
  /** Why none is signed: what was signed before contradicts the log, or cannot be judged. */
  #contradiction: string | null = null;
  /** What a file says that is no checkpoint of ours: no log can agree with it. */
  #disagreement: string | null = null;
  #fault: string | null = null;
  #outsideFault: string | null = null;
  #outsideWriting: Promise<void> | null = null;
  #isReadingOutside = false;
  readonly #hurry = new AbortController();
  #signing: Promise<SignedCheckpoint | null> | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Whether the last attempt failed: the next one waits for its time then, however much comes in. */
  #isFailing = false;
  #isStopped = false;

  private constructor(options: CheckpointsOptions) {
    this.#options = options;
    this.#every = options.every ?? usual;
  }

  /** Looks back at what was signed before. What is wrong with it is told, and keeps nothing but signatures from being made. */
  static async open(options: CheckpointsOptions): Promise<Checkpoints> {
    const checkpoints = new Checkpoints(options);
    await checkpoints.#readBack();
    await checkpoints.#lookBack();
    checkpoints.noticed();
    return checkpoints;
  }

  /** The newest that this service signed; null when there is none, or none that its key has signed. */
  get newest(): SignedCheckpoint | null {
    return this.#newest;
  }

  /** How many leaves no checkpoint covers yet. */
  get uncovered(): number {
    return Math.max(0, (this.#options.log()?.size ?? 0) - this.#covered);
  }

  /** Why none is signed, or none is kept outside, in a sentence for operators; null when all is well. */
  get problem(): string | null {
    return this.#contradiction ?? this.#fault ?? this.#outsideFault;
  }

  /** Whether the place outside was asked for something and has not answered: a thread of the process is held by it. */
  get isOutsideSilent(): boolean {
    return this.#outsideWriting !== null || this.#isReadingOutside;
  }

  /** Says that the log was found to be another one than what was hashed of it: nothing more is signed. */
  contradicted(problem: string): void {
    this.#disagreement = problem;
    this.#contradiction = problem;
    this.#options.onFault(new LogContradictsCheckpoint(problem));
  }

  /** @throws {LogContradictsCheckpoint} what was signed before contradicts the log. */
  refuseContradiction(): void {
    const log = this.#options.log();
    if (this.#contradiction !== null && log !== null) this.#refuse(log);
  }

  /** To be called whenever the log may have grown. */
  noticed(): void {
    if (this.#isStopped || this.#signing) return;
    try {
      const { uncovered } = this;
      if (uncovered >= this.#every.leaves && !this.#isFailing) this.#signInBackground();
      else if (uncovered > 0) this.#timer ??= this.#laterOn();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  /**
   * A checkpoint that covers so many leaves: the newest, or one that is signed now. Null when the hashes are not that far.
   * @throws {LogContradictsCheckpoint}
   */
  async covering(size: number): Promise<SignedCheckpoint | null> {
    this.refuseContradiction();
    while (this.#newest === null || this.#covered < size) {
      if ((this.#options.log()?.size ?? 0) < size) return null;
      if ((await this.#sign()) === null) return null;
    }
    return this.#newest;
  }

  /** Signs what is left, and no more afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#clearTimer();
    // Whoever stops a service does not wait for a disk that is gone.
    setTimeout(() => this.#hurry.abort(), atStop).unref();
    // Whoever asked for the one under way is told of its fault.
    await this.#signing?.catch(() => null);
    try {
      if (this.uncovered > 0) await this.#sign();
    } catch (error) {
      this.#options.onFault(error);
    }
    // One that does not answer was waited for already.
    if (this.#outsideFault === null) await this.#outsideWriting;
  }

  get #covered(): number {
    return Number(this.#newest?.treeSize ?? 0);
  }

  #laterOn(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = null;
      this.#signInBackground();
    }, this.#every.milliseconds).unref();
  }

  #clearTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #signInBackground(): void {
    this.#clearTimer();
    this.#sign().catch((error: unknown) => this.#options.onFault(error));
  }

  /** One at a time: who comes meanwhile gets the same one. */
  #sign(): Promise<SignedCheckpoint | null> {
    this.#signing ??= this.#signNow().finally(() => {
      this.#signing = null;
      this.noticed();
    });
    return this.#signing;
  }

  async #signNow(): Promise<SignedCheckpoint | null> {
    try {
      const signed = await this.#signOne();
      // Where the hashes are behind, the next one waits for its time.
      this.#isFailing = signed === null;
      this.#fault = null;
      return signed;
    } catch (error) {
      this.#isFailing = true;
      if (!(error instanceof LogContradictsCheckpoint)) this.#fault = `No checkpoint of the audit trail can be signed: ${reasonOf(error)}.`;
      throw error;
    }
  }

  async #signOne(): Promise<SignedCheckpoint | null> {
    if (this.#isBehind() && !(await this.#options.isCaughtUp())) return null;
    const log = this.#options.log();
    if (log === null || log.size === 0) return null;
    if (this.#newest !== null && log.size <= this.#covered && this.#contradiction === null) return this.#newest;
    // From here to the signature nothing is awaited: what is judged is what is signed.
    this.#refuse(log);
    const { signer, own, now } = this.#options;
    const { size } = log;
    const checkpoint = signCheckpoint({ size, root: log.root(size) }, { position: log.leaf(size - 1).position, now: now() }, signer);
    await own.append(checkpoint);
    this.#signed(checkpoint);
    await this.#keepOutside(checkpoint);
    return checkpoint;
  }

  #signed(checkpoint: SignedCheckpoint): void {
    const { own, signer, onSigned } = this.#options;
    this.#newest = checkpoint;
    const head = trustedHead(checkpoint.signedNote, [signer]);
    if (head) this.#heads.set(own, { ...head, createdAt: checkpoint.createdAt });
    onSigned(checkpoint);
  }

  /** Where that fails, the next one is tried again, and covers this one too. A place that does not answer is not waited for, and is written to once more when it has answered. */
  async #keepOutside(checkpoint: SignedCheckpoint): Promise<void> {
    const { outside, onFault, outsideMilliseconds = 10_000 } = this.#options;
    if (outside === null) return;
    const failed = (what: string) => {
      this.#outsideFault = `Checkpoints of the audit trail cannot be written to ${outside.path}: ${what}.`;
      onFault(new Error(this.#outsideFault));
    };
    if (this.#outsideWriting) return failed('it has not answered to the one before');
    const writing = outside.append(checkpoint).then(
      () => void (this.#outsideFault = null),
      (error: unknown) => failed(reasonOf(error)),
    );
    this.#outsideWriting = writing.finally(() => (this.#outsideWriting = null));
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, this.#hurry.signal]);
    const tooLate = after(outsideMilliseconds, true, { signal, ref: false }).catch(() => this.#hurry.signal.aborted);
    if (await Promise.race([writing.then(() => false), tooLate])) failed('it does not answer');
    waiting.abort();
  }

  /** Reads what was signed before, as far as it can be. */
  async #readBack(): Promise<void> {
    const { own, outside } = this.#options;
    try {
      const kept = await own.recent();
      this.#take(own, kept);
      this.#newest = kept.findLast(({ signedNote }) => trustedHead(signedNote, [this.#options.signer]) !== null) ?? null;
    } catch (error) {
      this.#disagreement = `${reasonOf(error)} ${untilThen}`;
    }
    if (outside === null) return;
    try {
      this.#isReadingOutside = true;
      const reading = outside.recent().finally(() => (this.#isReadingOutside = false));
      this.#take(outside, await withinTime(reading, this.#options.outsideMilliseconds ?? 10_000));
    } catch (error) {
      // A place that may only be added to is a good one; one that holds something else is none.
      if (error instanceof NoteMalformed) this.#disagreement ??= `${error.message} ${untilThen}`;
      else if (!(error instanceof Error && 'code' in error && error.code === 'EACCES'))
        this.#outsideFault = `Checkpoints of the audit trail cannot be read in ${outside.path}: ${reasonOf(error)}.`;
    }
  }

  #take(file: CheckpointFile, kept: readonly SignedCheckpoint[]): void {
    const { heads, untrusted } = standingHeads(kept, [this.#options.signer]);
    const largest = largestOf(heads);
    if (largest) this.#heads.set(file, largest);
    const newest = kept.at(-1);
    if (newest && untrusted.includes(newest))
      this.#disagreement ??=
        `The newest checkpoint in ${file.path} is signed by another key than that of this service. If the key was changed, say so: postledger audit accept-restore. ` +
        `If it was not, the file was altered. ${whatToDo}`;
  }

  /** What was changed while nobody looked is told at once, not with the next checkpoint; and what lies beside the log and not outside is brought there. */
  async #lookBack(): Promise<void> {
    const { own, outside, onFault } = this.#options;
    try {
      const isBehind = this.#isBehind() && !(await this.#options.isCaughtUp());
      const log = this.#options.log();
      if (log === null || isBehind) return;
      this.#refuse(log);
    } catch (error) {
      // It is judged again before each signature.
      this.#isFailing = true;
      onFault(error);
      return;
    }
    const isMissing = outside !== null && (this.#heads.get(outside)?.size ?? 0) < (this.#heads.get(own)?.size ?? 0);
    if (isMissing && this.#newest && this.#outsideFault === null) await this.#keepOutside(this.#newest);
  }

  /** Whether something larger was signed than the hashes show now. */
  #isBehind(): boolean {
    const size = this.#options.log()?.size ?? 0;
    return [...this.#heads.values()].some((head) => head.size > size);
  }

  /** @throws {LogContradictsCheckpoint} */
  #refuse(log: HashedLog): void {
    this.#contradiction = this.#disagreement ?? [...this.#heads.values()].map((head) => contradictionOf(log, head)).find((problem) => problem !== null) ?? null;
    if (this.#contradiction !== null) throw new LogContradictsCheckpoint(this.#contradiction);
  }
}

const untilThen = 'No checkpoint is signed until then.';
const whatToDo = `postledger audit verify says more. ${untilThen}`;

function contradictionOf(log: HashedLog, head: SignedHead): string | null {
  if (head.size > log.size)
    return (
      `The log has ${log.size} events, and on ${head.createdAt} ${head.size} were signed: the newest of them are gone. ` +
      `If the log was restored from a backup, say so: postledger audit accept-restore. If it was not, somebody cut it off. ${whatToDo}`
    );
  if (log.root(head.size).equals(head.root)) return null;
  return `The log is not the one that was signed on ${head.createdAt}: something in its first ${head.size} events was changed. ${whatToDo}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

/** @throws {Error} it took longer. */
async function withinTime<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  const waiting = new AbortController();
  const tooLate = after(milliseconds, undefined, { signal: waiting.signal, ref: false }).then(() => {
    throw new Error(`it does not answer within ${milliseconds} ms`);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    waiting.abort();
    await Promise.allSettled([tooLate]);
  }
}
