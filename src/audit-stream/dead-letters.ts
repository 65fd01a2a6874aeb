import { timeIn } from './stream-progress.js';
import type { Row, StreamDatabase } from './stream-database.js';

/** An entry that the receiver did not take, though it takes others. */
export interface DeadLetter {
  readonly entryId: string;
  readonly position: bigint;
  readonly action: string;
  readonly attempts: number;
  /** As `DeliveryFailure` has it. */
  readonly cause: string;
  readonly refusedAt: Date;
}

/** Several that the audit trail does not tell of yet. */
export interface Untold {
  readonly count: number;
  readonly firstPosition: bigint;
  readonly lastPosition: bigint;
  /** For {@link DeadLetters.told}: what comes later is not meant. */
  readonly upTo: number;
}

/**
 * What the audit trail says of the stream's own dead letters is an entry too, and may be put aside as well. If that were told again, it would never end: it is kept here and not told.
 */
const toldAlready = (action: string): number => (action.startsWith('AuditStream') ? 1 : 0);

/** What was put aside: which entries, not what is in them. */
export class DeadLetters {
  constructor(readonly database: StreamDatabase) {}

  add({ entryId, position, action, attempts, cause, refusedAt }: DeadLetter): void {
    this.database.run('DELETE FROM dead_letter WHERE entry_id = ?', entryId);
    this.database.run(
      'INSERT INTO dead_letter (entry_id, position, action, attempts, cause, refused_at, told, retry) VALUES (?, ?, ?, ?, ?, ?, ?, 0)',
      entryId,
      position.toString(),
      action,
      attempts,
      cause,
      refusedAt.getTime(),
      toldAlready(action),
    );
  }

  /** The receiver has taken it after all. */
  remove(entryId: string): void {
    this.database.run('DELETE FROM dead_letter WHERE entry_id = ?', entryId);
  }

  isAny(): boolean {
    return this.database.get('SELECT 1 FROM dead_letter LIMIT 1') !== undefined;
  }

  count(): number {
    return Number(this.database.get('SELECT count(*) AS letters FROM dead_letter')?.['letters']);
  }

  /** The oldest first. */
  list(most: number): readonly DeadLetter[] {
    return this.database.all('SELECT * FROM dead_letter ORDER BY number LIMIT ?', most).map(letterIn);
  }

  /** Has all of them sent once more. @returns how many. */
  retryAll(): number {
    return this.database.run('UPDATE dead_letter SET retry = 1');
  }

  nextToRetry(): DeadLetter | null {
    const row = this.database.get('SELECT * FROM dead_letter WHERE retry = 1 ORDER BY number LIMIT 1');
    return row ? letterIn(row) : null;
  }

  /** It was sent so many times more and not taken: it stays, and waits to be asked for again. */
  refusedAgain({ entryId }: DeadLetter, attempts: number, cause: string, at: Date): void {
    const sql = 'UPDATE dead_letter SET retry = 0, attempts = attempts + ?, cause = ?, refused_at = ? WHERE entry_id = ?';
    this.database.run(sql, attempts, cause, at.getTime(), entryId);
  }

  untold(): Untold | null {
    const row = this.database.get(`SELECT count(*) AS letters, max(number) AS up_to,
      CAST(min(CAST(position AS INTEGER)) AS TEXT) AS first, CAST(max(CAST(position AS INTEGER)) AS TEXT) AS last FROM dead_letter WHERE told = 0`);
    const count = Number(row?.['letters'] ?? 0);
    if (count === 0) return null;
    return { count, firstPosition: BigInt(row?.['first'] ?? 0), lastPosition: BigInt(row?.['last'] ?? 0), upTo: Number(row?.['up_to']) };
  }

  told({ upTo }: Untold): void {
    this.database.run('UPDATE dead_letter SET told = 1 WHERE number <= ?', upTo);
  }
}

function letterIn(row: Row): DeadLetter {
  return {
    entryId: String(row['entry_id']),
    position: BigInt(String(row['position'])),
    action: String(row['action']),
    attempts: Number(row['attempts']),
    cause: String(row['cause']),
    refusedAt: timeIn(row['refused_at']) ?? new Date(0),
  };
}
