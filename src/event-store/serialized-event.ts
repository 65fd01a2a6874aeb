import type { JsonObject, NewEvent, StreamId } from './event-store.js';

/** An event as it goes to the disk. */
export interface SerializedEvent {
  readonly id: string;
  readonly type: string;
  /** JSON text. */
  readonly data: string;
  readonly metadata: string;
  /** When another store recorded it, in milliseconds since 1970; undefined: now. */
  readonly recordedAt: number | undefined;
}

/**
 * Where a store that sets its own times keeps the one that another store recorded an event with. It stands in the stored metadata alone: whoever reads the event finds the time as
 * `recordedAt`, and the metadata without it.
 */
export const recordedAtKey = '$recordedAt';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** What a name cannot hold: half a character, and NUL, at which the driver of the embedded engine cuts text. */
const unstorable = /[\0\p{Surrogate}]/u;

/**
 * Turns a batch into what is stored, before anything is written.
 * @throws {TypeError} the caller's mistake: no event, an id that is no UUID or is there twice, a name that cannot be stored, data that is no plain JSON object,
 * metadata with a {@link recordedAtKey}, a time that is none.
 */
export function serialize(streamId: StreamId, events: readonly NewEvent[]): readonly SerializedEvent[] {
  if (streamId === '' || unstorable.test(streamId)) throw new TypeError('A stream id is a non-empty, well-formed string.');
  if (events.length === 0) throw new TypeError(`An append to ${streamId} needs at least one event.`);
  const ids = new Set<string>();
  return events.map(({ id, type, data, metadata, recordedAt }) => {
    if (!uuid.test(id)) throw new TypeError(`An event for ${streamId} has an id that is no UUID: ${id}`);
    if (type === '' || unstorable.test(type)) throw new TypeError(`An event's type is a non-empty, well-formed string (event ${id}).`);
    const lowerCase = id.toLowerCase();
    if (ids.has(lowerCase)) throw new TypeError(`Two events of one append to ${streamId} have the id ${id}.`);
    ids.add(lowerCase);
    if (Object.hasOwn(metadata, recordedAtKey))
      throw new TypeError(`${recordedAtKey} belongs to the event store and cannot stand in the metadata of event ${id}.`);
    if (Number.isNaN(recordedAt?.getTime())) throw new TypeError(`The time of event ${id} is none.`);
    return {
      id: lowerCase,
      type,
      data: json(data, `data of event ${id}`),
      metadata: json(metadata, `metadata of event ${id}`),
      recordedAt: recordedAt?.getTime(),
    };
  });
}

function json(value: JsonObject, what: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value) as string | undefined;
  } catch (error) {
    throw new TypeError(`The ${what} cannot be written as JSON.`, { cause: error });
  }
  if (text?.startsWith('{') !== true) throw new TypeError(`The ${what} is no JSON object.`);
  return text;
}
