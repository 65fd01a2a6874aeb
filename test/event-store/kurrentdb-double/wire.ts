import { status, Metadata, type ServiceError } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendReq, ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { Expected, Outcome, Proposed, Stored } from './log.js';

/** Between the messages of the protocol and what the double thinks in. */

export function faultOf(code: status, details: string, trailers: Readonly<Record<string, string>> = {}): ServiceError {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return Object.assign(new Error(details), { code, details, metadata });
}

export const faults = {
  notReady: () => faultOf(status.UNAVAILABLE, 'Server Is Not Ready'),
  notLeader: (host: string, port: number) =>
    faultOf(status.NOT_FOUND, 'Leader info available', {
      exception: 'not-leader',
      'leader-endpoint-host': host,
      'leader-endpoint-port': String(port),
    }),
  streamDeleted: (streamId: string) =>
    faultOf(status.FAILED_PRECONDITION, `Event stream '${streamId}' is deleted.`, { exception: 'stream-deleted', 'stream-name': encodeURIComponent(streamId) }),
  accessDenied: () => faultOf(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' }),
  unauthenticated: () => faultOf(status.UNAUTHENTICATED, ''),
  tooLarge: (limit: number) =>
    faultOf(status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(limit),
    }),
  eventTooLarge: () => faultOf(status.INVALID_ARGUMENT, 'Event exceeded the limit.', { exception: 'maximum-append-event-size-exceeded' }),
  commitTimeout: () => faultOf(status.ABORTED, 'Operation timed out: Commit phase timeout.'),
  noLeader: () => faultOf(status.UNKNOWN, 'No leader info available in response'),
  invalidPosition: () => faultOf(status.UNKNOWN, 'Unexpected ReadAllResult: Error'),
  stopped: () => faultOf(status.INTERNAL, 'Received RST_STREAM with code 2'),
} as const;

export function streamIdOf(identifier: { getStreamName_asU8(): Uint8Array } | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();
}

export function expectedOf(options: AppendReq.Options): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'none';
  return options.hasStreamExists() ? 'exists' : BigInt(options.getRevision());
}

export function proposedOf(message: AppendReq.ProposedMessage): Proposed {
  const metadata = message.getMetadataMap();
  return {
    id: message.getId()?.getString() ?? '',
    type: metadata.get('type') ?? '',
    contentType: metadata.get('content-type') ?? '',
    data: Buffer.from(message.getData_asU8()),
    metadata: Buffer.from(message.getCustomMetadata_asU8()),
  };
}

/** Undefined for the beginning. */
export function startOf(options: ReadReq.Options): bigint | 'end' | undefined {
  const stream = options.getStream();
  const all = options.getAll();
  if (stream?.hasEnd() === true || all?.hasEnd() === true) return 'end';
  if (stream?.hasRevision() === true) return BigInt(stream.getRevision());
  const position = all?.getPosition();
  return position ? BigInt(position.getCommitPosition()) : undefined;
}

export interface Filter {
  readonly allows: (event: Stored) => boolean;
  readonly window: number;
  readonly checkpointInterval: number;
}

export function filterOf(options: ReadReq.Options): Filter | undefined {
  const filter = options.getFilter();
  if (!filter) return undefined;
  const window = filter.hasMax() ? filter.getMax() : 32;
  const [expression, named] = filter.hasStreamIdentifier()
    ? [filter.getStreamIdentifier(), (event: Stored) => event.streamId]
    : [filter.getEventType(), (event: Stored) => event.type];
  const pattern = expression?.getRegex() ? new RegExp(expression.getRegex(), 'u') : undefined;
  const prefixes = expression?.getPrefixList() ?? [];
  return {
    allows: (event) => pattern?.test(named(event)) ?? prefixes.some((prefix) => named(event).startsWith(prefix)),
    window,
    checkpointInterval: window * filter.getCheckpointintervalmultiplier(),
  };
}

export function appendAnswer(outcome: Exclude<Outcome, { kind: 'deleted' }>, expected: Expected, withPlace: boolean): InstanceType<typeof streams.AppendResp> {
  const answer = new streams.AppendResp();
  if (outcome.kind === 'stored') {
    const position = new streams.AppendResp.Position();
    position.setCommitPosition(String(outcome.position));
    position.setPreparePosition(String(outcome.position));
    const success = new streams.AppendResp.Success();
    success.setCurrentRevision(String(outcome.revision));
    if (withPlace || !outcome.isReplay) success.setPosition(position);
    else success.setNoPosition(new shared.Empty());
    answer.setSuccess(success);
    return answer;
  }
  const conflict = new streams.AppendResp.WrongExpectedVersion();
  if (outcome.current < 0n) conflict.setCurrentNoStream(new shared.Empty());
  else conflict.setCurrentRevision(String(outcome.current));
  if (expected === 'any') conflict.setExpectedAny(new shared.Empty());
  else if (expected === 'exists') conflict.setExpectedStreamExists(new shared.Empty());
  else if (expected === 'none') conflict.setExpectedNoStream(new shared.Empty());
  else conflict.setExpectedRevision(String(expected));
  answer.setWrongExpectedVersion(conflict);
  return answer;
}

export function eventMessage(stored: Stored): InstanceType<typeof streams.ReadResp> {
  const id = new shared.UUID();
  id.setString(stored.id);
  const event = new streams.ReadResp.ReadEvent.RecordedEvent();
  event.setId(id);
  event.setStreamIdentifier(identifier(stored.streamId));
  event.setStreamRevision(String(stored.revision));
  event.setCommitPosition(String(stored.position));
  event.setPreparePosition(String(stored.position));
  // Ticks of 100 nanoseconds.
  event
    .getMetadataMap()
    .set('type', stored.type)
    .set('content-type', stored.contentType)
    .set('created', String(BigInt(stored.created) * 10_000n));
  event.setData(stored.data);
  event.setCustomMetadata(stored.metadata);
  const read = new streams.ReadResp.ReadEvent();
  read.setEvent(event);
  read.setCommitPosition(String(stored.position));
  return message((answer) => answer.setEvent(read));
}

export const checkpointMessage = (position: bigint) => {
  const checkpoint = new streams.ReadResp.Checkpoint();
  checkpoint.setCommitPosition(String(position));
  checkpoint.setPreparePosition(String(position));
  return message((answer) => answer.setCheckpoint(checkpoint));
};

export const confirmationMessage = (subscriptionId: string) => {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation();
  confirmation.setSubscriptionId(subscriptionId);
  return message((answer) => answer.setConfirmation(confirmation));
};

export const caughtUpMessage = () => message((answer) => answer.setCaughtUp(new streams.ReadResp.CaughtUp()));

export const notFoundMessage = (streamId: string) => {
  const notFound = new streams.ReadResp.StreamNotFound();
  notFound.setStreamIdentifier(identifier(streamId));
  return message((answer) => answer.setStreamNotFound(notFound));
};

function message(fill: (answer: InstanceType<typeof streams.ReadResp>) => unknown): InstanceType<typeof streams.ReadResp> {
  const answer = new streams.ReadResp();
  fill(answer);
  return answer;
}

function identifier(streamId: string): InstanceType<typeof shared.StreamIdentifier> {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(streamId));
  return identifier;
}
