import { randomUUID } from 'node:crypto';
import type { Row } from '../../../src/event-store/row.js';
import type { SeededRandom } from './seeded-random.js';
import { loggedRow, recordOf, signed, signerNamed, sizeOf, type SignedLog } from './signed-log.js';

export const manipulationKinds = ['edit', 'delete', 'insert', 'swap', 'truncate', 'rewrite'] as const;
export type ManipulationKind = (typeof manipulationKinds)[number];

/** What somebody made of a log who has all of its machine, but for the copy of the checkpoints outside. */
export interface Manipulated {
  readonly kind: ManipulationKind;
  /** In words, for when it is not found. */
  readonly what: string;
  /** The first leaf that is not what it was, or not there. */
  readonly leafIndex: number;
  readonly log: SignedLog;
}

/** The column of a row, by its name in the log's table. */
const column = { position: 0, streamId: 1, revision: 2, id: 3, type: 4, recordedAt: 5, data: 6, metadata: 7 } as const;

interface Changed {
  readonly what: string;
  readonly rows: readonly Row[];
}

/** One at random; a change that leaves every event as it was is none, and another is made. */
export function manipulated(log: SignedLog, kind: ManipulationKind, random: SeededRandom): Manipulated {
  for (;;) {
    const { what, log: changed } = kind === 'rewrite' ? rewritten(log, random) : onlyRows(log, change(log.rows, kind, random));
    const leafIndex = firstDifference(log.rows, changed.rows);
    if (leafIndex !== null) return { kind, what, leafIndex, log: changed };
  }
}

function onlyRows(log: SignedLog, { what, rows }: Changed): Pick<Manipulated, 'what' | 'log'> {
  return { what, log: { ...log, rows } };
}

/** The first leaf that is another one, or is not there; null where all are the same. */
function firstDifference(before: readonly Row[], after: readonly Row[]): number | null {
  const [one, other] = [before, after].map((rows) => rows.map(loggedRow).filter(({ kind }) => kind !== 'other'));
  if (!one || !other) return null;
  const at = Array.from({ length: Math.max(one.length, other.length) }, (_, index) => index).find((index) => {
    const [expected, found] = [one[index], other[index]];
    return expected?.kind !== 'leaf' || found?.kind !== 'leaf' || !expected.hash.equals(found.hash);
  });
  return at ?? null;
}

function change(rows: readonly Row[], kind: Exclude<ManipulationKind, 'rewrite'>, random: SeededRandom): Changed {
  const at = random.below(rows.length);
  switch (kind) {
    case 'edit': {
      const { row, what } = edited(rowAt(rows, at), random);
      return { what: `edit of ${what} of event ${at}`, rows: rows.with(at, row) };
    }
    case 'delete': {
      const count = 1 + random.below(Math.min(random.one([1, 5, 40]), rows.length - at));
      return { what: `deletion of ${count} events from ${at} on`, rows: renumbered(rows.toSpliced(at, count), rows, random) };
    }
    case 'insert': {
      const row = inserted(rows, at, random);
      return { what: `insertion before event ${at}`, rows: renumbered(rows.toSpliced(at, 0, row), rows, random) };
    }
    case 'swap': {
      const other = (at + 1 + random.below(random.one([1, rows.length - 1]))) % rows.length;
      const [first, second] = [Math.min(at, other), Math.max(at, other)];
      return { what: `swap of events ${first} and ${second}`, rows: swapped(rows, first, second, random) };
    }
    case 'truncate':
      return { what: `truncation to ${at} events`, rows: rows.slice(0, at) };
  }
}

/** Everything that can be made anew is: positions, revisions, hashes, chain, tree, and the checkpoints inside, signed by another key or by the log's own. */
function rewritten(log: SignedLog, random: SeededRandom): Pick<Manipulated, 'what' | 'log'> {
  const { rows, what } = change(log.rows, random.one(['edit', 'delete', 'insert', 'swap', 'truncate']), random);
  // Who takes the trouble leaves nothing that no engine gives back.
  if (rows.some((row) => loggedRow(row).kind === 'unreadable' || row[column.type].startsWith('$'))) return rewritten(log, random);
  const smooth = random.below(2) === 0 ? withRevisions(counted(rows)) : counted(rows);
  const resigned = random.one([null, 'another key of the same name', 'the same key'] as const);
  // Where it is signed again is for whoever does it to choose.
  const later = random.below(20);
  const sizes = log.inside.map((checkpoint) => sizeOf(checkpoint) + later);
  const inside = resigned === null ? log.inside : signed(smooth, sizes, resigned === 'the same key' ? log.signer : signerNamed('postledger-other'), 'inside');
  const told = `${what}, all hashes redone, checkpoints inside ${resigned === null ? 'as they were' : `signed again by ${resigned}`}`;
  return { what: told, log: { ...log, rows: smooth, record: recordOf(smooth), inside } };
}

