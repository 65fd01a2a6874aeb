import type { AuditRow } from '../../projections/audit-row.js';
import type { Delivery, DeliveryFailure } from './delivery.js';
import { lookAhead, toBeTried, type LookedAhead } from './look-ahead.js';
import { entryMessage } from './messages.js';
import type { Pause } from './pause.js';
import { putAside } from './putting-aside.js';
import { entryAt } from './stream-places.js';
import type { Cursor } from './stream-progress.js';
import type { StreamStanding } from './stream-standing.js';
import type { StreamSurroundings } from './stream-surroundings.js';

/** A receiver that comes and goes may be there for one entry and away for the other by chance: so often, hardly. */
const suspicionsUntilPutAside = 2;

export interface SendingParts {
  readonly surroundings: StreamSurroundings;
  readonly standing: StreamStanding;
  /** Between attempts. */
  readonly wait: Pause;
  /** Cuts a request off. */
  readonly cut: AbortSignal;
  /** Whether there is something else to do before the next attempt. */
  readonly isInterrupted: () => boolean;
}

/** Sends an entry until the receiver has taken it, or is known not to take it. */
export class EntrySending {
  constructor(readonly parts: SendingParts) {}

  /** @returns how far the stream has come by it; null where it has not, and the log is to be looked at anew. */
  async send(row: AuditRow): Promise<Cursor | null> {
    const { standing, isInterrupted } = this.parts;
    let suspicions = 0;
    for (let attempts = 1; ; attempts++) {
      const delivery = await this.deliver(row);
      if (delivery === null) return null;
      switch (delivery.kind) {
        case 'taken':
          return this.#taken(row);
        case 'gone':
          standing.gone(attempts);
          return null;
        case 'refused': {
          const found = await this.#lookAhead(row, delivery, attempts);
          if (found) return this.#putAside(found, attempts);
          await this.#stand(delivery, attempts);
          break;
        }
        case 'unavailable': {
          await this.#stand(delivery, attempts);
          const found = isInterrupted() ? null : await this.#lookAhead(row, delivery, attempts);
          if (found && (found.refused.length === 0 || ++suspicions >= suspicionsUntilPutAside)) return this.#putAside(found, attempts);
          break;
        }
      }
      if (isInterrupted()) return null;
    }
  }

  /**
   * Sends the entry once, as the trail shows it now: what of it was erased since it was read is not sent. Null when the trail does not have it there any more, or the stream is stopped.
   */
  async deliver(asRead: AuditRow): Promise<Delivery | null> {
    const { surroundings, cut } = this.parts;
    const row = entryAt(surroundings.trail, asRead);
    if (row === null) return null;
    const delivery = await surroundings.receiver.deliver(entryMessage(row), cut);
    return cut.aborted ? null : delivery;
  }

  #taken({ id, position }: AuditRow): Cursor {
    const { surroundings, standing } = this.parts;
    const { state, observer, now } = surroundings;
    state.progress.taken({ id, position }, now());
    // One that was put aside, and is taken now that it is sent again with what follows it.
    if (state.deadLetters.isAny()) state.deadLetters.remove(id);
    standing.goesOn();
    observer.taken();
    return { position, entryId: id };
  }

  /** Null until it has failed often enough, and where nothing was found out. */
  async #lookAhead(row: AuditRow, failure: DeliveryFailure, attempts: number): Promise<LookedAhead | null> {
    const { trail, timing } = this.parts.surroundings;
    const attemptsMore = attempts - timing.attemptsBeforeLookingAhead;
    if (attemptsMore < 0) return null;
    const following = toBeTried(failure, attemptsMore, trail.tail({}, row.position).rows);
    return lookAhead((each) => this.deliver(each), row, following);
  }

  #putAside(found: LookedAhead, attempts: number): Cursor {
    const { surroundings, standing } = this.parts;
    const letters = putAside(surroundings, found, attempts);
    for (const letter of letters) surroundings.observer.deadLettered(letter);
    for (const _ of found.taken) surroundings.observer.taken();
    standing.goesOn();
    return { position: found.reached.position, entryId: found.reached.id };
  }

  async #stand(failure: DeliveryFailure, attempts: number): Promise<void> {
    const { standing, wait, isInterrupted } = this.parts;
    const milliseconds = standing.failed(failure, attempts);
    if (!isInterrupted()) await wait.for(milliseconds);
  }
}
