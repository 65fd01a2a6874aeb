import { setTimeout as after } from 'node:timers/promises';
import type { Appended } from '../event-store/event-store.js';

/** Attempts of one kind that have a record of their own in one minute. */
const singly = 100;
const minute = 60_000; // milliseconds
/** How long further ones are gathered, in milliseconds. */
const gathered = 1_000;
const mostKinds = 10_000;

interface Gathering {
  count: number;
  /** Of the latest: what the record says of the origin. */
  write: (count: number) => Promise<Appended>;
  readonly recorded: Promise<Appended>;
}

interface Kind {
  since: number;
  written: number;
  gathering: Gathering | null;
}

/**
 * Keeps attempts that are alike and come in floods from becoming as many records: the first 100 of a minute have one each, further ones of one second share one, with their count. Everybody
 * waits until what tells of them is durable, so none is answered that is not on record, and whoever floods is slowed down.
 */
export class AlikeAttempts {
  readonly #kinds = new Map<string, Kind>();

  constructor(
    readonly now: () => Date,
    /** Resolves once it is time to write what was gathered. */
    readonly gatheringEnds: () => Promise<unknown> = () => after(gathered),
  ) {}

  /** @param write writes the record of so many attempts, this one the latest of them. */
  record(kind: string, write: (count: number) => Promise<Appended>): Promise<Appended> {
    const at = this.now().getTime();
    const known = this.#kinds.get(kind) ?? { since: at, written: 0, gathering: null };
    if (at - known.since >= minute) Object.assign(known, { since: at, written: 0 });
    if (!this.#kinds.has(kind)) this.#remember(kind, known, at);
    if (known.gathering !== null) {
      known.gathering.count++;
      known.gathering.write = write;
      return known.gathering.recorded;
    }
    if (known.written < singly) {
      known.written++;
      return write(1);
    }
    const gathering: Gathering = { count: 1, write, recorded: Promise.resolve().then(() => this.#told(known)) };
    known.gathering = gathering;
    return gathering.recorded;
  }

  async #told(kind: Kind): Promise<Appended> {
    await this.gatheringEnds();
    const gathering = kind.gathering;
    kind.gathering = null;
    if (gathering === null) throw new Error('What was gathered was told of already.');
    return gathering.write(gathering.count);
  }

  #remember(kind: string, known: Kind, at: number): void {
    if (this.#kinds.size >= mostKinds)
      for (const [name, { since, gathering }] of this.#kinds) if (gathering === null && at - since >= minute) this.#kinds.delete(name);
    this.#kinds.set(kind, known);
  }
}
