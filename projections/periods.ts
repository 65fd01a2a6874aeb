import type { Position, RecordedEvent } from '../src/event-store/event-store.js';
import { forEver } from './account-records.js';
import { cutPage, encodeCursor, pageClause, type Keyset, type Page, type PageRequest, type Scalar } from './paging.js';
import type { ViewDatabase } from './view-database.js';

/** A table of {@link Periods}. */
export function periodTable(table: string): string {
  return `
    CREATE TABLE ${table} (
      number INTEGER PRIMARY KEY, key TEXT NOT NULL, -- the position of the event that it began with; the name in lower case
      valid_to INTEGER NOT NULL -- the position of the event that it ended with
    ) STRICT;
    CREATE INDEX ${table}_by_key ON ${table} (key, valid_to);`;
}

/** From which event to which something held for a name: what lists as they were at a moment are made of. At most one period of a name is open. */
export class Periods {
  constructor(
    readonly view: ViewDatabase,
    readonly table: string,
  ) {}

  /** Since the event it holds, or holds no more. To be called where that changes. */
  change(key: string, holds: boolean, { position }: RecordedEvent): void {
    if (holds) this.view.run(`INSERT INTO ${this.table} VALUES (?, ?, ${forEver})`, position, key);
    else this.view.run(`UPDATE ${this.table} SET valid_to = ? WHERE key = ? AND valid_to = ${forEver}`, position, key);
  }

  /** The names that it held for right after the event. */
  keysAt(at: Position): readonly string[] {
    return this.view.all(`SELECT key FROM ${this.table} WHERE ${within}`, ...bounds(at)).map(({ key }) => String(key));
  }

  /** @param byKey orders by `key` alone. @throws {InvalidCursor} */
  pageAt(byKey: Keyset, page: PageRequest, at: Position): Page<string> {
    const { conditions, values, tail } = pageClause(byKey, page);
    const rows = this.view.all(`SELECT key FROM ${this.table} WHERE ${[within, ...conditions].join(' AND ')} ${tail}`, ...bounds(at), ...values);
    return cutPage(
      rows.map(({ key }) => String(key)),
      page,
      (key) => encodeCursor(byKey, [key]),
    );
  }

  countAt(at: Position): number {
    return Number(this.view.get(`SELECT count(*) AS names FROM ${this.table} WHERE ${within}`, ...bounds(at))?.['names'] ?? 0);
  }
}

const within = 'number <= ? AND valid_to > ?';

function bounds(at: Position): readonly [Scalar, Scalar] {
  return [at, at];
}
