import type { JsonObject, RecordedEvent } from './event-store.js';

/** A row of the log, in the order of {@link columns}. It stays as SQLite gives it until somebody takes the event: parsing is the dearest part of a read. */
export type Row = readonly [
  position: number,
  streamId: string,
  revision: number,
  eventId: string,
  type: string,
  /** Milliseconds since 1970. */
  recordedAt: number,
  data: string,
  metadata: string,
];
export const columns = 'position, stream_id, revision, event_id, type, recorded_at, data, metadata';

/** Only JSON objects are ever written: see `serialize`. */
const parse: (text: string) => JsonObject = JSON.parse;

export function recorded([position, streamId, revision, id, type, recordedAt, data, metadata]: Row): RecordedEvent {
  return {
    id,
    type,
    data: parse(data),
    metadata: parse(metadata),
    streamId,
    revision: BigInt(revision),
    position: BigInt(position),
    recordedAt: new Date(recordedAt),
  };
}
