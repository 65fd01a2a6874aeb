import type { AuditRow } from '../../projections/audit-row.js';
import { waitAfter } from './back-off.js';
import { DeadLetterTelling } from './dead-letter-telling.js';
import type { DeadLetter } from './dead-letters.js';
import type { Delivery, DeliveryFailure } from './delivery.js';
import { lookAhead } from './look-ahead.js';
import { entryMessage } from './messages.js';
import { Pause } from './pause.js';
import { carryOut } from './stream-orders.js';
import { StreamGauge } from './stream-gauge.js';
import { cursorAtStart } from './stream-places.js';
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
  readonly #gauge: StreamGauge;
  readonly #telling: DeadLetterTelling;
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
    this.#stopListening = trail.onAdvance(() => this.#idle.end());
    this.#looks = setInterval(() => this.#look(), timing.betweenLooksMilliseconds);
    this.#looks.unref();
    this.#running = this.#run();
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
    const { trail, state } = this.surroundings;
    this.#cursor ??= this.#beginning();
    const cursor = (this.#cursor = await this.#afterOrders(this.#cursor));
    await this.#telling.tellWhatIsDue();
    if (this.#standing.isGone) return this.#wait.for(null);
    const letter = state.deadLetters.nextToRetry();
    if (letter) return this.#retry(letter);
    const { rows } = trail.tail({}, cursor.position);
    if (rows.length === 0) return this.#idle.for(this.#telling.dueIn());
    for (const row of rows) if (!(await this.#send(row)) || this.#isInterrupted) return;
  }

  #beginning(): Cursor {
    const { trail, state, from, observer } = this.surroundings;
    const { cursor, wentBack } = cursorAtStart(state.progress, trail, from);
    state.progress.moveTo(cursor);
    if (wentBack) observer.wentBack(cursor.position);
    this.#gauge.measure(cursor);
    return cursor;
  }

  get #isInterrupted(): boolean {
    return this.#isStopping || this.#isAsked;
  }

  /** @returns whether the receiver has taken it; if not, the log is to be looked at anew. */
  async #send(row: AuditRow): Promise<boolean> {
    for (let attempts = 1; ; attempts++) {
      const delivery = await this.#deliver(row);
      if (this.#cut.signal.aborted) return false;
      switch (delivery.kind) {
        case 'taken':
          this.#taken(row);
          return true;
        case 'gone':
          this.#standing.gone(attempts);
          return false;
        case 'refused':
          if (attempts >= this.surroundings.timing.attemptsBeforeLookingAhead && (await this.#putAside(row, delivery, attempts))) return false;
          break;
        case 'unavailable':
          break;
      }
      await this.#stand(delivery, attempts);
      if (this.#isInterrupted) return false;
    }
  }

  #deliver(row: AuditRow): Promise<Delivery> {
    return this.surroundings.receiver.deliver(entryMessage(row), this.#cut.signal);
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

  /** @returns whether what was refused is put aside, and the stream has come further. */
  async #putAside(row: AuditRow, failure: DeliveryFailure, attempts: number): Promise<boolean> {
    const { trail, state, observer, now } = this.surroundings;
    const found = await lookAhead((each) => this.#deliver(each), row, failure, trail.tail({}, row.position).rows);
    if (found === null || this.#cut.signal.aborted) return false;
    const letters = found.refused.map(({ row: { id, position, action }, cause }): DeadLetter => ({
      entryId: id,
      position,
      action,
      attempts,
      cause,
      refusedAt: now(),
    }));
    state.database.inTransaction(() => {
      for (const letter of letters) state.deadLetters.add(letter);
      for (const each of found.taken) {
        state.progress.taken(each, now());
        state.deadLetters.remove(each.id);
      }
    });
    this.#cursor = { position: found.reached.position, entryId: found.reached.id };
    for (const letter of letters) observer.deadLettered(letter);
    for (const _ of found.taken) observer.taken();
    this.#standing.goesOn();
    return true;
  }

  async #retry(letter: DeadLetter): Promise<void> {
    const { trail, state, observer, now } = this.surroundings;
    const row = trail.find(letter.entryId);
    // A log that was put back to a backup does not have it any more: there is nothing to send.
    if (row === null) return state.deadLetters.remove(letter.entryId);
    const delivery = await this.#deliver(row);
    if (this.#cut.signal.aborted) return;
    switch (delivery.kind) {
      case 'taken':
        state.deadLetters.remove(letter.entryId);
        observer.taken();
        return this.#standing.goesOn();
      case 'gone':
        return this.#standing.gone(1);
      case 'refused':
        return state.deadLetters.refusedAgain(letter, delivery.cause, now());
      case 'unavailable':
        return this.#stand(delivery, (this.#standing.trouble?.attempts ?? 0) + 1);
    }
  }

  async #stand(failure: DeliveryFailure, attempts: number): Promise<void> {
    const wait = this.#standing.failed(failure, attempts);
    if (!this.#isInterrupted) await this.#wait.for(wait);
  }

  /** Carries out what operators ask for. @returns where the stream goes on. */
  async #afterOrders(reached: Cursor): Promise<Cursor> {
    const { requests } = this.surroundings.state;
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
