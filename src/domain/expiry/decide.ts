import type { Decider } from '../decider.js';
import type { ExpiryEvent } from './events.js';
import { thresholdPassed, type ExpiringThing } from './expiring-thing.js';

/** The nearest threshold told of each thing, by its key and end: what is renewed begins anew. */
export type ExpiriesTold = ReadonlyMap<string, number>;

export interface NoteExpiry {
  readonly type: 'NoteExpiry';
  readonly thing: ExpiringThing;
  readonly now: string; // ISO 8601
}

export const expiryDecider: Decider<ExpiriesTold, NoteExpiry, ExpiryEvent> = { initialState: new Map(), decide, evolve };

/** Nobody is told of a threshold after a nearer one: who was away for a month hears of the nearest alone. */
export function decide(told: ExpiriesTold, { thing, now }: NoteExpiry): readonly ExpiryEvent[] {
  const withinDays = thresholdPassed(thing, now);
  if (withinDays === null || withinDays >= (told.get(nameOf(thing)) ?? Number.POSITIVE_INFINITY)) return [];
  const { subject, owner, key, expiresAt } = thing;
  return [{ type: 'ExpiryApproached', data: { subject, ...owner, key, expiresAt, withinDays } }];
}

export function evolve(told: ExpiriesTold, { data }: ExpiryEvent): ExpiriesTold {
  return new Map(told).set(nameOf(data), data.withinDays);
}

function nameOf({ key, expiresAt }: Pick<ExpiringThing, 'key' | 'expiresAt'>): string {
  return `${key} ${expiresAt}`;
}
