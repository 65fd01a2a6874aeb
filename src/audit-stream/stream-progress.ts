import type { DeliveryFailure } from './delivery.js';
import type { StreamDatabase } from './stream-database.js';

/** How far the receiver has taken everything. */
export interface Cursor {
  /** Of the last entry that was taken; -1 where none was. */
  readonly position: bigint;
  /** That entry: by it the place is found again in a log that was moved or put back to a backup. */
  readonly entryId: string | null;
}

export const beginning: Cursor = { position: -1n, entryId: null };

/** Why the stream stands, and until when. */
export interface Trouble extends Pick<DeliveryFailure, 'cause' | 'words'> {
  readonly since: Date;
  readonly attempts: number;
  /** Null where it waits for an operator, not for a time. */
  readonly nextAt: Date | null;
}

export interface StreamLag {
  readonly entriesBehind: number;
  readonly secondsBehind: number;
}

/** Every so many entries that were taken there is a mark. */
const betweenMarks = 1_000;

/** What is durably known of the stream: a kill at any moment leaves it behind what was sent, never ahead. */
export class StreamProgress {
  constructor(readonly database: StreamDatabase) {}

  /** Null before anything was streamed. */
  cursor(): Cursor | null {
    const row = this.database.get('SELECT position, entry_id FROM progress');
    const position = row?.['position'] ?? null;
    const entryId = row?.['entry_id'] ?? null;
    return position === null ? null : { position: BigInt(position), entryId: entryId === null ? null : String(entryId) };
  }

  /** Puts the cursor there, whatever was taken. */
  moveTo({ position, entryId }: Cursor): void {
    this.database.run('UPDATE progress SET position = ?, entry_id = ?', position.toString(), entryId);
  }

  /** The receiver has taken the entry, and with it everything before. To be called in the order of the log. */
  taken({ position, id }: { readonly position: bigint; readonly id: string }, at: Date): void {
    const row = this.database.get(
      'UPDATE progress SET position = ?, entry_id = ?, taken = taken + 1, taken_at = ? RETURNING taken',
      position.toString(),
      id,
      at.getTime(),
    );
    if (Number(row?.['taken']) % betweenMarks === 0) this.database.run('INSERT INTO mark (entry_id) VALUES (?)', id);
  }

  /** The ids of entries that were taken, one of every thousand, the last first. */
  marks(): readonly string[] {
    return this.database.all('SELECT entry_id FROM mark ORDER BY number DESC').map((row) => String(row['entry_id']));
  }

  /** How many entries were taken in all, and when the last was. */
  totals(): { readonly taken: number; readonly takenAt: Date | null } {
    const row = this.database.get('SELECT taken, taken_at FROM progress');
    return { taken: Number(row?.['taken'] ?? 0), takenAt: timeIn(row?.['taken_at']) };
  }

  stands({ since, attempts, cause, words, nextAt }: Trouble): void {
    const until = nextAt === null ? null : nextAt.getTime();
    this.database.run('INSERT OR REPLACE INTO trouble VALUES (1, ?, ?, ?, ?, ?)', since.getTime(), attempts, cause, words, until);
  }

  goesOn(): void {
    this.database.run('DELETE FROM trouble');
  }

  trouble(): Trouble | null {
    const row = this.database.get('SELECT * FROM trouble');
    if (!row) return null;
    return {
      since: timeIn(row['since']) ?? new Date(0),
      attempts: Number(row['attempts']),
      cause: String(row['cause']),
      words: String(row['words']),
      nextAt: timeIn(row['next_at']),
    };
  }

  /** Keeps how far behind the stream is, for the command line, which cannot look into a log that is in use. */
  measured({ entriesBehind, secondsBehind }: StreamLag, at: Date): void {
    this.database.run('UPDATE progress SET behind = ?, seconds_behind = ?, measured_at = ?', entriesBehind, secondsBehind, at.getTime());
  }

  lag(): (StreamLag & { readonly measuredAt: Date }) | null {
    const row = this.database.get('SELECT behind, seconds_behind, measured_at FROM progress');
    const measuredAt = timeIn(row?.['measured_at']);
    return measuredAt && { entriesBehind: Number(row?.['behind']), secondsBehind: Number(row?.['seconds_behind']), measuredAt };
  }
}

export function timeIn(value: string | number | null | undefined): Date | null {
  return value === null || value === undefined ? null : new Date(Number(value));
}
