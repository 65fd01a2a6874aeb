import type { RecordedEvent } from '../event-store/event-store.js';
import { canonicalJson } from '../ledger/canonical-json.js';

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

/** Canonical JSON of anything that JSON can be made of, and of bigints in decimal. */
export function canonical(value: unknown): string {
  return canonicalJson(JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))));
}
