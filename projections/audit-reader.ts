import type { StreamId } from '../src/event-store/event-store.js';
import type { EntryDetail } from './audit-detail.js';
import type { AuditEntries } from './audit-entries.js';
import type { AuditIndex } from './audit-index.js';
import type { AuditFilter, AuditRow } from './audit-row.js';
import { AuditSearch, stretchBetween } from './audit-search.js';
import type { AuditVocabulary } from './audit-vocabulary.js';
import { cutPage, type Page, type PageRequest } from './paging.js';
import type { ViewDatabase } from './view-database.js';

/** Counts look through no more than this, two million entries or so, except where only kinds of entries are asked for: these are counted as they are written. */
const mostBlocksCounted = 128;
const mostInBatch = 100;
const mostBetween = 100;

export class AuditReader {
  constructor(
    readonly view: ViewDatabase,
    readonly vocabulary: AuditVocabulary,
    readonly entries: AuditEntries,
    readonly index: AuditIndex,
  ) {}

  find(entryId: string): AuditRow | null {
    return this.entries.find(entryId);
  }

  page(filter: AuditFilter, page: PageRequest): Page<AuditRow> {
    const stretch = stretchBetween(page.after, page.before);
    const ordinals = this.#search(filter).ordinals(stretch, page.take === 'last', page.size + 1);
    return withRows(cutPage(ordinals, page, String), (ordinal) => this.entries.at(ordinal));
  }

  count(filter: AuditFilter): number | null {
    const kinds = this.vocabulary.kindsOf(filter);
    return kinds === 'and more' ? this.#search(filter).count(mostBlocksCounted) : this.vocabulary.entriesOf(kinds);
  }

  between(accountId: string, from: number, to: number): readonly AuditRow[] {
    const rows = this.view.all(
      `SELECT ordinal FROM entry JOIN entry_kind ON kind = number
       WHERE entity_key = ? AND entity_type = 'EmailAccount' AND version > ? AND version <= ? ORDER BY version DESC LIMIT ${mostBetween}`,
      accountId.toLowerCase(),
      from,
      to,
    );
    return rows.map(({ ordinal }) => this.entries.at(Number(ordinal))).reverse();
  }

  tail(filter: AuditFilter, after: bigint): { readonly rows: readonly AuditRow[]; readonly reached: bigint | null } {
    const end = this.view.position ?? 0n;
    if (after >= end) return { rows: [], reached: null };
    const ordinals = this.#search(filter).ordinals({ after, before: end + 1n }, false, mostInBatch);
    const rows = ordinals.map((ordinal) => this.entries.at(ordinal));
    return { rows, reached: rows.length < mostInBatch ? end : (rows.at(-1)?.position ?? end) };
  }

  streamOfCommand(commandId: string): StreamId | null {
    const row = this.view.get('SELECT detail FROM entry WHERE command_id = ? LIMIT 1', commandId);
    return row ? (JSON.parse(String(row['detail'])) as EntryDetail).streamId : null;
  }

  #search(filter: AuditFilter): AuditSearch {
    return new AuditSearch(this.view, this.index, filter);
  }
}

/** Cursors are positions: they hold on every node, however its view numbers the entries. */
function withRows(page: Page<number>, rowAt: (ordinal: number) => AuditRow): Page<AuditRow> {
  const rows = page.entries.map(({ row }) => rowAt(row));
  return { ...page, entries: rows.map((row) => ({ row, cursor: String(row.position) })) };
}
