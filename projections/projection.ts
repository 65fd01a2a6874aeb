import type { RecordedEvent } from '../src/event-store/event-store.js';
import type { ViewDatabase } from './view-database.js';

/** A view of the log. Raise `version` whenever `tables`, `indexes` or what is written to them change: the view is then built anew. */
export interface Projection<Reader> {
  /** Lower-case words joined by hyphens: part of the file's name. */
  readonly name: string;
  readonly version: number;
  /** The streams it looks at. Left out: all. */
  readonly streamPrefixes?: readonly string[];
  readonly tables: string;
  /** Statements, run once when a build has caught up: filling a table first and indexing it afterwards is several times faster. */
  readonly indexes: readonly string[];
  /** Writer and reader of one file. They may share what they hold in memory: nobody reads between a flush and the end of its transaction. */
  readonly open: (view: ViewDatabase) => { readonly writer: ProjectionWriter; readonly reader: Reader };
}

/** Applies events within the runner's transaction. It may gather work in memory from `apply` to `flush`, never beyond. */
export interface ProjectionWriter {
  apply(event: RecordedEvent): void;
  /** Writes what was gathered. Afterwards the tables are as if each event had been written singly. */
  flush(): void;
  /** The transaction was rolled back: forget everything that is not in the tables. */
  reset(): void;
}
