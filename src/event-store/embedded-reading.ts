import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { RecordedEvent } from './event-store.js';
import { columns, recorded, type Row } from './row.js';
import { prepare, type Statement } from './statement.js';

const pageSize = 1_000;

/** There is no log to be read in the directory. */
export class LogMissing extends Error {
  override readonly name = 'LogMissing';
}

/** Where a log begins and ends. */
export interface Extent {
  /** The least position; it is 1 in a log that the service alone has written. */
  readonly first: number;
  readonly last: number;
  readonly events: number;
}

/** What stands at a position and is no event: somebody changed it, or the disk did. */
export interface UnreadableRow {
  readonly position: bigint;
  readonly problem: string;
}

/**
 * Reads the log in `<directory>/events.db` and changes nothing: beside a running service as well, which goes on writing meanwhile, and without the directory's lock. It takes nothing for granted
 * that the service's own writing makes sure of.
 */
export class EmbeddedLogReading {
  readonly #database: DatabaseSyncInstance;
  readonly #page: Statement<Row>;

  /** @throws {LogMissing} */
  constructor(directory: string) {
    const file = join(directory, 'events.db');
    if (!existsSync(file)) throw new LogMissing(`There is no log in ${directory}: it has no events.db.`);
    this.#database = new DatabaseSync(file, { readOnly: true, timeout: 2_000 });
    try {
      this.#database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0');
      // A view could show one log to whoever verifies and another to the service.
      if (prepare<[string]>(this.#database, "SELECT type FROM sqlite_schema WHERE name = 'event'").get()?.[0] !== 'table')
        throw new LogMissing(`${file} has no table of events. Whatever is there in its place, the service did not make it.`);
      this.#page = prepare<Row>(this.#database, `SELECT ${columns} FROM event WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Null for an empty log. */
  extent(): Extent | null {
    // As text: somebody may have written a number that is none here.
    const extent = 'SELECT CAST(min(position) AS TEXT), CAST(max(position) AS TEXT), count(*) FROM event';
    const [first, last, events = 0] = prepare<[string, string, number]>(this.#database, extent).get() ?? [];
    return events === 0 ? null : { first: Number(first), last: Number(last), events };
  }

  /** The events with `after < position <= upTo`, in order, at most so many. */
  rows(after: number | bigint, upTo: number, most: number): readonly (Row | UnreadableRow)[] {
    try {
      return this.#page.all(after, upTo, most);
    } catch (error) {
      // A number that the driver cannot give spoils the page that it is on.
      if (!isTooLarge(error)) throw error;
      return this.#oneByOne(after, upTo, most);
    }
  }

  /** All events in order. @throws {SyntaxError} one is no event any more. */
  *events(): Iterable<RecordedEvent> {
    const extent = this.extent();
    if (extent === null) return;
    for (let after = extent.first - 1; ;) {
      const rows = this.#page.all(after, extent.last, pageSize);
      for (const row of rows) yield recorded(row);
      const newest = rows.at(-1);
      if (newest === undefined) return;
      after = newest[0];
    }
  }

  /** The event of this id, of which there is one at most in a log that the service has written. Looks through the whole log. @throws {SyntaxError} it is no event any more. */
  find(eventId: string): RecordedEvent | null {
    const row = prepare<Row>(this.#database, `SELECT ${columns} FROM event WHERE event_id = ? ORDER BY position LIMIT 1`).get(eventId);
    return row ? recorded(row) : null;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #oneByOne(after: number | bigint, upTo: number, most: number): readonly (Row | UnreadableRow)[] {
    const positions = 'SELECT CAST(position AS TEXT) FROM event WHERE position > ? AND position <= ? ORDER BY position LIMIT ?';
    return prepare<[string]>(this.#database, positions)
      .all(after, upTo, most)
      .flatMap(([text]): readonly (Row | UnreadableRow)[] => {
        const position = BigInt(text);
        try {
          return this.#page.all(position - 1n, position, 1);
        } catch (error) {
          if (!isTooLarge(error)) throw error;
          return [{ position, problem: error.message }];
        }
      });
  }
}

function isTooLarge(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith('Value is too large');
}

export function isUnreadable(row: Row | UnreadableRow): row is UnreadableRow {
  return 'problem' in row;
}
