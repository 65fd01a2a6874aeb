import type { RecordedEvent } from '../event-store/event-store.js';

/** What has to be the same on both sides, in the order in which differences are looked for. A position is each store's own. */
const comparedFields = ['streamId', 'revision', 'id', 'type', 'recordedAt', 'data', 'metadata'] as const;

/** The event as one line: equal for equal events, whatever order a store keeps the keys of objects in. */
export function canonicalLine(event: RecordedEvent): string {
  return `${comparedFields.map((field) => canonical(event[field])).join(' ')}\n`;
}

/** The first field that differs. */
export function differingField(one: RecordedEvent, other: RecordedEvent): string | undefined {
  return comparedFields.find((field) => canonical(one[field]) !== canonical(other[field]));
}

/** JSON with the keys of every object in order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return part.toString();
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
