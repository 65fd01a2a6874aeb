import type { AuditRow } from '../../projections/audit-row.js';
import { waitAfter } from './back-off.js';
import { DeadLetterTelling } from './dead-letter-telling.js';
import { DeadLetterRetry } from './dead-letter-retry.js';
import type { Delivery, DeliveryFailure } from './delivery.js';
import { lookAhead, toBeTried, type LookedAhead } from './look-ahead.js';
import { entryMessage } from './messages.js';
import { Pause } from './pause.js';
import { putAside } from './putting-aside.js';
import { carryOut } from './stream-orders.js';
import { StreamGauge } from './stream-gauge.js';
import { cursorAtStart, standsIn } from './stream-places.js';
import { beginning, type Cursor, type StreamLag, type Trouble } from './stream-progress.js';
import { StreamStanding } from './stream-standing.js';
import type { StreamSurroundings } from './stream-surroundings.js';

/** A receiver that comes and goes may be there for one entry and away for the other by chance: so often, hardly. */
const suspicionsUntilPutAside = 2;

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
    const retried = await this.#retry.sendWhatIsDue((row) => this.#deliver(row));
    if (retried?.kind === 'gone') return this.#standing.gone(1);
    if (retried?.kind === 'taken') this.#standing.goesOn();
    // Looked up anew after all that was waited for.
    const { rows } = trail.tail({}, this.#place().position);
    if (rows.length === 0) return this.#idle.for(soonest(this.#telling.dueIn(), this.#retry.dueIn()));
    for (const row of rows) if (this.#isInterrupted || !(await this.#send(row))) return;
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

  /** @returns whether the receiver has taken it; if not, the log is to be looked at anew. */
  async #send(row: AuditRow): Promise<boolean> {
    let suspicions = 0;
    for (let attempts = 1; ; attempts++) {
      const delivery = await this.#deliver(row);
      if (delivery === null) return false;
      switch (delivery.kind) {
        case 'taken':
          this.#taken(row);
          return true;
        case 'gone':
          this.#standing.gone(attempts);
          return false;
        case 'refused': {
          const found = await this.#lookAhead(row, delivery, attempts);
          if (found) {
            this.#putAside(found, attempts);
            return false;
          }
          await this.#stand(delivery, attempts);
          break;
        }
        case 'unavailable': {
          await this.#stand(delivery, attempts);
          const found = this.#isInterrupted ? null : await this.#lookAhead(row, delivery, attempts);
          if (found && (found.refused.length === 0 || ++suspicions >= suspicionsUntilPutAside)) {
            this.#putAside(found, attempts);
            return false;
          }
          break;
        }
      }
      if (this.#isInterrupted) return false;
    }
  }

  /**
   * Sends the entry as the trail shows it now: what of it was erased since it was read is not sent. Null when the trail does not have it there any more, or the stream is stopped.
   */
  async #deliver({ id, position }: AuditRow): Promise<Delivery | null> {
    const { trail, receiver } = this.surroundings;
    const row = trail.find(id);
    if (row?.position !== position) return null;
    const delivery = await receiver.deliver(entryMessage(row), this.#cut.signal);
    return this.#cut.signal.aborted ? null : delivery;
  }

  #taken(row: AuditRow): void {
    const { state, observer, now } = this.surroundings;
    state.progress.taken(row, now());
    // One that was put aside, and is taken now that it is sent again with what follows it.
    if (state.deadLetters.isAny()) state.deadLetters.remove(row.id);
    this.#cursor = { position: row.position, entryId: row.id };
    this.#standing.goesOn();
    observer.taken();
  }

  /** Null until it has failed often enough, and where nothing was found out. */
  async #lookAhead(row: AuditRow, failure: DeliveryFailure, attempts: number): Promise<LookedAhead | null> {
    const { trail, timing } = this.surroundings;
    const attemptsMore = attempts - timing.attemptsBeforeLookingAhead;
    if (attemptsMore < 0) return null;
    const following = toBeTried(failure, attemptsMore, trail.tail({}, row.position).rows);
    return lookAhead((each) => this.#deliver(each), row, following);
  }

  #putAside(found: LookedAhead, attempts: number): void {
    const { observer } = this.surroundings;
    const letters = putAside(this.surroundings, found, attempts);
    this.#cursor = { position: found.reached.position, entryId: found.reached.id };
    for (const letter of letters) observer.deadLettered(letter);
    for (const _ of found.taken) observer.taken();
    this.#standing.goesOn();
  }

  async #stand(failure: DeliveryFailure, attempts: number): Promise<void> {
    const wait = this.#standing.failed(failure, attempts);
    if (!this.#isInterrupted) await this.#wait.for(wait);
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
