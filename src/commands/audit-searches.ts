import type { AuditSearch } from '../domain/security-log/events.js';
import type { Call } from './change.js';
import type { SecurityLog } from './security-log.js';

const toldTogether = 60_000; // milliseconds
/** Different searches that one record names. */
const mostNamed = 20;
/** Characters of a filter that are kept. */
const longestFilter = 1_000;

interface Searching {
  /** The latest call: what the entry says of the origin. */
  call: Call;
  count: number;
  /** Written since the last tick: the next record is a whole minute away. */
  isFresh: boolean;
  /** By field and filter. */
  named: Map<string, AuditSearch>;
}

/**
 * Records who read the audit trail, and what they looked for: the first search of a caller at once, the further ones of a minute together with their count. Nobody waits for it: the trail
 * can be read when nothing can be written, which is when it is needed most. What could not be written is told with the next.
 */
export class AuditSearches {
  readonly #callers = new Map<string, Searching>();
  readonly #writing = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    readonly securityLog: Pick<SecurityLog, 'auditSearched'>,
    /** Told of searches that could not be recorded. */
    readonly onFault: (error: unknown) => void,
    everyMilliseconds = toldTogether,
  ) {
    this.#timer = setInterval(() => this.#tellFurther((searching) => !searching.isFresh), everyMilliseconds);
    this.#timer.unref();
  }

  /** @param field the query or subscription. @param filter its arguments; of a `text` only that there is one is kept, since it may be what must stand nowhere. */
  note(call: Call, field: string, filter: object): void {
    const search = { field, filter: asTold(filter) };
    const searching = this.#callers.get(call.actor.id);
    if (searching === undefined) {
      this.#callers.set(call.actor.id, { call, count: 0, isFresh: true, named: new Map() });
      this.#record({ call, count: 1, named: new Map([[keyOf(search), search]]) });
      return;
    }
    searching.call = call;
    searching.count++;
    if (searching.named.size < mostNamed) searching.named.set(keyOf(search), search);
  }

  /** Records what was counted and not yet told; afterwards nothing more is counted. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#tellFurther(() => true);
    await Promise.all(this.#writing);
  }

  /** Who searches on has one record a minute; who did not search for a minute is forgotten. */
  #tellFurther(isDue: (searching: Searching) => boolean): void {
    for (const [caller, searching] of this.#callers) {
      if (!isDue(searching)) {
        searching.isFresh = false;
      } else if (searching.count === 0) {
        this.#callers.delete(caller);
      } else {
        this.#callers.set(caller, { call: searching.call, count: 0, isFresh: true, named: new Map() });
        this.#record(searching);
      }
    }
  }

  #record(searching: Omit<Searching, 'isFresh'>): void {
    const { call, count, named } = searching;
    const writing: Promise<unknown> = this.securityLog
      .auditSearched(call, count, [...named.values()])
      .catch((error: unknown) => {
        this.onFault(error);
        this.#keepForNext(searching);
      })
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  #keepForNext({ call, count, named }: Omit<Searching, 'isFresh'>): void {
    const next = this.#callers.get(call.actor.id) ?? { call, count: 0, isFresh: true, named: new Map<string, AuditSearch>() };
    this.#callers.set(call.actor.id, { ...next, count: next.count + count, named: new Map([...named, ...next.named].slice(0, mostNamed)) });
  }
}

function keyOf({ field, filter }: AuditSearch): string {
  return `${field} ${filter}`;
}

function asTold(filter: object): string {
  const told = JSON.stringify(filter, (name, value: unknown) => (value === null ? undefined : name === 'text' ? '(not recorded)' : value));
  return told.length <= longestFilter ? told : `${told.slice(0, longestFilter)}…`;
}
