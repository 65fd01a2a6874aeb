/** SQLite's primary result codes that the engine tells apart. https://sqlite.org/rescode.html */
export const SqliteCode = { busy: 5, full: 13 } as const;

/** Whether SQLite answered with this primary result code; extended codes carry it in their low byte. */
export function isSqliteError(error: unknown, code: (typeof SqliteCode)[keyof typeof SqliteCode]): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === code;
}
