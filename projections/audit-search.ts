import type { AuditIndex, Sought } from './audit-index.js';
import { entriesIn, ordinalAtPosition, ordinalAtTime } from './audit-ordinals.js';
import { PlaceSet } from './audit-places.js';
import type { AuditFilter } from './audit-row.js';
import { term } from './audit-terms.js';
import { InvalidCursor } from './paging.js';
import type { ViewDatabase } from './view-database.js';
import { plainWords } from './words.js';

/** A stretch of the log in positions, both ends excluded. */
export interface Stretch {
  readonly after: bigint;
  readonly before: bigint;
}

/** In numbers of entries. */
interface Span {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

const endOfLog = 2n ** 63n - 1n;

/** Where the entries stand that a filter leaves: block by block of the index, what all its conditions have in common. */
export class AuditSearch {
  readonly #sought: readonly Sought[];
  readonly #span: Span;
  /** Of one block: what all conditions so far have in common, and what the next one leaves. */
  readonly #common = new PlaceSet();
  readonly #next = new PlaceSet();

  constructor(
    readonly view: ViewDatabase,
    readonly index: AuditIndex,
    filter: AuditFilter,
  ) {
    this.#sought = soughtBy(filter);
    const { from, to } = filter.occurredAt ?? {};
    this.#span = { from: from ? ordinalAtTime(view, from) : 0, to: to ? ordinalAtTime(view, to) : entriesIn(view) };
  }

  /** The numbers of up to `most` entries of the stretch, from its beginning or, descending, from its end. */
  ordinals(stretch: Stretch, descending: boolean, most: number): readonly number[] {
    const span = this.#within(stretch);
    const found: number[] = [];
    for (const { block, from, to } of blocksOf(span, this.index.blockSize, descending)) {
      if (found.length >= most) break;
      const places = this.#placesIn(block)?.within(from, to, descending, most - found.length) ?? [];
      for (const place of places) found.push(block * this.index.blockSize + place);
    }
    return found;
  }

  /** How many entries there are; null where more than so many blocks would have to be looked through. */
  count(mostBlocks: number): number | null {
    const { from, to } = this.#span;
    if (this.#sought.length === 0) return Math.max(0, to - from);
    if (to - from > mostBlocks * this.index.blockSize) return null;
    let entries = 0;
    for (const { block, from, to } of blocksOf(this.#span, this.index.blockSize, false)) entries += this.#placesIn(block)?.count(from, to) ?? 0;
    return entries;
  }

  /** Null when there are none. */
  #placesIn(block: number): PlaceSet | null {
    if (this.#sought.length === 0) this.#common.addAll();
    for (const [index, sought] of this.#sought.entries()) {
      this.#next.clear();
      this.index.addPlaces(block, sought, this.#next);
      if (index === 0) this.#common.addAll();
      if (!this.#common.keepOnly(this.#next)) return null;
    }
    return this.#common;
  }

  #within({ after, before }: Stretch): Span {
    const from = after < 0n ? 0 : ordinalAtPosition(this.view, after + 1n);
    const to = before === endOfLog ? this.#span.to : ordinalAtPosition(this.view, before);
    return { from: Math.max(from, this.#span.from), to: Math.min(to, this.#span.to) };
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

function* blocksOf({ from, to }: Span, blockSize: number, descending: boolean): Generator<{ readonly block: number } & Span, void> {
  if (from >= to) return;
  const [first, last] = [Math.floor(from / blockSize), Math.floor((to - 1) / blockSize)];
  for (let nth = 0; nth <= last - first; nth++) {
    const block = descending ? last - nth : first + nth;
    const beginning = block * blockSize;
    yield { block, from: Math.max(from - beginning, 0), to: Math.min(to - beginning, blockSize) };
  }
}

/** What each entry has to have, the shortest list and then the rarest first: where that is not in a block, nothing else is looked up. */
function soughtBy({ correlationId, entityId, text, actor, action, outcome, entityType }: AuditFilter): readonly Sought[] {
  const among = (values: readonly string[] | null | undefined, termOf: (value: string) => string): readonly Sought[] =>
    values ? [{ oneOf: [...new Set(values.map(termOf))] }] : [];
  // What begins so may be a few words.
  const lookups = (sought: Sought) => ('beginning' in sought ? 2 : sought.oneOf.length);
  return [
    ...among(correlationId === undefined || correlationId === null ? null : [correlationId], term.correlation),
    ...among(entityId, term.entity),
    ...(text ? textSought(text) : []),
    ...among(actor, term.actor),
    ...among(action, term.action),
    ...among(outcome, term.outcome),
    ...among(entityType, term.entityType),
  ].sort((one, other) => lookups(one) - lookups(other));
}

/** Every word has to occur, the last letters may be missing. A text without a word is in no entry. */
function textSought(text: string): readonly Sought[] {
  const words = [...new Set(plainWords(text))].sort((one, other) => other.length - one.length);
  return words.length === 0 ? [{ oneOf: [] }] : words.map((word) => ({ beginning: term.word(word) }));
}
