import type { JsonObject, NewEvent, StreamId } from './event-store.js';

/** An event as it goes to the disk. */
export interface SerializedEvent {
  readonly id: string;
  readonly type: string;
  /** JSON text. */
  readonly data: string;
  readonly metadata: string;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Turns a batch into what is stored, before anything is written.
 * @throws {TypeError} the caller's mistake: no event, an id that is no UUID or is there twice, a name that cannot be stored, data that is no plain JSON object.
 */
export function serialize(streamId: StreamId, events: readonly NewEvent[]): readonly SerializedEvent[] {
  if (streamId === '' || loneSurrogate.test(streamId)) throw new TypeError('A stream id is a non-empty, well-formed string.');
  if (events.length === 0) throw new TypeError(`An append to ${streamId} needs at least one event.`);
  const ids = new Set<string>();
  return events.map(({ id, type, data, metadata }) => {
    if (!uuid.test(id)) throw new TypeError(`An event for ${streamId} has an id that is no UUID: ${id}`);
    if (type === '' || loneSurrogate.test(type)) throw new TypeError(`An event's type is a non-empty, well-formed string (event ${id}).`);
    const lowerCase = id.toLowerCase();
    if (ids.has(lowerCase)) throw new TypeError(`Two events of one append to ${streamId} have the id ${id}.`);
    ids.add(lowerCase);
    return { id: lowerCase, type, data: json(data, `data of event ${id}`), metadata: json(metadata, `metadata of event ${id}`) };
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
