import { shownData } from './audit-data.js';
import { shownChange, type EntryDetail } from './audit-detail.js';
import type { AuditRow } from './audit-row.js';
import { termsOf } from './audit-terms.js';
import type { AuditVocabulary } from './audit-vocabulary.js';
import type { ViewDatabase } from './view-database.js';

interface Stored {
  readonly ordinal: number;
  readonly position: number;
  readonly id: string;
  readonly recorded_at: number;
  readonly kind: number;
  readonly actor: number;
  readonly version: number | null;
  readonly correlation_id: string;
  readonly detail: string;
}

const selected = 'SELECT * FROM entry';
const readAtOnce = 500; // entries, of a kilobyte or two

/** The entries as they stand in the tables. */
export class AuditEntries {
  constructor(
    readonly view: ViewDatabase,
    readonly vocabulary: AuditVocabulary,
  ) {}

  at(ordinal: number): AuditRow {
    const row = this.view.get(`${selected} WHERE ordinal = ?`, ordinal);
    if (!row) throw new Error(`The audit trail's view has no entry ${ordinal}: build it anew.`);
    return this.#row(row as unknown as Stored);
  }

  find(entryId: string): AuditRow | null {
    const row = this.view.get(`${selected} WHERE id = ?`, entryId.toLowerCase());
    return row ? this.#row(row as unknown as Stored) : null;
  }

  /** The number of the next entry, and the position that it is behind. */
  end(): { ordinal: number; after: number } {
    const last = this.view.get('SELECT ordinal, position FROM entry ORDER BY ordinal DESC LIMIT 1');
    return { ordinal: Number(last?.['ordinal'] ?? -1) + 1, after: Number(last?.['position'] ?? -1) };
  }

  /** What each entry from this number on is found by. */
  *termsSince(ordinal: number): Generator<readonly [ordinal: number, terms: readonly string[]], void> {
    for (let from = ordinal; ;) {
      const rows = this.view.all(`${selected} WHERE ordinal >= ? ORDER BY ordinal LIMIT ${readAtOnce}`, from) as unknown as readonly Stored[];
      for (const row of rows) yield [row.ordinal, termsOf(this.#row(row))];
      if (rows.length < readAtOnce) return;
      from += readAtOnce;
    }
  }

  detailOf(ordinal: number): EntryDetail {
    const row = this.view.get('SELECT detail FROM entry WHERE ordinal = ?', ordinal);
    if (!row) throw new Error(`The audit trail's view has no entry ${ordinal}: build it anew.`);
    return JSON.parse(String(row['detail'])) as EntryDetail;
  }

  putDetail(ordinal: number, detail: EntryDetail): void {
    this.view.run('UPDATE entry SET detail = ? WHERE ordinal = ?', JSON.stringify(detail), ordinal);
  }

  #row(row: Stored): AuditRow {
    const { action, entityType, outcome } = this.vocabulary.kind(row.kind);
    const {
      reason,
      actorRole,
      tokenId,
      revertedToVersion = null,
      entityId,
      changes,
      causationId,
      origin,
      schemaVersion,
      data,
    } = JSON.parse(row.detail) as EntryDetail;
    return {
      id: row.id,
      position: BigInt(row.position),
      occurredAt: new Date(row.recorded_at).toISOString(),
      action,
      entityType,
      outcome,
      actor: this.vocabulary.actor(row.actor),
      actorRole,
      tokenId,
      revertedToVersion,
      reason,
      entityId,
      version: row.version,
      changes: changes.map(shownChange),
      correlationId: row.correlation_id,
      causationId,
      origin,
      data: shownData(action, data),
      metadata: { schemaVersion },
    };
  }
}
