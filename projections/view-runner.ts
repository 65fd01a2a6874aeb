import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable, type EventStore, type Position, type RecordedEvent } from '../src/event-store/event-store.js';
import type { Projection, ProjectionWriter } from './projection.js';
import { ViewDatabase } from './view-database.js';

export type ProjectionState = 'CURRENT' | 'CATCHING_UP' | 'BUILDING' | 'STOPPED';

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly state: ProjectionState;
  readonly position: Position | null;
  /** The event that could not be applied; the view stands before it until it is mended. */
  readonly failedEventId: string | null;
  /** When the newest applied event was recorded; null before the first. */
  readonly appliedUntil: Date | null;
}

/** Told of what an operator should know. */
export interface ViewListener {
  stopped(projection: string, eventId: string, error: unknown): void;
  storeLost(projection: string, error: unknown): void;
}

const batchSize = 1_000;

interface Waiter {
  readonly position: Position;
  readonly settle: (reached: boolean) => void;
}

interface Build {
  readonly view: ViewDatabase;
  readonly writer: ProjectionWriter;
}

/** Keeps one view abreast of the log. A batch and the position it leads to are one transaction, so a crash repeats work and never skips any. */
export class ViewRunner {
  #serving: Build;
  #state: ProjectionState;
  #failedEventId: string | null = null;
  #appliedUntil: Date | null = null;
  #position: Position | undefined;
  readonly #waiters = new Set<Waiter>();
  readonly #listeners = new Set<() => void>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    readonly projection: Projection,
    readonly store: EventStore,
    readonly directory: string,
    readonly listener: ViewListener,
  ) {
    this.#serving = this.#open(this.#file());
    this.#position = this.#serving.view.position;
    this.#state = this.#serving.view.isIndexed ? 'CATCHING_UP' : 'BUILDING';
  }

  get view(): ViewDatabase {
    return this.#serving.view;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  get status(): ProjectionStatus {
    const { name, version } = this.projection;
    return { name, version, state: this.#state, position: this.#position ?? null, failedEventId: this.#failedEventId, appliedUntil: this.#appliedUntil };
  }

  /** Whether the view has caught up with the log once since the start, and still follows it. */
  get isServing(): boolean {
    return this.#state === 'CURRENT';
  }

  start(): void {
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#release(false);
    this.#serving.view.close();
  }

  /** True as soon as the view holds the position; false when the deadline passes first, or the view has stopped. */
  async waitFor(position: Position, timeoutMilliseconds: number): Promise<boolean> {
    if (this.#position !== undefined && this.#position >= position) return true;
    if (this.#state === 'STOPPED') return false;
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        settle: (reached) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(reached);
        },
      };
      const timer = setTimeout(() => waiter.settle(false), timeoutMilliseconds);
      this.#waiters.add(waiter);
    });
  }

  /** Called whenever the view has moved on. @returns takes the listener away again. */
  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Builds the view anew beside the one that serves, which goes on serving and following until the new one is as far; then they change places.
   * @param onProgress events applied so far, and the position reached of the log's head.
   */
  async rebuild(onProgress: (applied: number, position: Position, head: Position) => void = () => {}): Promise<{ readonly events: number }> {
    const file = this.#file('.building');
    removeFiles(file);
    const build = this.#open(file);
    const head = (await this.store.headPosition()) ?? 0n;
    let applied = 0;
    const done = new AbortController();
    for await (const batch of this.#batches(build, AbortSignal.any([done.signal, this.#stopping.signal]))) {
      if (batch.position !== undefined) this.#commit(build, batch.events, batch.position);
      applied += batch.events.length;
      onProgress(applied, batch.position ?? head, head);
      if (!batch.caughtUp) continue;
      done.abort();
      break;
    }
    this.#stopping.signal.throwIfAborted();
    build.view.makeIndexes(this.projection.indexes);
    await this.#changePlaces(build, file);
    return { events: applied };
  }

  /** The new file takes the old one's name while nothing follows the log; what came in between is applied on the way on. */
  async #changePlaces(build: Build, file: string): Promise<void> {
    build.view.close();
    const old = this.#serving.view;
    old.close();
    removeFiles(this.#file());
    renameSync(file, this.#file());
    this.#serving = this.#open(this.#file());
    this.#position = this.#serving.view.position;
    if (this.#state === 'STOPPED') {
      this.#failedEventId = null;
      this.#state = 'CATCHING_UP';
      this.start();
    }
    this.#restart.abort();
    return Promise.resolve();
  }

  #restart = new AbortController();

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      try {
        this.#restart = new AbortController();
        for await (const batch of this.#batches(this.#serving, AbortSignal.any([this.#restart.signal, this.#stopping.signal]))) {
          failures = 0;
          if (this.#restart.signal.aborted || this.#stopping.signal.aborted) break;
          if (!this.#applied(batch.events, batch.position)) return;
          if (batch.caughtUp && this.#state !== 'CURRENT') this.#becomeCurrent();
        }
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (this.#stopping.signal.aborted) return;
        failures++;
        this.#state = this.#state === 'BUILDING' ? 'BUILDING' : 'CATCHING_UP';
        this.listener.storeLost(this.projection.name, error);
        await sleep(Math.min(10_000, 100 * 2 ** failures) * (0.5 + Math.random() / 2), undefined, { signal: this.#stopping.signal }).catch(ignoreAbort);
      }
    }
  }

  #becomeCurrent(): void {
    if (!this.#serving.view.isIndexed) this.#serving.view.makeIndexes(this.projection.indexes);
    this.#state = 'CURRENT';
    this.#removeOlderVersions();
    for (const listener of this.#listeners) listener();
  }

  /** What to apply, as it comes: full batches while catching up, whatever there is when live. */
  async *#batches(build: Build, signal: AbortSignal): AsyncIterable<{ readonly events: readonly RecordedEvent[]; readonly position: Position | undefined; readonly caughtUp: boolean }> {
    const { streamPrefixes } = this.projection;
    const after = build.view.position;
    let events: RecordedEvent[] = [];
    let position: Position | undefined;
    for await (const message of this.store.subscribeToAll({ signal, ...(after !== undefined && { after }), ...(streamPrefixes && { streamPrefixes }) })) {
      if (message.kind === 'event') {
        events.push(message.event);
        position = message.event.position;
      } else if (message.kind === 'checkpoint') position = message.position;
      if (message.kind !== 'caughtUp' && events.length < batchSize && !(message.kind === 'checkpoint' && events.length > 0 && this.#state === 'CURRENT')) continue;
      yield { events, position, caughtUp: message.kind === 'caughtUp' };
      events = [];
      position = undefined;
    }
  }

  /** False when an event could not be applied: the view then stands, loudly, right before it. */
  #applied(events: readonly RecordedEvent[], position: Position | undefined): boolean {
    if (position === undefined) return true;
    try {
      this.#commit(this.#serving, events, position);
    } catch {
      return this.#appliedSingly(events, position);
    }
    this.#advance(position, events.at(-1)?.recordedAt);
    return true;
  }

  /** Finds the event that a batch failed on: everything before it is applied, nothing after it. */
  #appliedSingly(events: readonly RecordedEvent[], position: Position): boolean {
    for (const event of events)
      try {
        this.#commit(this.#serving, [event], event.position);
        this.#advance(event.position, event.recordedAt);
      } catch (error) {
        this.#failedEventId = event.id;
        this.#state = 'STOPPED';
        this.listener.stopped(this.projection.name, event.id, error);
        this.#release(false);
        return false;
      }
    this.#serving.view.inTransaction(() => {
      this.#serving.view.position = position;
    });
    this.#advance(position);
    return true;
  }

  #commit({ view, writer }: Build, events: readonly RecordedEvent[], position: Position): void {
    try {
      view.inTransaction(() => {
        for (const event of events) writer.apply(event);
        writer.flush();
        view.position = position;
      });
    } catch (error) {
      writer.reset();
      throw error;
    }
  }

  #advance(position: Position, appliedUntil: Date | null = null): void {
    this.#position = position;
    if (appliedUntil) this.#appliedUntil = appliedUntil;
    for (const waiter of this.#waiters) if (waiter.position <= position) waiter.settle(true);
    for (const listener of this.#listeners) listener();
  }

  #release(reached: boolean): void {
    for (const waiter of this.#waiters) waiter.settle(reached);
  }

  #open(file: string): Build {
    const view = new ViewDatabase(file);
    view.prepareTables(this.projection.tables);
    return { view, writer: this.projection.open(view) };
  }

  #file(suffix = ''): string {
    return join(this.directory, `views-${this.projection.name}-v${this.projection.version}${suffix}.db`);
  }

  /** A view of an older version is kept until the new one has caught up, so that the release before can still be started quickly until then. */
  #removeOlderVersions(): void {
    const mine = new RegExp(`^views-${this.projection.name}-v(\\d+)(?:\\.building)?\\.db$`);
    for (const name of readdirSync(this.directory)) {
      const version = mine.exec(name)?.[1];
      if (version !== undefined && Number(version) < this.projection.version) removeFiles(join(this.directory, name));
    }
  }
}

function removeFiles(file: string): void {
  for (const path of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(path)) rmSync(path);
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
