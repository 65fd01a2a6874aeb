import { change, query, type Database } from './database.js';
import type { GroupCommit } from './group-commit.js';
import type { SweepOptions } from './secret-store.js';
import type { Slots } from './slots.js';
import { dueAt, usualGrace, verdict, type SweptSecret } from './sweep-rules.js';

const rowsAtOnce = 1_000;

interface SweptRow {
  readonly accountId: string;
  readonly secretId: string;
  readonly lookedAt: number;
  readonly wasCurrent: 0 | 1;
  readonly supersededAt: number | null;
}

/**
 * One walk over all secrets, a page at a time, deleting what is due and referred to by nobody. A row that changed since it was read (stored again, retained,
 * superseded) is left for the next walk.
 */
export class Sweep {
  readonly #now: number;
  readonly #grace: number;
  readonly #sql;

  /** `pause` lets others run between two pages, and throws when the walk must end. */
  constructor(
    database: Database,
    private readonly slots: Slots,
    private readonly writes: GroupCommit,
    private readonly options: SweepOptions,
    private readonly pause: () => Promise<void>,
  ) {
    this.#now = options.now.getTime();
    this.#grace = options.graceMilliseconds ?? usualGrace;
    const unchanged = 'account_id = ? AND secret_id = ? AND looked_at = ? AND superseded_at IS ?';
    this.#sql = {
      page: query<SweptRow>(
        database,
        `
        SELECT account_id AS accountId, secret_id AS secretId, looked_at AS lookedAt, was_current AS wasCurrent, superseded_at AS supersededAt
        FROM secret WHERE (account_id, secret_id) > (?, ?) ORDER BY account_id, secret_id LIMIT ${rowsAtOnce}`,
      ),
      confirm: change(database, `UPDATE secret SET was_current = 1, superseded_at = NULL, looked_at = ? WHERE ${unchanged}`),
      supersede: change(database, `UPDATE secret SET superseded_at = ? WHERE ${unchanged}`),
      delete: query<{ sealedSlot: number }>(database, `DELETE FROM secret WHERE ${unchanged} RETURNING sealed_slot AS sealedSlot`),
    };
  }

  async run(): Promise<{ readonly deleted: number }> {
    let deleted = 0;
    for (let after = { accountId: '', secretId: '' }; ;) {
      const page = this.#sql.page.all(after.accountId, after.secretId);
      const last = page.at(-1);
      if (last === undefined) return { deleted };
      for (const rows of byAccount(page.filter((row) => dueAt(known(row), this.#grace) <= this.#now))) deleted += await this.#sweepAccount(rows);
      after = last;
      await this.pause();
    }
  }

  async #sweepAccount(rows: readonly [SweptRow, ...SweptRow[]]): Promise<number> {
    const current = await this.options.isCurrent(
      rows[0].accountId,
      rows.map(({ secretId }) => secretId),
    );
    return this.writes.run(() => {
      let deleted = 0;
      for (const row of rows) {
        const unchanged = [row.accountId, row.secretId, row.lookedAt, row.supersededAt] as const;
        switch (verdict(known(row), current.has(row.secretId))) {
          case 'confirm':
            this.#sql.confirm(this.#now, ...unchanged);
            break;
          case 'supersede':
            this.#sql.supersede(this.#now, ...unchanged);
            break;
          case 'delete': {
            const gone = this.#sql.delete.all(...unchanged);
            for (const { sealedSlot } of gone) this.slots.erase(sealedSlot);
            deleted += gone.length;
          }
        }
      }
      return deleted;
    });
  }
}

function known({ lookedAt, wasCurrent, supersededAt }: SweptRow): SweptSecret {
  return { lookedAt, wasCurrent: wasCurrent === 1, supersededAt };
}

/** Rows ordered by account, cut where the account changes. */
function byAccount(rows: readonly SweptRow[]): [SweptRow, ...SweptRow[]][] {
  const accounts: [SweptRow, ...SweptRow[]][] = [];
  for (const row of rows) {
    const latest = accounts.at(-1);
    if (latest?.[0].accountId === row.accountId) latest.push(row);
    else accounts.push([row]);
  }
  return accounts;
}
