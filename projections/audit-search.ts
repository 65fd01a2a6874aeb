import type { TimeRange } from './account-filter.js';
import type { AuditFilter } from './audit-row.js';
import type { AuditVocabulary } from './audit-vocabulary.js';
import { actorWord, entityWord, kindWord } from './audit-words.js';
import { InvalidCursor, type Scalar } from './paging.js';
import type { ViewDatabase } from './view-database.js';
import { matchAllWords } from './words.js';

/** A stretch of the log, both ends excluded. */
export interface Stretch {
  readonly after: bigint;
  readonly before: bigint;
}

/** One walk along an index in the order of positions. `place` is the name of the position there. */
interface Walk {
  readonly table: 'entry' | 'entry_words';
  readonly place: 'position' | 'rowid';
  readonly conditions: readonly string[];
  readonly values: readonly Scalar[];
}

const endOfLog = 2n ** 63n - 1n;

/**
 * Where the entries stand that a filter leaves: a few walks along indexes, each in the order of positions, merged. So a page costs the same wherever it is in
 * the log. A list of values is a walk for each; what an index does not hold is looked up on the way.
 */
export class AuditSearch {
  readonly #walks: readonly Walk[];
  readonly #stretch: Stretch;
  /** Whether nothing but kinds of entries is asked for: these are counted as they are written. */
  readonly countedKinds: { readonly kinds: readonly number[] | null } | null;

  constructor(
    readonly view: ViewDatabase,
    vocabulary: AuditVocabulary,
    filter: AuditFilter,
  ) {
    const kinds = vocabulary.kindsOf(filter);
    const actors = filter.actor ? vocabulary.actorsOf(filter.actor) : null;
    const entities = filter.entityId ? [...new Set(filter.entityId.map((id) => id.toLowerCase()))] : null;
    const choice = { kinds, actors, entities, correlationId: filter.correlationId ?? null };
    const isAboutKinds = !actors && !entities && choice.correlationId === null && !filter.text && !filter.occurredAt?.from && !filter.occurredAt?.to;
    this.countedKinds = isAboutKinds ? { kinds } : null;
    this.#walks = filter.text ? walkThroughWords(view, filter.text, choice) : walksAlongIndexes(view, choice);
    this.#stretch = this.#stretchOf(filter.occurredAt ?? {}, choice.correlationId);
  }

  /** The positions of up to `most` entries of the stretch, from its beginning or, descending, from its end. */
  positions({ after, before }: Stretch, descending: boolean, most: number): readonly number[] {
    const from = after > this.#stretch.after ? after : this.#stretch.after;
    const to = before < this.#stretch.before ? before : this.#stretch.before;
    if (from >= to) return [];
    const found = this.#walks.flatMap(({ table, place, conditions, values }) => {
      const where = [...conditions, `${place} > ?`, `${place} < ?`].join(' AND ');
      const sql = `SELECT ${place} AS place FROM ${table} WHERE ${where} ORDER BY ${place} ${descending ? 'DESC' : 'ASC'} LIMIT ${most}`;
      return this.view.all(sql, ...values, from, to).map((row) => Number(row['place']));
    });
    if (this.#walks.length > 1) found.sort((one, other) => (descending ? other - one : one - other));
    return found.slice(0, most);
  }

  /** How many entries there are; null above `most`. */
  count(most: number): number | null {
    let entries = 0;
    for (const { table, place, conditions, values } of this.#walks) {
      const where = [...conditions, `${place} > ?`, `${place} < ?`].join(' AND ');
      const sql = `SELECT count(*) AS entries FROM (SELECT 1 FROM ${table} WHERE ${where} LIMIT ${most + 1})`;
      entries += Number(this.view.get(sql, ...values, this.#stretch.after, this.#stretch.before)?.['entries'] ?? 0);
      if (entries > most) return null;
    }
    return entries;
  }

  #stretchOf({ from, to }: TimeRange, correlationId: string | null): Stretch {
    const after = from ? firstSince(this.view, from) - 1n : -1n;
    const before = to ? firstSince(this.view, to) : endOfLog;
    if (correlationId === null) return { after, before };
    const correlated = 'FROM entry WHERE correlation_id = ?1';
    const row = this.view.get(`SELECT (SELECT min(position) ${correlated}) AS first, (SELECT max(position) ${correlated}) AS last`, correlationId);
    const [first, last] = [BigInt(row?.['first'] ?? 0) - 1n, BigInt(row?.['last'] ?? 0) + 1n];
    return { after: first > after ? first : after, before: last < before ? last : before };
  }
}

