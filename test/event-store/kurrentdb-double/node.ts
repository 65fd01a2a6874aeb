import {
  Server,
  ServerCredentials,
  status,
  type Metadata,
  type sendUnaryData,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { Front } from './front.js';
import { HttpSide, type ToldMember } from './http-side.js';
import type { DoubleLog, Proposed } from './log.js';
import { answerRead, type ReadCall } from './reading.js';
import { appendAnswer, expectedOf, faultOf, faults, proposedOf, streamIdOf } from './wire.js';

export type Method = 'append' | 'batchAppend' | 'read' | 'delete' | 'tombstone' | 'gossip' | 'features';

/** One call as a node got it. */
export interface Call {
  readonly method: Method;
  readonly requiresLeader: boolean;
  readonly eventIds: readonly string[];
}

/** What a node asks of the cluster that it is in. */
export interface Surroundings {
  readonly log: DoubleLog;
  readonly leader: () => DoubleNode;
  readonly gossip: () => ClusterInfo;
  readonly members: () => readonly ToldMember[];
  /** Passwords by user; undefined for a server without TLS, which has no users. */
  readonly users: ReadonlyMap<string, string> | undefined;
  readonly tls: { readonly certificate: Buffer; readonly key: Buffer } | undefined;
}

const largestAppend = 1_048_576;

/** One server of the double: a real gRPC server on a real socket. */
export class DoubleNode {
  readonly calls: Call[] = [];
  /** Without TLS, where the first bytes tell one from the other, gRPC and HTTP. With it gRPC alone. */
  readonly front = new Front((first) => (this.surroundings.tls || first.toString('latin1', 0, 4) === 'PRI ' ? this.#portBehind : this.#httpPort));
  isReady = true;
  /** Milliseconds that its clock is ahead of the others'. */
  clockSkew = 0;
  /** The user may append and read streams, and not read `$all`. */
  deniesAll = false;
  /** An append of events that it knows again is answered without their position, as servers may. */
  leavesOutPlaces = false;
  readonly #server = new Server();
  readonly #faults: { readonly method: Method; readonly fault: ServiceError }[] = [];
  #appendToDrop: 'stored' | 'lost' | undefined;
  #portBehind = 0;
  #httpPort = 0;
  readonly #http: HttpSide;

  constructor(private readonly surroundings: Surroundings) {
    this.#http = new HttpSide(() => ({ isReady: this.isReady, leads: surroundings.leader() === this, members: surroundings.members() }));
    this.#server.addService(StreamsService, {
      append: (call: ServerReadableStream<AppendReq, AppendResp>, answer: sendUnaryData<AppendResp>) => this.#append(call, answer),
      batchAppend: (call: { emit(event: 'error', error: ServiceError): unknown }) => {
        this.#note('batchAppend', undefined);
        call.emit('error', faultOf(status.UNIMPLEMENTED, 'The double has no batch appends: the engine must not use them.'));
      },
      read: (call: ReadCall) => {
        this.#note('read', call.metadata);
        const fault =
          this.#refusal('read', call.metadata) ?? (this.deniesAll && call.request.getOptions()?.hasAll() === true ? faults.accessDenied() : undefined);
        if (fault) call.emit('error', fault);
        else answerRead(surroundings.log, call).catch((error: unknown) => call.emit('error', error));
      },
      delete: this.#removal('delete', streams.DeleteResp, (streamId) => surroundings.log.delete(streamId, this.#now())),
      tombstone: this.#removal('tombstone', streams.TombstoneResp, (streamId) => surroundings.log.tombstone(streamId, this.#now())),
    });
    this.#server.addService(GossipService, {
      read: (call: ServerUnaryCall<unknown, ClusterInfo>, answer: sendUnaryData<ClusterInfo>) => {
        this.#note('gossip', call.metadata);
        answer(null, surroundings.gossip());
      },
    });
    this.#server.addService(ServerFeaturesService, {
      getSupportedMethods: (
        call: ServerUnaryCall<unknown, InstanceType<typeof features.SupportedMethods>>,
        answer: sendUnaryData<InstanceType<typeof features.SupportedMethods>>,
      ) => {
        this.#note('features', call.metadata);
        answer(null, supportedMethods());
      },
    });
  }

  async start(): Promise<void> {
    const { tls } = this.surroundings;
    const credentials = tls ? ServerCredentials.createSsl(null, [{ cert_chain: tls.certificate, private_key: tls.key }]) : ServerCredentials.createInsecure();
    this.#portBehind = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
    );
    this.#httpPort = await this.#http.start();
    await this.front.listen();
  }

  async stop(): Promise<void> {
    await this.front.close();
    await this.#http.stop();
    this.#server.forceShutdown();
  }

  /** The next call of this kind is answered with a fault, then all goes on. Several queue up. */
  failNext(method: Method, fault: ServiceError): void {
    this.#faults.push({ method, fault });
  }

  /** The connection breaks in the middle of the next append, after it was stored or before. */
  dropNextAppend(outcome: 'stored' | 'lost'): void {
    this.#appendToDrop = outcome;
  }

  #append(call: ServerReadableStream<AppendReq, AppendResp>, answer: sendUnaryData<AppendResp>): void {
    const proposed: Proposed[] = [];
    let options: AppendReq.Options | undefined;
    call.on('data', (request: AppendReq) => {
      options ??= request.getOptions();
      const message = request.getProposedMessage();
      if (message) proposed.push(proposedOf(message));
    });
    call.on('end', () => {
      this.#note('append', call.metadata, proposed);
      if (!options) return answer(faultOf(status.UNKNOWN, 'no options'));
      const size = proposed.reduce((sum, { type, data, metadata }) => sum + type.length + data.length + metadata.length, 0);
      const fault = this.#refusal('append', call.metadata) ?? (size > largestAppend ? faults.tooLarge(largestAppend) : undefined);
      if (fault) return answer(fault);
      const dropped = this.#appendToDrop;
      this.#appendToDrop = undefined;
      if (dropped === 'lost') return this.front.cut();
      const streamId = streamIdOf(options.getStreamIdentifier());
      const expected = expectedOf(options);
      const outcome = this.surroundings.log.append(streamId, expected, proposed, this.surroundings.leader().#now());
      if (dropped === 'stored') return this.front.cut();
      if (outcome.kind === 'deleted') answer(faults.streamDeleted(streamId));
      else answer(null, appendAnswer(outcome, expected, !this.leavesOutPlaces));
    });
  }

  #removal<Answer extends { setPosition(position: InstanceType<typeof streams.DeleteResp.Position>): unknown }>(
    method: 'delete' | 'tombstone',
    Response: { new (): Answer; Position: typeof streams.DeleteResp.Position },
    remove: (streamId: string) => bigint,
  ) {
    return (call: ServerUnaryCall<InstanceType<typeof streams.DeleteReq>, Answer>, answer: sendUnaryData<Answer>) => {
      this.#note(method, call.metadata);
      const streamId = streamIdOf(call.request.getOptions()?.getStreamIdentifier());
      const fault = this.#refusal(method, call.metadata) ?? (this.surroundings.log.isTombstoned(streamId) ? faults.streamDeleted(streamId) : undefined);
      if (fault) return answer(fault);
      const position = new Response.Position();
      const at = String(remove(streamId));
      position.setCommitPosition(at);
      position.setPreparePosition(at);
      const response = new Response();
      response.setPosition(position);
      answer(null, response);
    };
  }

  #refusal(method: Method, metadata: Metadata): ServiceError | undefined {
    const scripted = this.#faults.findIndex((each) => each.method === method);
    if (scripted >= 0) return this.#faults.splice(scripted, 1)[0]?.fault;
    if (!this.isReady) return faults.notReady();
    const { users } = this.surroundings;
    if (users) {
      const [, login = ''] = String(metadata.get('authorization')[0] ?? '').split(' ');
      const { user = '', password } = /^(?<user>[^:]*):(?<password>.*)$/.exec(Buffer.from(login, 'base64').toString())?.groups ?? {};
      if (user === '') return faults.accessDenied();
      if (password === undefined || users.get(user) !== password) return faults.unauthenticated();
    }
    const leader = this.surroundings.leader();
    return leader !== this && requiresLeader(metadata) ? faults.notLeader('127.0.0.1', leader.front.port) : undefined;
  }

  #note(method: Method, metadata: Metadata | undefined, proposed: readonly Proposed[] = []): void {
    this.calls.push({ method, requiresLeader: metadata !== undefined && requiresLeader(metadata), eventIds: proposed.map(({ id }) => id) });
  }

  #now(): number {
    return Date.now() + this.clockSkew;
  }
}

const requiresLeader = (metadata: Metadata) => metadata.get('requires-leader')[0] === 'true';

/** With batch appends, so that a client which would use them does. */
function supportedMethods(): InstanceType<typeof features.SupportedMethods> {
  const all = new features.SupportedMethods();
  all.setEventStoreServerVersion('23.10.6');
  for (const name of ['append', 'batchappend', 'read', 'delete', 'tombstone']) {
    const method = new features.SupportedMethod();
    method.setServiceName('event_store.client.streams.streams');
    method.setMethodName(name);
    all.addMethods(method);
  }
  return all;
}
