import type { DatabaseSyncInstance } from '@photostructure/sqlite';

type Value = string | number | bigint;

/** A prepared statement that says what its rows hold. Rows are arrays, in the order of the columns: half again as fast to read as objects. */
export interface Statement<Row extends readonly unknown[]> {
  run(...values: readonly Value[]): unknown;
  get(...values: readonly Value[]): Row | undefined;
  all(...values: readonly Value[]): readonly Row[];
}

export function prepare<Row extends readonly unknown[]>(database: DatabaseSyncInstance, sql: string): Statement<Row> {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}