/** @throws {InvalidCursor} no position. */
export function stretchBetween(after: string | null, before: string | null): Stretch {
  return { after: after === null ? -1n : positionOf(after), before: before === null ? endOfLog : positionOf(before) };
}

function positionOf(cursor: string): bigint {
  if (!/^\d{1,18}$/.test(cursor)) throw new InvalidCursor(cursor);
  return BigInt(cursor);
}

interface Choice {
  readonly kinds: readonly number[] | null;
  readonly actors: readonly number[] | null;
  readonly entities: readonly string[] | null;
  readonly correlationId: string | null;
}

function walksAlongIndexes(view: ViewDatabase, { kinds, actors, entities, correlationId }: Choice): readonly Walk[] {
  const ofKinds = kinds && within('+kind', kinds);
  const ofActors = actors && within('+actor', actors);
  if (correlationId !== null) return [walk(['correlation_id = ?', ofKinds, ofActors, entities && within('+entity_key', entities)], [correlationId])];
  if (entities)
    return entities.flatMap((key) => kindsAlong(view, 'entity_key', key, kinds).map((kind) => walk(['entity_key = ?', 'kind = ?', ofActors], [key, kind])));
  if (actors) return actors.flatMap((actor) => kindsAlong(view, 'actor', actor, kinds).map((kind) => walk(['actor = ?', 'kind = ?'], [actor, kind])));
  return kinds ? kinds.map((kind) => walk(['kind = ?'], [kind])) : [walk([], [])];
}

/** The index over words holds kinds, actors and entities as words too: rare ones narrow frequent ones without a look at any entry. */
function walkThroughWords(view: ViewDatabase, text: string, { kinds, actors, entities, correlationId }: Choice): readonly Walk[] {
  const words = matchAllWords(text);
  if (words === null || [kinds, actors, entities].some((list) => list?.length === 0)) return [];
  const query = [words, oneOf(kinds?.map(kindWord)), oneOf(actors?.map(actorWord)), oneOf(entities?.map(entityWord))]
    .filter((part) => part !== null)
    .join(' AND ');
  const correlated =
    correlationId === null ? [] : view.all('SELECT position FROM entry WHERE correlation_id = ?', correlationId).map(({ position }) => position);
  return [
    {
      table: 'entry_words',
      place: 'rowid',
      conditions: ['entry_words MATCH ?', ...(correlationId === null ? [] : ['rowid IN (SELECT value FROM json_each(?))'])],
      values: [query, ...(correlationId === null ? [] : [JSON.stringify(correlated)])],
    },
  ];
}

function oneOf(words: readonly string[] | undefined): string | null {
  return words ? `(${words.map((word) => `"${word}"`).join(' OR ')})` : null;
}

function walk(conditions: readonly (string | null)[], values: readonly Scalar[]): Walk {
  return { table: 'entry', place: 'position', conditions: conditions.filter((condition) => condition !== null), values };
}

/** Numbers of ours, and keys as JSON text. */
function within(column: string, values: readonly (number | string)[]): string {
  return `${column} IN (${values.map((value) => (typeof value === 'number' ? value : `'${value.replaceAll("'", "''")}'`)).join(', ')})`;
}

/** Which of the kinds the entity or actor has any entries of: a leap along the index for each, however many entries there are. */
function kindsAlong(view: ViewDatabase, column: 'entity_key' | 'actor', value: Scalar, kinds: readonly number[] | null): readonly number[] {
  const sql = `WITH RECURSIVE found (kind) AS (
      SELECT min(kind) FROM entry WHERE ${column} = ?1
      UNION ALL SELECT (SELECT min(kind) FROM entry WHERE ${column} = ?1 AND kind > found.kind) FROM found WHERE found.kind IS NOT NULL
    ) SELECT kind FROM found WHERE kind IS NOT NULL`;
  const found = view.all(sql, value).map(({ kind }) => Number(kind));
  return kinds ? found.filter((kind) => kinds.includes(kind)) : found;
}

/** The position of the first entry recorded then or later; the end of the log when there is none. Halves the log until it is found, for times never decrease along it. */
function firstSince(view: ViewDatabase, time: Date): bigint {
  const at = time.getTime();
  // One question for both ends would read the whole table.
  const ends = view.get('SELECT (SELECT min(position) FROM entry) AS low, (SELECT max(position) FROM entry) AS high');
  let low = Number(ends?.['low'] ?? 0);
  let high = Number(ends?.['high'] ?? -1) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = view.get('SELECT position, recorded_at FROM entry WHERE position >= ? ORDER BY position LIMIT 1', middle);
    if (Number(row?.['recorded_at']) >= at) high = middle;
    else low = Number(row?.['position']) + 1;
  }
  return BigInt(low);
}
