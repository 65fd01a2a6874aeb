import { waitAfter } from './back-off.js';
import { DeadLetterTelling } from './dead-letter-telling.js';
import { DeadLetterRetry } from './dead-letter-retry.js';
import { EntrySending } from './entry-sending.js';
import { Pause } from './pause.js';
import { carryOut } from './stream-orders.js';
import { StreamGauge } from './stream-gauge.js';
import { cursorAtStart, standsIn } from './stream-places.js';
import { beginning, type Cursor, type StreamLag, type Trouble } from './stream-progress.js';
import { StreamStanding } from './stream-standing.js';
import type { StreamSurroundings } from './stream-surroundings.js';

export interface StreamStatus {
  readonly cursor: Cursor;
  readonly lag: StreamLag;
  /** Null while it goes on. */
  readonly trouble: Trouble | null;
  /** The receiver wants nothing more. */
  readonly isGone: boolean;
  readonly deadLetters: number;
}

/**
 * Sends every entry of the audit trail to a receiver, one after the other in the order of the log, at least once. While the receiver is away, or takes nothing, the stream stands and tries
 * again; what it takes not though it takes what comes after, is put aside.
 */
export class AuditStream {
  /** Ended by whatever is new; by orders and a stop alone. */
  readonly #idle = new Pause();
  readonly #wait = new Pause();
  readonly #cut = new AbortController();
  readonly #standing: StreamStanding;
  readonly #sending: EntrySending;
  readonly #gauge: StreamGauge;
  readonly #telling: DeadLetterTelling;
  readonly #retry: DeadLetterRetry;
  readonly #stopListening: () => void;
  readonly #looks: NodeJS.Timeout;
  readonly #running: Promise<void>;
  /** Null until it was looked up where the log has it. */
  #cursor: Cursor | null = null;
  #isAsked = true;
  #looksWell = true;
  #isStopping = false;

  /** Begins at once. The state is the stream's own from now on; {@link stop} closes it. */
  constructor(readonly surroundings: StreamSurroundings) {
    const { trail, state, timing, now } = surroundings;
    state.requests.forgetOldAnswers(now());
    this.#standing = new StreamStanding(surroundings);
    this.#sending = new EntrySending({
      surroundings,
      standing: this.#standing,
      wait: this.#wait,
      cut: this.#cut.signal,
      isInterrupted: () => this.#isInterrupted,
    });
    this.#gauge = new StreamGauge(surroundings);
    this.#telling = new DeadLetterTelling(surroundings);
    this.#retry = new DeadLetterRetry(surroundings);
    this.#stopListening = trail.onAdvance(() => this.#idle.end());
    this.#looks = setInterval(() => this.#look(), timing.betweenLooksMilliseconds);
    this.#looks.unref();
    this.#running = this.#run();
  }

  /** Whether the receiver wants nothing more. Also known once the stream is stopped. */
  get isGone(): boolean {
    return this.#standing.isGone;
  }

  /** The receiver has said so beside the stream: it wants nothing more. */
  receiverIsGone(): void {
    if (this.#standing.isGone || this.#isStopping) return;
    this.#standing.gone(1);
    this.#isAsked = true;
    this.#idle.end();
    this.#wait.end();
  }

  /** Asks nothing of the trail, which may be out of reach. */
  status(): StreamStatus {
    const { state } = this.surroundings;
    return {
      cursor: this.#cursor ?? state.progress.cursor() ?? beginning,
      lag: this.#gauge.lag,
      trouble: this.#standing.trouble,
      isGone: this.#standing.isGone,
      deadLetters: state.deadLetters.count(),
    };
  }

  /** Lets the request that is under way end for so long, then cuts it off: what it sent may be sent again. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#looks);
    this.#stopListening();
    const cut = setTimeout(() => this.#cut.abort(), graceMilliseconds);
    this.#idle.end();
    this.#wait.end();
    await this.#running;
    clearTimeout(cut);
    await this.#telling.tell();
    this.surroundings.state.close();
  }

  async #run(): Promise<void> {
    const { observer, timing, random } = this.surroundings;
    for (let faults = 0; !this.#isStopping;) {
      try {
        await this.#turn();
        faults = 0;
      } catch (error) {
        observer.fault(error);
        await this.#wait.for(waitAfter(timing.backOff, ++faults, random, null));
      }
    }
  }

  async #turn(): Promise<void> {
    const { trail } = this.surroundings;
    this.#cursor = await this.#afterOrders(this.#place());
    await this.#telling.tellWhatIsDue();
    if (this.#standing.isGone) return this.#wait.for(null);
    const retried = await this.#retry.sendWhatIsDue((row) => this.#sending.deliver(row));
    if (retried?.kind === 'gone') return this.#standing.gone(1);
    if (retried?.kind === 'taken') this.#standing.goesOn();
    // Looked up anew after all that was waited for.
    const { rows } = trail.tail({}, this.#place().position);
    if (rows.length === 0) return this.#idle.for(soonest(this.#telling.dueIn(), this.#retry.dueIn()));
    for (const row of rows) {
      if (this.#isInterrupted) return;
      const reached = await this.#sending.send(row);
      if (reached === null) return;
      this.#cursor = reached;
      if (reached.entryId !== row.id) return;
    }
  }

  /** Where the stream is. The log may lose its end also while the service runs: then what stands behind the cursor is not what comes next. */
  #place(): Cursor {
    const { trail, state, from, observer } = this.surroundings;
    if (this.#cursor !== null && standsIn(trail, this.#cursor)) return this.#cursor;
    const { cursor, wentBack } = cursorAtStart(state.progress, trail, from);
    state.progress.moveTo(cursor);
    this.#cursor = cursor;
    if (wentBack) observer.wentBack(cursor.position);
    this.#gauge.measure(cursor);
    return cursor;
  }

  get #isInterrupted(): boolean {
    return this.#isStopping || this.#isAsked;
  }

  /** Carries out what operators ask for. @returns where the stream goes on. */
  async #afterOrders(reached: Cursor): Promise<Cursor> {
    const { observer, now } = this.surroundings;
    const { requests } = this.surroundings.state;
    for (const request of requests.expire(now())) observer.expired(request);
    let cursor = reached;
    for (let request = requests.next(); request !== null; request = requests.next()) {
      // At once: where the next one fails, this one is done all the same.
      this.#cursor = cursor = (await carryOut(this.surroundings, request, cursor)) ?? cursor;
      this.#standing.triedAgain();
    }
    this.#isAsked = false;
    return cursor;
  }

  /** A timer's: nobody would hear what it throws. Of several faults in a row the first is told. */
  #look(): void {
    const { state, observer } = this.surroundings;
    try {
      if (this.#cursor !== null) this.#gauge.measure(this.#cursor);
      this.#looksWell = true;
      if (!state.requests.isAny()) return;
      this.#isAsked = true;
      this.#idle.end();
      this.#wait.end();
    } catch (error) {
      if (this.#looksWell) observer.fault(error);
      this.#looksWell = false;
    }
  }
}

function soonest(...waits: readonly (number | null)[]): number | null {
  const known = waits.filter((wait) => wait !== null);
  return known.length === 0 ? null : Math.min(...known);
}
