import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable, type EventStore, type Position } from '../src/event-store/event-store.js';
import { logBatches } from './log-batches.js';
import { holdsEvent } from './log-mark.js';
import type { Projection } from './projection.js';
import { FillUndone, isDamage, PoisonEvent, ViewBuild, ViewStorageFault } from './view-build.js';
import { ViewFiles } from './view-files.js';

export type ProjectionState = 'CURRENT' | 'CATCHING_UP' | 'BUILDING' | 'STOPPED';

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly state: ProjectionState;
  readonly position: Position | null;
  /** The event that could not be applied; the view stands before it until it is mended. */
  readonly failedEventId: string | null;
}

/** Told of what an operator should know. */
export interface ViewListener {
  /** The view stands still; `eventId` is the event that it cannot take, null for any other fault. */
  stopped(projection: string, eventId: string | null, error: unknown): void;
  /** The log or the view's own disk did not answer. It is tried again. */
  storeLost(projection: string, error: unknown): void;
  /** The view's file is damaged, or was made from another log or a later state of this one. It is built anew. */
  discarded?(projection: string): void;
}

/** The view is built for the first time and cannot answer yet. */
export class ViewUnavailable extends StoreUnavailable {
  constructor(projection: string) {
    super(`The view ${projection} is being built from the log. Try again soon.`);
  }
}

interface Waiter {
  readonly position: Position;
  readonly settle: (reached: boolean) => void;
}

/** So many events are written in one transaction while a file is filled. */
const fillSize = 20_000;

/** Keeps one view abreast of the log. */
export class ViewRunner<Reader> {
  readonly #files: ViewFiles;
  /** Null until the view was built for the first time. */
  #serving: ViewBuild<Reader> | null;
  #state: ProjectionState;
  #failedEventId: string | null = null;
  readonly #waiters = new Set<Waiter>();
  readonly #listeners = new Set<() => void>();
  readonly #settlers = new Set<() => void>();
  readonly #stopping = new AbortController();
  /** Aborts what follows the log for the present file: when another file takes its place, or some of it was undone, and at the end. */
  #replaced = new AbortController();
  #following: Promise<void> | null = null;
  #rebuilding: Promise<unknown> | null = null;

  constructor(
    readonly projection: Projection<Reader>,
    readonly store: EventStore,
    directory: string,
    readonly listener: ViewListener,
  ) {
    this.#files = new ViewFiles(directory, projection.name, projection.version);
    this.#files.removeBuilding();
    this.#serving = this.#files.isServingThere() ? this.#opened() : null;
    this.#state = this.#serving === null ? 'BUILDING' : 'CATCHING_UP';
  }

