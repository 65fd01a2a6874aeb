import type { RecordedEvent } from './event-store.js';
import { recorded, type Row } from './row.js';

const mostEvents = 2_000;
/** In UTF-16 code units of JSON. */
const mostText = 4_194_304;

/**
 * The newest committed events, so that the many who follow the log neither read nor parse each event anew. Knows of no event that is not committed. All who ask get
 * the same objects: they are read-only, as their types say.
 */
export class RecentEvents {
  /** In the order of their positions, which have no gaps. What was asked for is kept parsed. */
  #events: { readonly row: Row; parsed?: RecordedEvent }[] = [];
  #text = 0;

  add(rows: readonly Row[]): void {
    for (const row of rows) {
      this.#events.push({ row });
      this.#text += textOf(row);
    }
    // Cut in large pieces, so that an append costs the same however many are kept.
    if (this.#events.length <= 2 * mostEvents && this.#text <= 2 * mostText) return;
    let first = this.#events.length;
    for (this.#text = 0; first > 0 && this.#events.length - first < mostEvents; first--) {
      const event = this.#events[first - 1];
      if (!event || this.#text + textOf(event.row) > mostText) break;
      this.#text += textOf(event.row);
    }
    this.#events = this.#events.slice(first);
  }

  /** The events with `after < position <= upTo`; undefined unless all of them are here. */
  between(after: number, upTo: number): readonly RecordedEvent[] | undefined {
    const oldest = this.#events[0]?.row[0];
    if (oldest === undefined || after + 1 < oldest) return undefined;
    return this.#events.slice(after + 1 - oldest, upTo + 1 - oldest).map((event) => (event.parsed ??= recorded(event.row)));
  }
}

const textOf = ([, , , , , , data, metadata]: Row) => data.length + metadata.length;
