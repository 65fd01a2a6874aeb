import { change, query, type Database } from './database.js';
import type { SealedRow } from './sealed-secret.js';
import { SecretIdReused } from './secret-store.js';
import type { Slots } from './slots.js';

/** A secret in the database; its sealed text is in a slot. */
export interface StoredRow extends Omit<SealedRow, 'sealed'> {
  readonly accountId: string;
  readonly sealedSlot: number;
}

export interface RowCursor {
  readonly accountId: string;
  readonly secretId: string;
}

/** Sealed secrets as rows. Changes belong inside a transaction; times are milliseconds since 1970. */
export class SecretRows {
  readonly #sql;

  constructor(
    database: Database,
    private readonly slots: Slots,
  ) {
    const row = 'account_id AS accountId, secret_id AS secretId, slot, version, bound_to AS boundTo, sealed_slot AS sealedSlot, fingerprint';
    const one = 'account_id = ? AND secret_id = ?';
    const gone = 'RETURNING sealed_slot AS sealedSlot';
    this.#sql = {
      find: query<StoredRow>(database, `SELECT ${row} FROM secret WHERE ${one}`),
      page: query<StoredRow>(database, `SELECT ${row} FROM secret WHERE (account_id, secret_id) > (?, ?) ORDER BY account_id, secret_id LIMIT ?`),
      ids: query<{ secretId: string }>(database, 'SELECT secret_id AS secretId FROM secret WHERE account_id = ?'),
      count: query<{ secrets: number }>(database, 'SELECT count(*) AS secrets FROM secret'),
      insert: change(
        database,
        'INSERT INTO secret (account_id, secret_id, slot, version, bound_to, sealed_slot, fingerprint, looked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ),
      tie: change(database, `UPDATE secret SET version = ?, bound_to = ?, sealed_slot = ? WHERE ${one}`),
      startClock: change(database, `UPDATE secret SET looked_at = ?, was_current = 0, superseded_at = NULL WHERE ${one}`),
      supersede: change(database, `UPDATE secret SET superseded_at = ? WHERE ${one}`),
      delete: query<{ sealedSlot: number }>(database, `DELETE FROM secret WHERE ${one} ${gone}`),
      deleteAll: query<{ sealedSlot: number }>(database, `DELETE FROM secret WHERE account_id = ? ${gone}`),
    };
  }

  find(accountId: string, secretId: string): StoredRow | undefined {
    return this.#sql.find.get(accountId, secretId);
  }

  /** @throws {SlotDamaged} */
  sealedText({ sealedSlot }: StoredRow): string {
    return this.slots.read(sealedSlot).toString();
  }

  /** The next rows after the cursor, in a fixed order. */
  page(after: RowCursor, count: number): StoredRow[] {
    return this.#sql.page.all(after.accountId, after.secretId, count);
  }

  ids(accountId: string): string[] {
    return this.#sql.ids.all(accountId).map(({ secretId }) => secretId);
  }

  count(): number {
    return this.#sql.count.get()?.secrets ?? 0;
  }

  insert(accountId: string, row: SealedRow, now: number): void {
    this.#sql.insert(accountId, row.secretId, row.slot, row.version, row.boundTo, this.slots.add(Buffer.from(row.sealed)), row.fingerprint, now);
  }

  /**
   * Inserts the rows that are not there yet, and ties anew those that came before with another version or endpoints.
   * @throws {SecretIdReused} an id stands for another value or slot. Nothing was written.
   */
  store(accountId: string, rows: readonly SealedRow[], now: number): void {
    const stored = new Map(rows.map((row) => [row, this.find(accountId, row.secretId)]));
    for (const [row, before] of stored)
      if (before && (before.slot !== row.slot || before.fingerprint !== row.fingerprint)) throw new SecretIdReused(accountId, row.secretId);

    for (const [row, before] of stored) {
      if (before === undefined) this.insert(accountId, row, now);
      else {
        if (before.version !== row.version || before.boundTo !== row.boundTo)
          this.#sql.tie(row.version, row.boundTo, this.slots.replace(before.sealedSlot, Buffer.from(row.sealed)), accountId, row.secretId);
        this.#sql.startClock(now, accountId, row.secretId);
      }
    }
  }

  /** As if the secret had been stored now. False when there is none. */
  startClock(accountId: string, secretId: string, now: number): boolean {
    return this.#sql.startClock(now, accountId, secretId) === 1;
  }

  supersede(accountId: string, secretId: string, at: number): void {
    this.#sql.supersede(at, accountId, secretId);
  }

  delete(accountId: string, secretIds: readonly string[]): void {
    for (const secretId of secretIds) for (const { sealedSlot } of this.#sql.delete.all(accountId, secretId)) this.slots.erase(sealedSlot);
  }

  deleteAll(accountId: string): void {
    for (const { sealedSlot } of this.#sql.deleteAll.all(accountId)) this.slots.erase(sealedSlot);
  }
}
