import type { EventStoreDBClient } from '@eventstore/db-client';
import { StoreUnavailable } from '../event-store.js';
import type { Avoided, MendedClient } from './mended-client.js';

const mostMissed = 2;
/** Milliseconds that a node which was given up is avoided, unless it answers before. A cluster that has lost its leader has another one five seconds after. */
const avoidance = 3_000;

/** A client as long as it is in use. */
export class ClientInUse {
  readonly client: EventStoreDBClient;
  readonly #made: MendedClient;
  readonly #listeners = new Set<(reason: Error) => void>();
  #retired: Error | undefined;
  #missed = 0;
  /** Missed deadlines in a row until it is given up. */
  #patience: number;

  constructor(made: MendedClient, patience: number) {
    this.#made = made;
    this.client = made.client;
    this.#patience = patience;
  }

  /** See {@link MendedClient.connections}. */
  get connections(): number {
    return this.#made.connections();
  }

  get node(): string | undefined {
    return this.#made.node();
  }

  /** Calls back when the client is given up, at once if it was already. @returns takes the callback away again. */
  onRetired(listener: (reason: Error) => void): () => void {
    if (this.#retired) listener(this.#retired);
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  retire(reason: Error): void {
    if (this.#retired) return;
    this.#retired = reason;
    this.#made.dispose();
    for (const listener of this.#listeners) listener(reason);
    this.#listeners.clear();
  }

  answered(): void {
    this.#missed = 0;
    this.#patience = mostMissed;
  }

  /** @returns whether it should be given up. */
  missedDeadline(): boolean {
    return ++this.#missed >= this.#patience;
  }
}

/** A node that was given up for its silence. It is avoided until the cluster has had the time to elect another leader, or until it has answered as the leader. */
export class AvoidedNode {
  #isOver = false;

  constructor(
    readonly node: string,
    /** On the monotonic clock, milliseconds. */
    private readonly until: number,
    /** Talks to this node alone. */
    readonly alone: ClientInUse,
  ) {}

  get isOver(): boolean {
    return this.#isOver || performance.now() > this.until;
  }

  get millisecondsLeft(): number {
    return Math.max(1, this.until - performance.now());
  }

  putAway(): void {
    this.#isOver = true;
    this.alone.retire(new StoreUnavailable('the node is asked no more'));
  }
}

/**
 * Keeps the one client that all calls share, and puts a new one in its place after two missed deadlines in a row: the client itself never looks for another node because of a missed
 * deadline, so behind a frozen leader it would wait until keep-alive gives up, 12 to 27 seconds. The new one does not go back to the node that was given up until the cluster has had
 * the time to elect another, and is itself given up after one missed deadline while it has never had an answer.
 *
 * A node that was only slow, or has become the leader since, would be avoided for nothing: so whoever gives one up gets a client to that node alone, and asks it.
 */
export class Connection {
  #inUse: ClientInUse | undefined;
  #closed: Error | undefined;
  #patience = mostMissed;
  #avoided: AvoidedNode | undefined;
  /** Milliseconds on the monotonic clock; when any call was last answered. */
  #lastAnswer = 0;

  constructor(
    private readonly make: (avoided: Avoided | undefined) => MendedClient,
    /** Makes a client to one node of the cluster; undefined where there is only one. */
    private readonly makeAlone?: (node: string) => MendedClient,
  ) {}

  /** @throws {StoreUnavailable} the store is closed. */
  get current(): ClientInUse {
    if (this.#closed) throw new StoreUnavailable(this.#closed.message);
    return (this.#inUse ??= this.#open());
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  millisecondsSinceAnswer(): number {
    return performance.now() - this.#lastAnswer;
  }

  answered(client: ClientInUse): void {
    client.answered();
    this.#lastAnswer = performance.now();
  }

  /** @returns the node that is avoided from now on, if that was one missed deadline too many. Whoever gets it asks it whether it leads, and puts it away. */
  missedDeadline(client: ClientInUse): AvoidedNode | undefined {
    if (client !== this.#inUse || !client.missedDeadline()) return undefined;
    this.#patience = 1;
    this.#giveUp(client);
    if (client.node === undefined || !this.makeAlone) return undefined;
    this.#avoided?.putAway();
    return (this.#avoided = new AvoidedNode(client.node, performance.now() + avoidance, new ClientInUse(this.makeAlone(client.node), Infinity)));
  }

  #open(): ClientInUse {
    const avoided = this.#avoided;
    const client: ClientInUse = new ClientInUse(
      this.make(avoided && { node: avoided.node, isOver: () => avoided.isOver, found: () => this.#giveUp(client) }),
      this.#patience,
    );
    return client;
  }

  #giveUp(client: ClientInUse): void {
    if (client === this.#inUse) this.#inUse = undefined;
    client.retire(new StoreUnavailable('the node did not answer in time; another connection is made'));
  }

  close(): void {
    this.#closed ??= new StoreUnavailable('The event store is closed.');
    this.#inUse?.retire(this.#closed);
    this.#inUse = undefined;
    this.#avoided?.putAway();
  }
}
