import { randomUUID } from 'node:crypto';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { DoubleLog } from './log.js';
import { DoubleNode, type Surroundings } from './node.js';

export interface DoubleOptions {
  /** Default 1. The first one leads. */
  readonly nodes?: number;
  readonly tls?: Surroundings['tls'];
  /** Passwords by user. Only with TLS: without it the client sends none. */
  readonly users?: ReadonlyMap<string, string>;
}

/**
 * KurrentDB in this process, for tests without a server: one node or several over one log, spoken to by the real client over real sockets. It answers as version 23.10 was seen to answer
 * and keeps nothing. What cannot be told from outside is not there: replication (what one node has, all have), and elections (the test says who leads).
 */
export class KurrentDbDouble {
  readonly log = new DoubleLog();
  readonly nodes: readonly DoubleNode[];
  readonly #options: DoubleOptions;
  #leader: DoubleNode;
  /** As the nodes tell it each other: what happened since the last election has not gone round. */
  #told: { readonly node: DoubleNode; readonly leads: boolean; readonly isAlive: boolean }[] = [];
  readonly #gone = new Set<DoubleNode>();

  constructor(options: DoubleOptions) {
    this.#options = options;
    const surroundings: Surroundings = {
      log: this.log,
      leader: () => this.#leader,
      gossip: () => this.#gossip(),
      members: () => this.#told.map(({ node, leads, isAlive }) => ({ port: node.front.port, leads, isAlive })),
      users: options.users,
      tls: options.tls,
    };
    this.nodes = Array.from({ length: options.nodes ?? 1 }, () => new DoubleNode(surroundings));
    this.#leader = this.node(0);
  }

  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
    this.electLeader(0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** For `openKurrentDbEventStore`. */
  connectionString(login = ''): string {
    const hosts = this.nodes.map((node) => `127.0.0.1:${node.front.port}`).join(',');
    return `kurrentdb://${login}${hosts}?tls=${String(this.#options.tls !== undefined)}`;
  }

  node(index: number): DoubleNode {
    const node = this.nodes[index];
    if (!node) throw new RangeError(`The double has no node ${index}.`);
    return node;
  }

  get leader(): DoubleNode {
    return this.#leader;
  }

  /** As by a power failure: connections break, and new ones are refused. The others still name it leader until another is elected. */
  async kill(index: number): Promise<void> {
    const node = this.node(index);
    this.#gone.add(node);
    await node.front.close();
  }

  async restart(index: number): Promise<void> {
    const node = this.node(index);
    this.#gone.delete(node);
    await node.front.listen();
    this.#tell();
  }

  /** As by SIGSTOP: it takes connections and bytes, and says nothing. */
  freeze(index: number): void {
    this.#gone.add(this.node(index));
    this.node(index).front.freeze();
  }

  thaw(index: number): void {
    this.#gone.delete(this.node(index));
    this.node(index).front.thaw();
    this.#tell();
  }

  electLeader(index: number): void {
    this.#leader = this.node(index);
    this.#tell();
  }

  #tell(): void {
    this.#told = this.nodes.map((node) => ({ node, leads: node === this.#leader, isAlive: !this.#gone.has(node) }));
  }

  #gossip(): InstanceType<typeof gossip.ClusterInfo> {
    const { LEADER, FOLLOWER } = gossip.MemberInfo.VNodeState;
    const info = new gossip.ClusterInfo();
    for (const { node, leads, isAlive } of this.#told) {
      const id = new shared.UUID();
      id.setString(randomUUID());
      const endpoint = new gossip.EndPoint();
      endpoint.setAddress('127.0.0.1');
      endpoint.setPort(node.front.port);
      const member = new gossip.MemberInfo();
      member.setInstanceId(id);
      member.setState(leads ? LEADER : FOLLOWER);
      member.setIsAlive(isAlive);
      member.setHttpEndPoint(endpoint);
      info.addMembers(member);
    }
    return info;
  }
}

export async function startKurrentDbDouble(options: DoubleOptions = {}): Promise<KurrentDbDouble> {
  const double = new KurrentDbDouble(options);
  await double.start();
  return double;
}
