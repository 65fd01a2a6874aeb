/** Which part of a list is asked for. `after` and `before` are cursors of that very list in that very order. */
export interface PageRequest {
  readonly take: 'first' | 'last';
  readonly size: number;
  readonly after: string | null;
  readonly before: string | null;
}

export interface Page<Row> {
  readonly entries: readonly { readonly row: Row; readonly cursor: string }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** The cursor is damaged, or belongs to another list or order. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
  constructor(readonly cursor: string | null = null) {
    super('The cursor is not one of this list in this order. Take cursors as they come, from the same list.');
  }
}

export type Scalar = string | number | bigint | null;

/** Where keyset paging stands: the columns that order the list, which together are unique, and their direction. */
export interface Keyset {
  /** Names the order inside the cursor, so that a cursor of another order is recognised. */
  readonly name: string;
  readonly columns: readonly [string, ...string[]];
  readonly direction: 'ASC' | 'DESC';
}

export interface PageClause {
  /** To be joined with AND to the list's own conditions. */
  readonly conditions: readonly string[];
  readonly values: readonly Scalar[];
  /** ORDER BY and LIMIT; one row more than asked for is read, to know whether there is a next page. */
  readonly tail: string;
}

export function pageClause(keyset: Keyset, page: PageRequest): PageClause {
  const forward = page.take === 'first';
  const ascending = (keyset.direction === 'ASC') === forward;
  const tuple = `(${keyset.columns.join(', ')})`;
  const placeholders = `(${keyset.columns.map(() => '?').join(', ')})`;
  const bounds = [
    [page.after, keyset.direction === 'ASC' ? '>' : '<'],
    [page.before, keyset.direction === 'ASC' ? '<' : '>'],
  ] as const;
  const given = bounds.filter((bound): bound is [string, '<' | '>'] => bound[0] !== null);
  return {
    conditions: given.map(([, comparison]) => `${tuple} ${comparison} ${placeholders}`),
    values: given.flatMap(([cursor]) => decodeCursor(keyset, cursor)),
    tail: `ORDER BY ${keyset.columns.map((column) => `${column} ${ascending ? 'ASC' : 'DESC'}`).join(', ')} LIMIT ${page.size + 1}`,
  };
}

/** Cuts what was read with {@link pageClause} to the page, in the list's own order. */
export function cutPage<Row>(rows: readonly Row[], page: PageRequest, cursorOf: (row: Row) => string): Page<Row> {
  const more = rows.length > page.size;
  const cut = rows.slice(0, page.size);
  const forward = page.take === 'first';
  if (!forward) cut.reverse();
  return {
    entries: cut.map((row) => ({ row, cursor: cursorOf(row) })),
    hasNextPage: forward ? more : page.before !== null,
    hasPreviousPage: forward ? page.after !== null : more,
  };
}

export function encodeCursor(keyset: Keyset, values: readonly Scalar[]): string {
  return Buffer.from(JSON.stringify([keyset.name, ...values.map((value) => (typeof value === 'bigint' ? value.toString() : value))])).toString('base64url');
}

function decodeCursor(keyset: Keyset, cursor: string): readonly Scalar[] {
  const [name, ...values] = parsed(cursor);
  const known = values.filter((value) => typeof value === 'string' || typeof value === 'number');
  if (name !== keyset.name || values.length !== keyset.columns.length || known.length !== values.length) throw new InvalidCursor(cursor);
  return known;
}

function parsed(cursor: string): readonly unknown[] {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith('[')) throw new InvalidCursor(cursor);
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as unknown[]) : [];
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidCursor(cursor);
    throw error;
  }
}
