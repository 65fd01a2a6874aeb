import type { Page } from './connection.js';

/** The page with each row in place of the key that a view found. What is gone by the time it is loaded is left out. */
export async function loadedPage<Row>({ entries, ...ends }: Page<string>, load: (key: string) => Promise<Row | null>): Promise<Page<Row>> {
  const loaded = await Promise.all(entries.map(async ({ row, cursor }) => ({ row: await load(row), cursor })));
  return { ...ends, entries: loaded.flatMap(({ row, cursor }) => (row === null ? [] : [{ row, cursor }])) };
}
