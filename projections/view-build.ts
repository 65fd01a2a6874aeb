import type { Position, RecordedEvent } from '../src/event-store/event-store.js';
import type { Projection, ProjectionWriter } from './projection.js';
import { ViewDatabase, type EventMark } from './view-database.js';

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

/** Events arrive a few at a time, and each commit writes every page that they touch: so many milliseconds' worth of them, or so many events, share one. */
const commitEvery = 100;
const mostUncommitted = 1_000;

/** One file of a view with what writes and reads it. */
export class ViewBuild<Reader> {
  readonly view: ViewDatabase;
  readonly reader: Reader;
  readonly #writer: ProjectionWriter;
  #fills: boolean;
  /** What was applied and can be read, but would be lost in a crash: the log is then read again from before it. */
  #uncommitted: RecordedEvent[] = [];
  #commitTimer: NodeJS.Timeout | undefined;
  #commitsEachBatch = false;

  /** @param onUndone called when what was applied could not be committed and was undone: the log is to be read again from the view's position. */
  constructor(
    readonly projection: Projection<Reader>,
    file: string,
    readonly purpose: 'fill' | 'follow',
    readonly onUndone: () => void = () => undefined,
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
   * @throws {ViewStorageFault} nothing was applied, and what was not committed yet is undone: the view's position says how far it is.
   * @throws {FillUndone} while filling: what was applied since the last {@link commit} is undone with it.
   */
  apply(events: readonly RecordedEvent[], position: Position): void {
    if (events.length === 0) {
      this.view.advance(position, undefined);
      return;
    }
    const uncommitted = this.#uncommitted.length;
    try {
      if (this.purpose === 'fill' || this.#commitsEachBatch) this.#commitBatch(events, position);
      else this.#gather(events, position);
    } catch (error) {
      const undone = this.#uncommitted.slice(0, uncommitted);
      this.#forgetUncommitted();
      this.#commitsEachBatch = true;
      if (isStorageFault(error)) throw new ViewStorageFault(`The view ${this.projection.name} could not be written.`, { cause: error });
      if (this.#fills) throw new FillUndone(`The view ${this.projection.name} cannot take one of many events.`, { cause: error });
      this.#applySingly([...undone, ...events]);
      this.view.advance(position, undefined);
    }
    this.#commitsEachBatch = false;
  }

  /** To be called after {@link FillUndone}, before the log is read again from the view's position: the event that cannot be applied is then found. */
  fillCarefully(): void {
    this.view.fillCarefully();
    this.#fills = false;
  }

  /** Writes what was applied since the last time. While filling, nothing else does. */
  commit(): void {
    this.#commitGathered();
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
    this.#forgetUncommitted();
    this.view.close();
  }

  /** Closes a file that is to be thrown away. */
  discard(): void {
    this.#forgetUncommitted();
    this.view.discard();
  }

  /** Leaves the transaction open for the batches that follow, unless it has deleted what must not stay, or is large enough. */
  #gather(events: readonly RecordedEvent[], position: Position): void {
    this.#write(events, (mark, work) => this.view.gather(position, mark, work));
    this.#uncommitted.push(...events);
    if (this.view.scrubs || this.#uncommitted.length >= mostUncommitted) this.#commitGathered();
    else this.#commitTimer ??= setTimeout(() => this.#commitInTime(), commitEvery).unref();
  }

  #commitGathered(): void {
    try {
      this.view.commit();
    } catch (error) {
      this.#writer.reset();
      throw error;
    }
    this.#forgetUncommitted();
  }

  /** Nobody waits for this commit. What it cannot write is applied anew, batch by batch, and then whoever applies it is told why. */
  #commitInTime(): void {
    try {
      this.#commitGathered();
    } catch {
      this.#forgetUncommitted();
      this.#commitsEachBatch = true;
      this.onUndone();
    }
  }

  #forgetUncommitted(): void {
    clearTimeout(this.#commitTimer);
    this.#commitTimer = undefined;
    this.#uncommitted = [];
  }

  #commitBatch(events: readonly RecordedEvent[], position: Position): void {
    this.#write(events, (mark, work) => this.view.advance(position, mark, work));
  }

  #write(events: readonly RecordedEvent[], advance: (mark: EventMark | undefined, work: () => void) => void): void {
    const last = events.at(-1);
    try {
      advance(last && { position: last.position, id: last.id }, () => {
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
        this.#commitBatch([event], event.position);
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

/** What the driver says where it gives no code, as with reads of many rows: SQLite's own words for it. */
const codesByWords: ReadonlyMap<string, number> = new Map([
  ['disk I/O error', 10],
  ['database disk image is malformed', 11],
  ['database or disk is full', 13],
  ['file is not a database', 26],
]);

function hasCode(error: unknown, codes: ReadonlySet<number>): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : codesByWords.get(error.message);
  return code !== undefined && codes.has(code);
}
