import { randomUUID } from 'node:crypto';
import type { ServerWritableStream } from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { isShown, type DoubleLog, type Stored } from './log.js';
import {
  caughtUpMessage,
  checkpointMessage,
  confirmationMessage,
  eventMessage,
  faults,
  filterOf,
  notFoundMessage,
  startOf,
  streamIdOf,
  type Filter,
} from './wire.js';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

const page = 32;
const isForwards = (options: ReadReq.Options) => options.getReadDirection() === streams.ReadReq.Options.ReadDirection.FORWARDS;

/** Answers one read or subscription, as servers of version 23.10 do. */
export async function answerRead(log: DoubleLog, call: ReadCall): Promise<void> {
  const options = call.request.getOptions();
  if (!options) return;
  const stream = options.getStream();
  const streamId = stream && streamIdOf(stream.getStreamIdentifier());
  const start = startOf(options);
  if (streamId !== undefined) {
    if (log.isTombstoned(streamId)) throw faults.streamDeleted(streamId);
    const events = log.read(streamId);
    if (events.length === 0) await send(call, notFoundMessage(streamId));
    else await sendPart(call, options, events, ({ revision }) => revision, start);
  } else if (options.hasSubscription()) {
    await subscribe(log, call, options, start === 'end' ? log.end : start);
    return;
  } else {
    if (typeof start === 'bigint' && !log.isPlace(start)) throw faults.invalidPosition();
    // Read backwards, a position is the end of a record: the one that begins there is not read.
    const forwards = isForwards(options);
    await sendPart(call, options, log.records.filter(isShown), (record) => (forwards ? record.position : record.next), start);
  }
  call.end();
}

async function sendPart(
  call: ReadCall,
  options: ReadReq.Options,
  events: readonly Stored[],
  place: (event: Stored) => bigint,
  start: bigint | 'end' | undefined,
) {
  const forwards = isForwards(options);
  const from = start ?? 0n;
  const part = forwards
    ? events.filter((event) => from !== 'end' && place(event) >= from)
    : events.filter((event) => from === 'end' || place(event) <= from).toReversed();
  for (const event of part.slice(0, Math.min(Number(options.getCount()), part.length))) await send(call, eventMessage(event));
}

/**
 * Reads pages until the end is reached, says so, then sends what is appended. A beginning skips the first event at or after it. A checkpoint comes when enough events were looked at:
 * while catching up it names the last event that the page let through, or where the page began; none comes when the end is reached.
 */
async function subscribe(log: DoubleLog, call: ReadCall, options: ReadReq.Options, start: bigint | undefined): Promise<void> {
  const filter = filterOf(options) ?? { allows: () => true, window: Infinity, checkpointInterval: Infinity };
  if (start !== undefined && !log.isPlace(start)) throw faults.invalidPosition();
  await send(call, confirmationMessage(randomUUID()));
  let next = start === undefined ? 0n : (log.records[log.indexOf(start)]?.next ?? start);
  let looked = 0;
  while (!call.cancelled) {
    const first = log.indexOf(next);
    if (first === log.records.length) break;
    const { considered, allowed } = pageFrom(log, first, filter);
    for (const event of allowed) await send(call, eventMessage(event));
    const checkpoint = allowed.at(-1)?.position ?? next;
    next = considered.at(-1)?.next ?? next;
    looked += considered.length;
    if (looked < filter.checkpointInterval || first + considered.length === log.records.length) continue;
    looked %= filter.checkpointInterval;
    await send(call, checkpointMessage(checkpoint));
  }
  if (call.cancelled) return;
  // From here on nothing is awaited between two looks at the log, so no event can slip through.
  call.write(caughtUpMessage());
  const forget = log.onRecord((event) => {
    if (filter.allows(event) && isShown(event)) call.write(eventMessage(event));
    if (++looked < filter.checkpointInterval) return;
    looked = 0;
    call.write(checkpointMessage(event.position));
  });
  call.once('cancelled', () => {
    forget();
    call.end();
  });
}

/** A page ends when enough was found, or enough was looked at. */
function pageFrom(log: DoubleLog, first: number, filter: Pick<Filter, 'allows' | 'window'>): { considered: readonly Stored[]; allowed: readonly Stored[] } {
  const [considered, allowed] = [new Array<Stored>(), new Array<Stored>()];
  for (const event of log.records.slice(first, first + Math.min(filter.window, 1_000))) {
    considered.push(event);
    if (filter.allows(event) && isShown(event) && allowed.push(event) === page) break;
  }
  return { considered, allowed };
}

async function send(call: ReadCall, message: ReadResp): Promise<void> {
  if (call.write(message) || call.cancelled) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      call.off('drain', done).off('cancelled', done);
      resolve();
    };
    call.on('drain', done).on('cancelled', done);
  });
}
