import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Position } from '../src/event-store/event-store.js';
import type { Scalar } from './paging.js';

export type Row = Readonly<Record<string, string | number | null>>;

/** One view's file: its tables, and up to where in the log they are filled. May be deleted at any time while the service is stopped; it is then built anew. */
export class ViewDatabase {
  readonly #database: DatabaseSyncInstance;
  readonly #statements = new Map<string, ReturnType<DatabaseSyncInstance['prepare']>>();

  constructor(readonly file: string) {
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    this.#database = new DatabaseSync(file, { timeout: 2_000 });
    // The tail that a power failure may take with synchronous=NORMAL is read from the log again.
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -32000');
    this.#database.exec('CREATE TABLE IF NOT EXISTS progress (id INTEGER PRIMARY KEY CHECK (id = 1), position TEXT, indexed INTEGER NOT NULL) STRICT');
  }

  /** Makes the tables in a new file. */
  prepareTables(tables: string): void {
    if (this.get('SELECT 1 AS there FROM progress')) return;
    this.inTransaction(() => {
      this.#database.exec(tables);
      this.run('INSERT INTO progress VALUES (1, NULL, 0)');
    });
  }

  /** The last position that the tables hold; undefined when they hold nothing. */
  get position(): Position | undefined {
    const position = this.get('SELECT position FROM progress')?.['position'];
    return typeof position === 'string' ? BigInt(position) : undefined;
  }

  set position(position: Position) {
    this.run('UPDATE progress SET position = ?', position.toString());
  }

  get isIndexed(): boolean {
    return this.get('SELECT indexed FROM progress')?.['indexed'] === 1;
  }

  makeIndexes(indexes: string): void {
    this.inTransaction(() => {
      this.#database.exec(indexes);
      this.run('UPDATE progress SET indexed = 1');
    });
    this.#database.exec('PRAGMA optimize');
  }

  run(sql: string, ...values: readonly Scalar[]): { readonly lastInsertRowid: number | bigint } {
    return this.#prepared(sql).run(...values);
  }

  get(sql: string, ...values: readonly Scalar[]): Row | undefined {
    return this.#prepared(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: readonly Scalar[]): readonly Row[] {
    return this.#prepared(sql).all(...values) as unknown as readonly Row[];
  }

  inTransaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  /** Statements are prepared once and kept. Lists with many filters make many texts, so those of long ago are let go. */
  #prepared(sql: string) {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    const oldest = this.#statements.size > 500 ? this.#statements.keys().next().value : undefined;
    if (oldest !== undefined) this.#statements.delete(oldest);
    return statement;
  }
}
