import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStoreDBClient, ResolvedEvent } from '@eventstore/db-client';
import type { StreamId } from '../event-store.js';
import type { AvoidedNode, ClientInUse, Connection } from './connection.js';
import { DeadlineMissed, failureOf, storeUnavailable, type Failure } from './errors.js';
import { Messages, type ClientStream } from './messages.js';

export type { ResolvedEvent };

/** What every call carries: a login of its own (see `credentialsOf`), and the wish to be answered by the leader, who alone knows the newest. */
export interface CallOptions {
  readonly credentials: { username: string; password: string };
  readonly requiresLeader: true;
}

export interface Patience {
  /** Milliseconds that one attempt is given. */
  readonly attemptMilliseconds: number;
  /** Milliseconds that a whole operation is given, attempts and pauses. */
  readonly operationMilliseconds: number;
}

/** One attempt. Safe to repeat: what became of one that failed is not known. */
export type Attempt<T> = (inUse: ClientInUse, deadlineMilliseconds: number) => Promise<T>;

export interface Terms {
  /** Turns a failure that no further attempt can mend into the error to throw. */
  readonly refusal?: (failure: Failure) => Error | undefined;
  /** What is to be said of a call that was not answered. */
  readonly consequence: string;
  /** Milliseconds in all; default: what an operation is given. */
  readonly within?: number;
}

export interface StreamPart {
  readonly direction: 'forwards' | 'backwards';
  readonly fromRevision: bigint | 'end';
  readonly maxCount: number;
}

/** Makes calls again and again until there is an answer or the time is up. */
export class Calls {
  #heartbeat: Promise<unknown> | undefined;

  constructor(
    readonly connection: Connection,
    readonly options: CallOptions,
    readonly patience: Patience,
  ) {}

  /** @throws {StoreUnavailable} there was no answer in time, or the login was refused. */
  async untilAnswered<T>(attempt: Attempt<T>, { refusal, consequence, within: most = this.patience.operationMilliseconds }: Terms): Promise<T> {
    const until = performance.now() + most;
    /** The last failure that says something: a missed deadline says the least. */
    let telling: { readonly failure: Failure; readonly error: unknown } | undefined;
    for (let failures = 1; ; failures++) {
      try {
        return await this.once(this.connection.current, attempt, until - performance.now());
      } catch (error) {
        const failure = failureOf(error);
        const final = refusal?.(failure);
        if (final) throw final;
        if (!telling || failure.kind !== 'deadlineMissed') telling = { failure, error };
        const pause = pauseAfter(failures);
        if (failure.kind === 'refused' || this.connection.isClosed || performance.now() + pause >= until)
          throw storeUnavailable(telling.failure, consequence, telling.error);
        await sleep(pause);
      }
    }
  }

  /** The client keeps the deadline as long as it is connected; while it looks for a node only our own clock does. */
  async once<T>(inUse: ClientInUse, attempt: Attempt<T>, most = this.patience.attemptMilliseconds): Promise<T> {
    const deadline = Math.max(1, Math.round(Math.min(this.patience.attemptMilliseconds, most)));
    try {
      const answer = await within(deadline + graceMilliseconds, attempt(inUse, deadline));
      this.connection.answered(inUse);
      return answer;
    } catch (error) {
      this.judge(inUse, failureOf(error), deadline);
      throw error;
    }
  }

  /** What a failure says of the connection. The last attempt of an operation may have `waited` too briefly to say anything. */
  judge(inUse: ClientInUse, failure: Failure, waited: number): void {
    switch (failure.kind) {
      case 'deadlineMissed':
        if (waited >= this.patience.attemptMilliseconds) this.#ask(this.connection.missedDeadline(inUse));
        return;
      case 'unanswered':
        return;
      case 'conflict':
      case 'streamDeleted':
      case 'streamMissing':
      case 'tooLarge':
      case 'refused':
        this.connection.answered(inUse);
    }
  }

  /** Asks an avoided node until it answers as the leader: a frozen one does not, one that was slow does as soon as it can. */
  #ask(avoided: AvoidedNode | undefined): void {
    if (!avoided || avoided.isOver) return avoided?.putAway();
    this.newest(avoided.alone, avoided.millisecondsLeft).then(
      () => avoided.putAway(),
      (error: unknown) => {
        // A login that is refused is an answer too: whoever asks next is told.
        if (failureOf(error).kind === 'refused') avoided.putAway();
        else setTimeout(() => this.#ask(avoided), askAgainMilliseconds);
      },
    );
  }

  /** Asks whether somebody is there, for those who wait for news and would wait for ever behind a frozen server. However many ask, the server is asked once. */
  async heartbeat(inUse: ClientInUse): Promise<void> {
    this.#heartbeat ??= this.once(inUse, (client, deadline) => this.newest(client, deadline)).finally(() => (this.#heartbeat = undefined));
    await this.#heartbeat;
  }

  /** The position of the newest event that can be read, the servers' own included; undefined for an empty log. */
  async newest(inUse: ClientInUse, deadlineMilliseconds: number): Promise<bigint | undefined> {
    const [last] = await this.readShort(inUse, deadlineMilliseconds, (client) =>
      client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1, ...this.options }),
    );
    return last?.event?.position?.commit;
  }

  /** A few events of a stream; none when it is not there. */
  async readStreamShort(inUse: ClientInUse, deadlineMilliseconds: number, streamId: StreamId, what: StreamPart): Promise<readonly ResolvedEvent[]> {
    try {
      return await this.readShort(inUse, deadlineMilliseconds, (client) => client.readStream(streamId, { ...what, ...this.options }));
    } catch (error) {
      if (failureOf(error).kind === 'streamMissing') return [];
      throw error;
    }
  }

  /** A read of a few events, as a whole. */
  async readShort(inUse: ClientInUse, deadlineMilliseconds: number, open: (client: EventStoreDBClient) => ClientStream): Promise<readonly ResolvedEvent[]> {
    const messages = new Messages(inUse, () => open(inUse.client));
    try {
      const read: ResolvedEvent[] = [];
      for (let message = await messages.next(deadlineMilliseconds); message; message = await messages.next(deadlineMilliseconds))
        if (message.kind === 'event') read.push(message.resolved);
      return read;
    } finally {
      messages.leave();
    }
  }
}

const askAgainMilliseconds = 50;

/** Milliseconds that the client is given beyond the deadline to tell of it by itself. */
const graceMilliseconds = 500;

async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineMissed()), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds: 50, then twice as long each time, at most 500; up to half of it less, so that those who lost the same server do not come back in step. */
export function pauseAfter(failures: number): number {
  return Math.min(500, 25 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
}
