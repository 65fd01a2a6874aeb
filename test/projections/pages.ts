import { expect } from 'vitest';
import type { Page, PageRequest } from '../../projections/paging.js';

/** All rows, page by page in this direction; fails when the ends of a page are not told right. */
export function throughPages<Row>(read: (page: PageRequest) => Page<Row>, take: 'first' | 'last', size: number): readonly Row[] {
  const rows: Row[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Page<Row> = read({ take, size, after: take === 'first' ? cursor : null, before: take === 'last' ? cursor : null });
    const found = page.entries.map(({ row }) => row);
    rows[take === 'first' ? 'push' : 'unshift'](...found);
    expect(take === 'first' ? page.hasPreviousPage : page.hasNextPage).toBe(cursor !== null);
    if (!(take === 'first' ? page.hasNextPage : page.hasPreviousPage)) return rows;
    expect(found).toHaveLength(size);
    cursor = page.entries.at(take === 'first' ? -1 : 0)?.cursor ?? null;
  }
}
