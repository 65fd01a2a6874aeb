import type { Actor } from '../src/domain/access/actor.js';
import type { AuditFilter, AuditOutcome } from './audit-row.js';
import type { ViewDatabase } from './view-database.js';

/** What entries have in common: there are some dozens of these in a log of any length. */
export interface EntryKind {
  readonly action: string;
  readonly entityType: string;
  readonly outcome: AuditOutcome;
}

/** Kinds and actors by number: entries, and the indexes over them, hold small numbers in place of words that repeat a million times. */
export class AuditVocabulary {
  readonly #kinds = new Map<number, EntryKind & { entries: number }>();
  readonly #kindNumbers = new Map<string, number>();
  readonly #actors = new Map<number, Actor>();
  readonly #actorNumbers = new Map<string, number>();
  readonly #changedKinds = new Set<number>();

  constructor(readonly view: ViewDatabase) {
    this.load();
  }

  /** Reads anew what is in the tables. */
  load(): void {
    for (const map of [this.#kinds, this.#kindNumbers, this.#actors, this.#actorNumbers, this.#changedKinds]) map.clear();
    for (const { number, action, entity_type: entityType, outcome, entries } of this.view.all('SELECT * FROM entry_kind')) {
      const kind = { action: String(action), entityType: String(entityType), outcome: outcome as AuditOutcome };
      this.#kinds.set(Number(number), { ...kind, entries: Number(entries) });
      this.#kindNumbers.set(nameOf(kind), Number(number));
    }
    for (const { number, kind, actor_id: id, name } of this.view.all('SELECT * FROM entry_actor')) {
      this.#actors.set(Number(number), { kind: kind as Actor['kind'], id: String(id), displayName: String(name) });
      this.#actorNumbers.set(`${kind}\n${id}\n${name}`, Number(number));
    }
  }

  kind(number: number): EntryKind {
    const kind = this.#kinds.get(number);
    if (!kind) throw new Error(`The audit trail's view has no kind of entry ${number}: build it anew.`);
    return kind;
  }

  actor(number: number): Actor {
    const actor = this.#actors.get(number);
    if (!actor) throw new Error(`The audit trail's view has no actor ${number}: build it anew.`);
    return actor;
  }

  /** The number of the kind, which has one entry more from now on. */
  countKind(kind: EntryKind): number {
    const name = nameOf(kind);
    const number = this.#kindNumbers.get(name) ?? this.#kinds.size + 1;
    const known = this.#kinds.get(number);
    if (known) known.entries++;
    else {
      this.#kinds.set(number, { ...kind, entries: 1 });
      this.#kindNumbers.set(name, number);
      // At once: entries of the running batch are read together with their kinds.
      this.view.run('INSERT OR REPLACE INTO entry_kind VALUES (?, ?, ?, ?, ?)', number, kind.action, kind.entityType, kind.outcome, 1);
    }
    this.#changedKinds.add(number);
    return number;
  }

  actorNumber({ kind, id, displayName }: Actor): number {
    const name = `${kind}\n${id}\n${displayName}`;
    const known = this.#actorNumbers.get(name);
    if (known !== undefined) return known;
    const number = this.#actors.size + 1;
    this.view.run('INSERT INTO entry_actor VALUES (?, ?, ?, ?)', number, kind, id, displayName);
    this.#actors.set(number, { kind, id, displayName });
    this.#actorNumbers.set(name, number);
    return number;
  }

  /** Writes what {@link countKind} has counted. */
  flush(): void {
    for (const number of this.#changedKinds) {
      const kind = this.#kinds.get(number);
      if (kind) this.view.run('INSERT OR REPLACE INTO entry_kind VALUES (?, ?, ?, ?, ?)', number, kind.action, kind.entityType, kind.outcome, kind.entries);
    }
    this.#changedKinds.clear();
  }

  /** The kinds that the filter leaves, null when it leaves all; `and more` when it asks for more than kinds. */
  kindsOf({ action, entityType, outcome, actor, entityId, occurredAt, correlationId, text }: AuditFilter): readonly number[] | null | 'and more' {
    if (actor || entityId || occurredAt?.from || occurredAt?.to || text || (correlationId !== undefined && correlationId !== null)) return 'and more';
    if (!action && !entityType && !outcome) return null;
    return [...this.#kinds]
      .filter(
        ([, kind]) => (action?.includes(kind.action) ?? true) && (entityType?.includes(kind.entityType) ?? true) && (outcome?.includes(kind.outcome) ?? true),
      )
      .map(([number]) => number);
  }

  /** How many entries there are of these kinds; of all when null. */
  entriesOf(kinds: readonly number[] | null): number {
    return (kinds ?? [...this.#kinds.keys()]).reduce((sum, number) => sum + (this.#kinds.get(number)?.entries ?? 0), 0);
  }
}

function nameOf({ action, entityType, outcome }: EntryKind): string {
  return `${action}\n${entityType}\n${outcome}`;
}
