import { isTruststoreEvent, upcast } from '../src/domain/event-catalogue.js';
import { streamPrefixes } from '../src/domain/streams.js';
import { evolveTruststoreSnapshot, type TruststoreSnapshot } from '../src/domain/truststore/snapshot.js';
import type { Position, RecordedEvent } from '../src/event-store/event-store.js';
import { cutPage, encodeCursor, pageClause, type Keyset, type Page, type PageRequest } from './paging.js';
import { Periods, periodTable } from './periods.js';
import type { Projection, ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

/** The table of when which name had a truststore. */
const presence = 'truststore_presence';

/**
 * The truststores with their certificates. There are few, and every account that names one asks for it: they are kept in memory as well.
 * Of the past the view knows which there were when; what was in them, their own histories tell.
 */
export const truststores: Projection<TruststoreReader> = {
  name: 'truststores',
  version: 3,
  streamPrefixes: [streamPrefixes.truststore],
  tables: `
    CREATE TABLE truststore (
      key TEXT PRIMARY KEY, -- the name in lower case
      snapshot TEXT NOT NULL -- JSON
    ) STRICT;
    ${periodTable(presence)}`,
  indexes: [],
  open: (view) => {
    const snapshots = new Map<string, TruststoreSnapshot>();
    return { writer: new TruststoreWriter(view, snapshots), reader: new TruststoreReader(view, snapshots) };
  },
};

class TruststoreWriter implements ProjectionWriter {
  readonly #presence: Periods;

  constructor(
    readonly view: ViewDatabase,
    readonly snapshots: Map<string, TruststoreSnapshot>,
  ) {
    this.#presence = new Periods(view, presence);
    this.#load();
  }

  apply(event: RecordedEvent): void {
    const known = upcast(event);
    if (!known || !isTruststoreEvent(known)) return;
    const key = event.streamId.slice(streamPrefixes.truststore.length);
    const before = this.snapshots.get(key) ?? null;
    const snapshot = evolveTruststoreSnapshot(before, known, event);
    if ((before === null) !== (snapshot === null)) this.#presence.change(key, snapshot !== null, event);
    if (snapshot === null) {
      this.snapshots.delete(key);
      this.view.run('DELETE FROM truststore WHERE key = ?', key);
    } else {
      this.snapshots.set(key, snapshot);
      this.view.run('INSERT OR REPLACE INTO truststore VALUES (?, ?)', key, JSON.stringify(snapshot));
    }
  }

  flush(): void {
    // Written as they were applied.
  }

  reset(): void {
    this.snapshots.clear();
    this.#load();
  }

  #load(): void {
    for (const { key, snapshot } of this.view.all('SELECT key, snapshot FROM truststore'))
      this.snapshots.set(String(key), JSON.parse(String(snapshot)) as TruststoreSnapshot);
  }
}

const byName: Keyset = { name: 'TRUSTSTORES', columns: ['key'], direction: 'ASC' };

export class TruststoreReader {
  readonly #presence: Periods;

  constructor(
    readonly view: ViewDatabase,
    readonly snapshots: ReadonlyMap<string, TruststoreSnapshot>,
  ) {
    this.#presence = new Periods(view, presence);
  }

  find(name: string): TruststoreSnapshot | null {
    return this.snapshots.get(name.toLowerCase()) ?? null;
  }

  page(page: PageRequest): Page<TruststoreSnapshot> {
    const { conditions, values, tail } = pageClause(byName, page);
    const rows = this.view.all(`SELECT key FROM truststore WHERE ${['TRUE', ...conditions].join(' AND ')} ${tail}`, ...values);
    const cut = cutPage(rows, page, ({ key }) => encodeCursor(byName, [key ?? '']));
    return { ...cut, entries: cut.entries.flatMap(({ row, cursor }) => this.#entry(String(row['key']), cursor)) };
  }

  count(): number {
    return this.snapshots.size;
  }

  isThere(name: string): boolean {
    return this.snapshots.has(name.toLowerCase());
  }

  /** The names, in lower case. */
  names(): readonly string[] {
    return [...this.snapshots.keys()];
  }

  /** The names, in lower case, of those that there were right after this event. @throws {InvalidCursor} */
  pageAt(page: PageRequest, at: Position): Page<string> {
    return this.#presence.pageAt(byName, page, at);
  }

  countAt(at: Position): number {
    return this.#presence.countAt(at);
  }

  namesAt(at: Position): readonly string[] {
    return this.#presence.keysAt(at);
  }

  #entry(key: string, cursor: string) {
    const row = this.find(key);
    return row ? [{ row, cursor }] : [];
  }
}
