import type { StreamId } from '../src/event-store/event-store.js';
import type { AuditFilter, AuditRow } from './audit-row.js';
import { AuditSearch, stretchBetween } from './audit-search.js';
import type { AuditVocabulary } from './audit-vocabulary.js';
import { shownChange, type EntryDetail } from './audit-detail.js';
import { cutPage, type Page, type PageRequest } from './paging.js';
import type { ViewDatabase } from './view-database.js';

/** Counts go no further than this, except where only kinds of entries are asked for: these are counted as they are written. */
const mostCounted = 10_000;
const mostInBatch = 100;
const mostBetween = 100;

interface Stored {
  readonly position: number;
  readonly id: string;
  readonly recorded_at: number;
  readonly kind: number;
  readonly actor: number;
  readonly version: number | null;
  readonly correlation_id: string;
  readonly detail: string;
}

const selected = 'SELECT * FROM entry JOIN entry_detail USING (position)';

export class AuditReader {
  constructor(
    readonly view: ViewDatabase,
    readonly vocabulary: AuditVocabulary,
  ) {}

  find(entryId: string): AuditRow | null {
    const row = this.view.get(`${selected} WHERE id = ?`, entryId.toLowerCase());
    return row ? this.#row(row as unknown as Stored) : null;
  }

  page(filter: AuditFilter, page: PageRequest): Page<AuditRow> {
    const stretch = stretchBetween(page.after, page.before);
    const positions = this.#search(filter).positions(stretch, page.take === 'last', page.size + 1);
    const cut = cutPage(positions, page, String);
    return { ...cut, entries: cut.entries.map(({ row, cursor }) => ({ row: this.#at(row), cursor })) };
  }

  count(filter: AuditFilter): number | null {
    const search = this.#search(filter);
    return search.countedKinds ? this.vocabulary.entriesOf(search.countedKinds.kinds) : search.count(mostCounted);
  }

  between(accountId: string, from: number, to: number): readonly AuditRow[] {
    const rows = this.view.all(
      `SELECT position FROM entry JOIN entry_kind ON kind = number
       WHERE entity_key = ? AND entity_type = 'EmailAccount' AND version > ? AND version <= ? ORDER BY version DESC LIMIT ${mostBetween}`,
      accountId.toLowerCase(),
      from,
      to,
    );
    return rows.map(({ position }) => this.#at(Number(position))).reverse();
  }

  tail(filter: AuditFilter, after: bigint): { readonly rows: readonly AuditRow[]; readonly reached: bigint | null } {
    const end = this.view.position ?? 0n;
    if (after >= end) return { rows: [], reached: null };
    const positions = this.#search(filter).positions({ after, before: end + 1n }, false, mostInBatch);
    const last = positions.at(-1);
    return { rows: positions.map((position) => this.#at(position)), reached: positions.length < mostInBatch || last === undefined ? end : BigInt(last) };
  }

  streamOfCommand(commandId: string): StreamId | null {
    const row = this.view.get('SELECT detail FROM entry JOIN entry_detail USING (position) WHERE command_id = ? LIMIT 1', commandId);
    return row ? (JSON.parse(String(row['detail'])) as EntryDetail).streamId : null;
  }

  #search(filter: AuditFilter): AuditSearch {
    return new AuditSearch(this.view, this.vocabulary, filter);
  }

  #at(position: number): AuditRow {
    const row = this.view.get(`${selected} WHERE position = ?`, position);
    if (!row) throw new Error(`The audit trail's view has no entry at ${position}: build it anew.`);
    return this.#row(row as unknown as Stored);
  }

  #row(row: Stored): AuditRow {
    const { reason, entityId, changes, causationId, origin, schemaVersion, data } = JSON.parse(row.detail) as EntryDetail;
    return {
      id: row.id,
      position: BigInt(row.position),
      occurredAt: new Date(row.recorded_at).toISOString(),
      ...this.vocabulary.kind(row.kind),
      actor: this.vocabulary.actor(row.actor),
      reason,
      entityId,
      version: row.version,
      changes: changes.map(shownChange),
      correlationId: row.correlation_id,
      causationId,
      origin,
      data,
      metadata: { schemaVersion },
    };
  }
}
