import type { Position, RecordedEvent } from '../src/event-store/event-store.js';
import type { Projection, ProjectionWriter } from './projection.js';
import { ViewDatabase } from './view-database.js';

/** An event that a view cannot take: a fault of the view's rules, for the log is the truth. `cause` tells what happened. */
export class PoisonEvent extends Error {
  override readonly name = 'PoisonEvent';
  constructor(
    readonly projection: string,
    readonly eventId: string,
    type: string,
    cause: unknown,
  ) {
    super(`The view ${projection} cannot take the event ${eventId} (${type}).`, { cause });
  }
}

/** The view's own disk did not take it. It may the next time. */
export class ViewStorageFault extends Error {
  override readonly name = 'ViewStorageFault';
}

/** One of many events could not be applied, and all were undone. */
export class FillUndone extends Error {
  override readonly name = 'FillUndone';
}

/** SQLITE_BUSY, SQLITE_NOMEM, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN: https://sqlite.org/rescode.html */
const storageFaults: ReadonlySet<number> = new Set([5, 7, 10, 13, 14]);
const damages: ReadonlySet<number> = new Set([11, 26]);

/** One file of a view with what writes and reads it. */
export class ViewBuild<Reader> {
  readonly view: ViewDatabase;
  readonly reader: Reader;
  readonly #writer: ProjectionWriter;
  #fills: boolean;

  constructor(
    readonly projection: Projection<Reader>,
    file: string,
    purpose: 'fill' | 'follow',
  ) {
    this.view = new ViewDatabase(file, purpose);
    this.view.prepareTables(projection.tables);
    const { writer, reader } = projection.open(this.view);
    this.reader = reader;
    this.#writer = writer;
    this.#fills = purpose === 'fill';
  }

  get position(): Position | undefined {
    return this.view.position;
  }

  /**
   * Applies events that follow on the view's position, and leads it to `position`: a crash repeats work and never skips any.
   * @throws {PoisonEvent} everything before that event was applied, and nothing after it.
   * @throws {ViewStorageFault} nothing was applied.
   * @throws {FillUndone} while filling: what was applied since the last {@link commitFilled} is undone with it.
   */
  apply(events: readonly RecordedEvent[], position: Position): void {
    if (events.length === 0) {
      this.view.advance(position, undefined);
      return;
    }
    try {
      this.#commit(events, position);
    } catch (error) {
      if (isStorageFault(error)) throw new ViewStorageFault(`The view ${this.projection.name} could not be written.`, { cause: error });
      if (this.#fills) throw new FillUndone(`The view ${this.projection.name} cannot take one of many events.`, { cause: error });
      this.#applySingly(events);
      this.view.advance(position, undefined);
    }
  }

  /** To be called after {@link FillUndone}, before the log is read again from the view's position: the event that cannot be applied is then found. */
  fillCarefully(): void {
    this.view.fillCarefully();
    this.#fills = false;
  }

  /** While filling: what was applied since the last time is written. */
  commitFilled(): void {
    this.view.commitFilled();
  }

  /** A turn of the event loop lies between two indexes: each takes up to a second for a million rows. */
  async makeIndexes(nextTurn: () => Promise<unknown>): Promise<void> {
    if (this.view.isIndexed) return;
    for (const index of this.projection.indexes) {
      this.view.execute(index);
      await nextTurn();
    }
    this.view.markIndexed();
  }

  close(): void {
    this.view.close();
  }

  /** Closes a file that is to be thrown away. */
  discard(): void {
    this.view.discard();
  }

  #commit(events: readonly RecordedEvent[], position: Position): void {
    const last = events.at(-1);
    try {
      this.view.advance(position, last && { position: last.position, id: last.id }, () => {
        for (const event of events) this.#writer.apply(event);
        this.#writer.flush();
      });
    } catch (error) {
      this.#writer.reset();
      throw error;
    }
  }

  /** Finds the event that a batch failed on. */
  #applySingly(events: readonly RecordedEvent[]): void {
    for (const event of events)
      try {
        this.#commit([event], event.position);
      } catch (error) {
        if (isStorageFault(error)) throw new ViewStorageFault(`The view ${this.projection.name} could not be written.`, { cause: error });
        throw new PoisonEvent(this.projection.name, event.id, event.type, error);
      }
  }
}

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
export function isDamage(error: unknown): boolean {
  return hasCode(error, damages);
}

function isStorageFault(error: unknown): boolean {
  return hasCode(error, storageFaults);
}

function hasCode(error: unknown, codes: ReadonlySet<number>): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && codes.has(error.errcode & 0xff);
}