  /** @throws {ViewUnavailable} the view is being built for the first time. */
  get reader(): Reader {
    if (this.#serving === null) throw new ViewUnavailable(this.projection.name);
    return this.#serving.reader;
  }

  /** Whether {@link reader} answers. */
  get isBuilt(): boolean {
    return this.#serving !== null;
  }

  get position(): Position | undefined {
    return this.#serving?.position;
  }

  get status(): ProjectionStatus {
    const { name, version } = this.projection;
    return { name, version, state: this.#state, position: this.position ?? null, failedEventId: this.#failedEventId };
  }

  /** See {@link ViewDatabase.holdsLeftovers}: a build anew leaves none. */
  get holdsLeftovers(): boolean {
    return this.#serving?.view.holdsLeftovers ?? false;
  }

  /** Builds the view if it is not there, and follows the log from now on. */
  start(): void {
    this.#following ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#replaced.abort();
    await Promise.allSettled([this.#following, this.#rebuilding]);
    this.#release();
    this.#serving?.close();
  }

  /** Resolves once the view has caught up with the log, or has stopped. */
  async settled(): Promise<void> {
    if (this.#state === 'CURRENT' || this.#state === 'STOPPED' || this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => this.#settlers.add(resolve));
  }

  /** True as soon as the view holds the position; false when the deadline passes first, or the view has stopped. */
  async waitFor(position: Position, timeoutMilliseconds: number): Promise<boolean> {
    if (this.position !== undefined && this.position >= position) return true;
    if (this.#state === 'STOPPED' || this.#stopping.signal.aborted) return false;
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
   * @param onProgress the position reached, and the position of the log's head at the beginning.
   * @throws {PoisonEvent} an event cannot be applied: the present view stays.
   * @throws {StoreUnavailable} the log was lost meanwhile: the present view stays.
   * @throws {ViewStorageFault} a copy of the present view is just being made, or the disk did not take the new one: the present view stays.
   */
  async rebuild(onProgress: (position: Position, head: Position) => void = () => {}): Promise<{ readonly events: number }> {
    if (this.#rebuilding || (this.#following && this.#serving === null))
      throw new Error(`The view ${this.projection.name} is being built already. Wait until that is done.`);
    const rebuilding = this.#buildBeside(onProgress);
    this.#rebuilding = rebuilding.catch(() => undefined);
    try {
      return await rebuilding;
    } finally {
      this.#rebuilding = null;
    }
  }

  /** Null when the file is damaged: it is thrown away, for all that it held is in the log. */
  #opened(): ViewBuild<Reader> | null {
    try {
      return this.#openServing();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#files.removeServing();
      this.listener.discarded?.(this.projection.name);
      return null;
    }
  }

  async #buildBeside(onProgress: (position: Position, head: Position) => void): Promise<{ readonly events: number }> {
    this.#files.removeBuilding();
    const build = new ViewBuild(this.projection, this.#files.building, 'fill');
    try {
      const head = (await this.store.headPosition()) ?? 0n;
      const told = () => onProgress(build.position ?? head, head);
      const events = await this.#fill(build, told).catch((error: unknown) => {
        if (!(error instanceof FillUndone)) throw error;
        build.fillCarefully();
        return this.#fill(build, told);
      });
      return { events };
    } catch (error) {
      // A first build serves what comes before the event, so that whoever mends it sees something.
      if (error instanceof PoisonEvent && this.#serving === null) {
        build.commit();
        await build.makeIndexes(nextTurn);
        this.#changePlaces(build);
      } else {
        build.discard();
        this.#files.removeBuilding();
      }
      throw error;
    }
  }

  /** Applies the log until the build is as far as the view that serves, and lets them change places. @returns how many events were applied. */
  async #fill(build: ViewBuild<Reader>, onProgress: () => void): Promise<number> {
    let [events, uncommitted] = [0, 0];
    const options = {
      after: build.position,
      streamPrefixes: this.projection.streamPrefixes,
      signal: this.#stopping.signal,
      // Not even here: events that are let go soon cost the garbage collector least.
      gathers: () => false,
    };
    for await (const batch of logBatches(this.store, options)) {
      if (batch.position !== undefined) build.apply(batch.events, batch.position);
      events += batch.events.length;
      uncommitted += batch.events.length;
      onProgress();
      this.#stopping.signal.throwIfAborted();
      if (batch.caughtUp || uncommitted >= fillSize) {
        build.commit();
        uncommitted = 0;
      }
      if (batch.caughtUp) {
        await build.makeIndexes(nextTurn);
        await this.#passOver(build);
      }
      // Nothing is awaited between this look and the change of places: readers never go back in time.
      if (!build.view.isIndexed || (build.position ?? 0n) < (this.position ?? 0n)) continue;
      this.#changePlaces(build);
      return events;
    }
    this.#stopping.signal.throwIfAborted();
    throw new StoreUnavailable('The log ended the subscription.');
  }

  /**
   * Once its end is reached, a log may say nothing of events that the view leaves out. Where nothing else lies between the build and the view that serves, the build is as far, and would
   * wait for the next event of its own, which may come tomorrow.
   */
  async #passOver(build: ViewBuild<Reader>): Promise<void> {
    for (let reached = this.position; reached !== undefined && (build.position ?? 0n) < reached; reached = this.position) {
      const { streamPrefixes } = this.projection;
      const between = { ...(build.position !== undefined && { after: build.position }), ...(streamPrefixes && { streamPrefixes }), maxCount: 1 };
      for await (const { position } of this.store.readAll(between)) if (position <= reached) return;
      build.apply([], reached);
      build.commit();
    }
  }

  #changePlaces(build: ViewBuild<Reader>): void {
    if (this.#serving) this.#takeLogFrom(this.#serving);
    build.close();
    this.#serving?.close();
    this.#files.changePlaces();
    this.#serving = this.#openServing();
    this.#followAnew();
    const stoodStill = this.#state === 'STOPPED';
    this.#failedEventId = null;
    if (this.#state !== 'CURRENT') this.#state = 'CATCHING_UP';
    if (stoodStill && this.#following) this.#following = this.#follow();
    this.#moved();
  }

  #openServing(): ViewBuild<Reader> {
    return new ViewBuild(this.projection, this.#files.serving, 'follow', () => this.#followAnew());
  }

  /** From the position of the file that serves now. */
  #followAnew(): void {
    this.#replaced.abort();
    this.#replaced = new AbortController();
    if (this.#stopping.signal.aborted) this.#replaced.abort();
  }

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      const serving = this.#serving;
      const { signal } = this.#replaced;
      try {
        if (serving === null) await this.#buildBeside(() => {});
        else if (await this.#isOfThisLog(serving)) await this.#followWith(serving, signal, () => (failures = 0));
        else this.#startOver(serving);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        // Its file was closed under it: what follows is the new one's business.
        if (signal.aborted && !(error instanceof PoisonEvent)) continue;
        if (!(error instanceof StoreUnavailable) && !(error instanceof ViewStorageFault)) return this.#standStill(error);
        if (this.#state === 'CURRENT') this.#state = 'CATCHING_UP';
        this.listener.storeLost(this.projection.name, error);
        await this.#pause(++failures);
      }
    }
  }

  async #followWith(serving: ViewBuild<Reader>, signal: AbortSignal, onBatch: () => void): Promise<void> {
    const gathers = () => this.#state !== 'CURRENT';
    for await (const batch of logBatches(this.store, { after: serving.position, streamPrefixes: this.projection.streamPrefixes, signal, gathers })) {
      // Nothing is awaited from here to the end of the batch, so the file cannot be closed under it.
      if (signal.aborted) return;
      if (batch.position !== undefined)
        try {
          serving.apply(batch.events, batch.position);
        } finally {
          this.#moved();
        }
      onBatch();
      if (batch.caughtUp && this.#state !== 'CURRENT') this.#becomeCurrent();
    }
    if (!signal.aborted) throw new StoreUnavailable('The log ended the subscription.');
  }

  /** False for a view that has seen what the log does not hold, as after the log was restored from a backup. */
  async #isOfThisLog({ view: { position, lastEvent } }: ViewBuild<Reader>): Promise<boolean> {
    if (position === undefined) return true;
    const head = await this.store.headPosition();
    if (head === undefined || head < position) return false;
    return lastEvent === undefined || holdsEvent(this.store, lastEvent);
  }

  #startOver(serving: ViewBuild<Reader>): void {
    if (serving !== this.#serving) return;
    this.#takeLogFrom(serving);
    serving.close();
    this.#files.removeServing();
    this.#serving = null;
    this.#state = 'BUILDING';
    this.listener.discarded?.(this.projection.name);
  }

  /** @throws {ViewStorageFault} the file is being copied: no other may take its place now. */
  #takeLogFrom({ view }: ViewBuild<Reader>): void {
    if (!view.giveUpLog()) throw new ViewStorageFault(`A copy of the view ${this.projection.name} is being made: it can be replaced once that is done.`);
  }

  #becomeCurrent(): void {
    this.#state = 'CURRENT';
    this.#files.removeOlderVersions();
    this.#moved();
    this.#settle();
  }

  /** Loudly, right before the event that cannot be applied. What is there can be read. */
  #standStill(error: unknown): void {
    this.#failedEventId = error instanceof PoisonEvent ? error.eventId : null;
    this.#state = 'STOPPED';
    this.listener.stopped(this.projection.name, this.#failedEventId, error instanceof PoisonEvent ? error.cause : error);
    this.#release();
  }

  /** 0.2 s, then twice as long each time, at most 10 s; up to half of it less, so that views do not try in step. */
  async #pause(failures: number): Promise<void> {
    const milliseconds = Math.min(10_000, 100 * 2 ** failures) * (0.5 + Math.random() / 2);
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error;
    });
  }

  #moved(): void {
    const { position } = this;
    for (const waiter of this.#waiters) if (position !== undefined && waiter.position <= position) waiter.settle(true);
    for (const listener of this.#listeners) listener();
  }

  /** Whoever waits need not wait any longer. */
  #release(): void {
    for (const waiter of this.#waiters) waiter.settle(false);
    this.#settle();
  }

  #settle(): void {
    for (const settle of this.#settlers) settle();
    this.#settlers.clear();
  }
}
