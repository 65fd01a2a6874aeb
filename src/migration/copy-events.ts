import { ConcurrencyConflict, type NewEvent, type Position, type RecordedEvent } from '../event-store/event-store.js';
import { MigrationFailed, ownEvents, type OnProgress, type Side } from './side.js';

/** Servers take 1,048,576 bytes an append; what frames an event on its way comes on top of its JSON. */
const mostBytes = 500_000;
const mostEvents = 500;

/** Events of one stream that come one after the other in the log, as one append. */
interface Batch {
  readonly streamId: string;
  readonly events: readonly RecordedEvent[];
}

export interface Place {
  /** How many events came up to here. */
  readonly count: number;
  /** Of the last of them, in the source; undefined when there are none. */
  readonly position: Position | undefined;
}

/**
 * Finds how far an earlier run came: the target has to hold the first events of the source and nothing else.
 * @throws {MigrationFailed} it holds something else.
 */
export async function placeReached(source: Side, target: Side, onProgress: OnProgress): Promise<Place> {
  const total = Number((await source.events.headPosition()) ?? 0n);
  const theirs = ownEvents(target);
  let place: Place = { count: 0, position: undefined };
  try {
    let next = await theirs.next();
    if (next.done === true) return place;
    for await (const event of ownEvents(source)) {
      const there = next.value;
      if (event.id !== there.id || event.streamId !== there.streamId || event.revision !== there.revision) throw holdsSomethingElse(target, there);
      place = { count: place.count + 1, position: event.position };
      if (place.count % 1_000 === 0) onProgress('found', Number(event.position), total);
      next = await theirs.next();
      if (next.done === true) return place;
    }
    throw holdsSomethingElse(target, next.value);
  } finally {
    await theirs.return();
  }
}

/**
 * Appends what comes after the place to the target, in the source's order, with ids, revisions, data, metadata and times as they are there.
 * @throws {MigrationFailed} somebody else writes to the target, or the source's log is not whole.
 */
export async function copyEvents(source: Side, target: Side, from: Place, onProgress: OnProgress): Promise<Place> {
  const total = Number((await source.events.headPosition()) ?? 0n);
  let [count, position] = [from.count, from.position];
  let waiting: Batch[] = [];
  if (position === undefined) onProgress('events', 0, total);
  const write = async () => {
    await appendInOrder(target, waiting);
    const last = waiting.at(-1)?.events.at(-1);
    if (last) onProgress('events', Number(last.position), Math.max(total, Number(last.position)));
    waiting = [];
  };
  for await (const batch of batches(ownEvents(source, from.position))) {
    waiting.push(batch);
    count += batch.events.length;
    position = batch.events.at(-1)?.position;
    if (waiting.length >= target.appendsAtOnce) await write();
  }
  await write();
  return { count, position };
}

async function* batches(events: AsyncIterable<RecordedEvent>): AsyncGenerator<Batch, void> {
  let batch: RecordedEvent[] = [];
  let bytes = 0;
  for await (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event.data)) + Buffer.byteLength(JSON.stringify(event.metadata));
    const [first] = batch;
    if (first && (event.streamId !== first.streamId || batch.length >= mostEvents || bytes + size > mostBytes)) {
      yield { streamId: first.streamId, events: batch };
      [batch, bytes] = [[], 0];
    }
    batch.push(event);
    bytes += size;
  }
  const [first] = batch;
  if (first) yield { streamId: first.streamId, events: batch };
}

/** All are asked for in one turn, so a store that keeps the order of such appends has written each of them before the next. */
async function appendInOrder(target: Side, waiting: readonly Batch[]): Promise<void> {
  const outcomes = await Promise.allSettled(waiting.map((batch) => append(target, batch)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

async function append(target: Side, { streamId, events }: Batch): Promise<void> {
  const [first] = events;
  const last = events.at(-1);
  if (!first || !last) return;
  try {
    const { revision } = await target.events.appendToStream(streamId, events.map(newEvent), first.revision === 0n ? 'no_stream' : first.revision - 1n);
    if (revision === last.revision) return;
  } catch (error) {
    // It names the servers' limit and how to raise it.
    if (error instanceof RangeError) throw new MigrationFailed(error.message, { cause: error });
    if (!(error instanceof ConcurrencyConflict)) throw error;
    throw new MigrationFailed(
      `Stream ${streamId} of ${target.name} is at revision ${String(error.actual)}, where event ${first.revision} was to follow. Either somebody writes to it, or the log of the source is not whole. Stop every node that uses the target, then start again.`,
      { cause: error },
    );
  }
  throw new MigrationFailed(`Stream ${streamId} has revisions that do not follow each other: the log of the source is not whole. Restore it from a backup.`);
}

function newEvent({ id, type, data, metadata, recordedAt }: RecordedEvent): NewEvent {
  return { id, type, data, metadata, recordedAt };
}

function holdsSomethingElse({ name }: Side, { streamId, revision, id }: RecordedEvent): MigrationFailed {
  return new MigrationFailed(
    `${name} holds something else: event ${revision} of stream ${streamId} (${id}) does not stand there in the source. Choose a place that is empty, or that an interrupted migration of this source left.`,
  );
}
