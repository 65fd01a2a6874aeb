import type { RecordedEvent } from '../src/event-store/event-store.js';
import type { ViewDatabase } from './view-database.js';

/** A view of the log. Raise `version` whenever `tables`, `indexes` or what `open` answers change: the view is then built anew. */
export interface Projection {
  /** Lower-case words joined by hyphens: part of the file's name. */
  readonly name: string;
  readonly version: number;
  /** The streams it looks at. Left out: all. */
  readonly streamPrefixes?: readonly string[];
  readonly tables: string;
  /** Made when a build has caught up: filling a table first and indexing it afterwards is several times faster. */
  readonly indexes: string;
  readonly open: (view: ViewDatabase) => ProjectionWriter;
}

/** Applies events within the runner's transaction. It may gather work in memory from `apply` to `flush`, never beyond. */
export interface ProjectionWriter {
  apply(event: RecordedEvent): void;
  /** Writes what was gathered. Afterwards the tables are as if each event had been written singly. */
  flush(): void;
  /** The transaction was rolled back: forget everything that is not in the tables. */
  reset(): void;
}
