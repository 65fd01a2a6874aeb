import type { ResolvedEvent } from '@eventstore/db-client';
import type { JsonObject, RecordedEvent } from '../event-store.js';
import { recordedAtKey } from '../serialized-event.js';

type Recorded = NonNullable<ResolvedEvent['event']>;

/**
 * Recorded times along the log. Each node of a cluster stamps events by its own clock while it leads, so after a change of leader times may step back by as much as the clocks differ.
 * Whoever reads on sees the newest time that was before, until the new leader's clock has passed it.
 *
 * An event that a migration brought here keeps the time of the log it comes from. That log lies before everything that is recorded here later, and its own times never decrease.
 */
export class RecordedTimes {
  #newest = 0;

  /** Milliseconds since 1970: as it is told, and as the server has it. */
  see({ created, metadata }: Pick<Recorded, 'created' | 'metadata'>): { readonly told: number; readonly stored: number } {
    const elsewhere = recordedElsewhere(metadata);
    const stored = elsewhere ?? created.getTime();
    this.#newest = Math.max(this.#newest, stored);
    return { told: elsewhere ?? this.#newest, stored };
  }
}

/** An event as the port shows it; undefined for what is the servers' own (`$`), or was not written as an event with a JSON object, hence is none of this application. */
export function recordedEvent({ event }: ResolvedEvent, times: RecordedTimes): RecordedEvent | undefined {
  if (!event?.position) return undefined;
  const { told, stored } = times.see(event);
  const { id, type, streamId, revision, data, metadata = {} } = event;
  // A tombstone lies in the stream that it ends, under a name of the servers' own.
  if (streamId.startsWith('$') || type.startsWith('$') || !event.isJson || !isJsonObject(data) || !isJsonObject(metadata)) return undefined;
  return {
    id,
    type,
    data,
    metadata: withoutTime(metadata),
    streamId,
    revision,
    position: event.position.commit,
    recordedAt: new Date(told),
    ...(stored !== told && { storedAt: new Date(stored) }),
  };
}

/** Milliseconds since 1970; undefined for an event that was recorded here first. */
function recordedElsewhere(metadata: unknown): number | undefined {
  const text = isJsonObject(metadata) ? metadata[recordedAtKey] : undefined;
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function withoutTime(metadata: JsonObject): JsonObject {
  if (!Object.hasOwn(metadata, recordedAtKey)) return metadata;
  const { [recordedAtKey]: _, ...others } = metadata;
  return others;
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