/** Any column, a byte of it or all of it, until it means something else: JSON that is only written otherwise is the same event. */
function edited(row: Row, random: SeededRandom): { readonly row: Row; readonly what: string } {
  for (;;) {
    const what = random.one(['streamId', 'revision', 'id', 'type', 'recordedAt', 'data', 'data', 'data', 'metadata', 'metadata', 'metadata'] as const);
    const value = row[column[what]];
    const changed = typeof value === 'number' ? Math.max(0, value + random.one([-60_000, -1, 1, 60_000])) : alteredText(value, random);
    const candidate = row.with(column[what], changed) as unknown as Row;
    const [before, after] = [loggedRow(row), loggedRow(candidate)];
    if (after.kind !== 'leaf' || before.kind !== 'leaf' || !after.hash.equals(before.hash)) return { row: candidate, what };
  }
}

/** A character changed, or the value of a member: both as an attacker would, and as a failing disk. */
function alteredText(text: string, random: SeededRandom): string {
  const values = [...text.matchAll(/:("(?:[^"\\]|\\.)*"|\d+|null|true|false)/g)];
  const value = values[random.below(values.length)];
  if (value && random.below(2) === 0) {
    const from = value.index + 1;
    return `${text.slice(0, from)}${JSON.stringify(random.one(['Mallory', 'alice@example.com', 'REFUSED', '', 'tok1']))}${text.slice(from + (value[1]?.length ?? 0))}`;
  }
  const at = random.below(text.length);
  return text.slice(0, at) + String.fromCharCode(32 + random.below(95)) + text.slice(at + 1);
}

/** An event that never was: one like another of the log, or the same once more. */
function inserted(rows: readonly Row[], at: number, random: SeededRandom): Row {
  const [position, streamId, revision, , type, , data, metadata] = rowAt(rows, random.below(rows.length));
  const isReplay = random.below(3) === 0;
  const [, , , id] = rowAt(rows, random.below(rows.length));
  const recordedAt = rowAt(rows, at)[column.recordedAt];
  return [position, streamId, isReplay ? revision : revision + 1, isReplay ? id : randomUUID(), type, recordedAt, data, metadata];
}

function swapped(rows: readonly Row[], first: number, second: number, random: SeededRandom): readonly Row[] {
  const [one, other] = [rowAt(rows, first), rowAt(rows, second)];
  const exchanged = rows.with(first, placed(other, one[column.position])).with(second, placed(one, other[column.position]));
  return random.below(2) === 0 ? exchanged : withRevisions(exchanged);
}

/** Half of the time the hole, or what is one too many, is hidden by counting positions anew. */
function renumbered(rows: readonly Row[], before: readonly Row[], random: SeededRandom): readonly Row[] {
  return random.below(2) === 0 || rows.length > before.length ? counted(rows) : rows;
}

function counted(rows: readonly Row[]): readonly Row[] {
  return rows.map((row, index) => placed(row, index + 1));
}

function placed(row: Row, position: number): Row {
  return row[column.position] === position ? row : (row.with(column.position, position) as unknown as Row);
}

/** Revisions as they would be had the log always been so. */
function withRevisions(rows: readonly Row[]): readonly Row[] {
  const next = new Map<string, number>();
  return rows.map((row) => {
    const streamId = row[column.streamId];
    const revision = next.get(streamId) ?? 0;
    next.set(streamId, revision + 1);
    return row[column.revision] === revision ? row : (row.with(column.revision, revision) as unknown as Row);
  });
}

export function rowAt(rows: readonly Row[], index: number): Row {
  const row = rows[index];
  if (!row) throw new RangeError(`The log has no event ${index}.`);
  return row;
}
