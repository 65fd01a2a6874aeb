import { assert, constantFrom, date, integer, array, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expiryDecider } from '../../src/domain/expiry/decide.js';
import type { ExpiryEvent } from '../../src/domain/expiry/events.js';
import { thresholdPassed, thresholdsInDays, type ExpiringThing } from '../../src/domain/expiry/expiring-thing.js';
import { specification } from '../given-when-then.js';

const day = 86_400_000;
const end = Date.parse('2027-06-01T00:00:00.000Z');
const daysBefore = (days: number) => new Date(end - days * day).toISOString();
const thing: ExpiringThing = {
  subject: 'CERTIFICATE',
  owner: { entityType: 'Truststore', entityId: 'plant-7' },
  key: 'AB12',
  since: daysBefore(365),
  expiresAt: new Date(end).toISOString(),
};
const told = (withinDays: 30 | 7 | 1, key = thing.key, expiresAt = thing.expiresAt): ExpiryEvent => ({
  type: 'ExpiryApproached',
  data: { subject: 'CERTIFICATE', entityType: 'Truststore', entityId: 'plant-7', key, expiresAt, withinDays },
});
const given = specification(expiryDecider);
const note = (days: number) => ({ type: 'NoteExpiry', thing, now: daysBefore(days) }) as const;

describe('what comes to its end', () => {
  it.each([
    [365, null],
    [30.01, null],
    [30, 30],
    [7.01, 30],
    [7, 7],
    [1.01, 7],
    [1, 1],
    [0, 1],
    [-100, 1],
  ])('%s days before: the threshold passed is %s', (days, threshold) => {
    expect(thresholdPassed(thing, daysBefore(days))).toBe(threshold);
  });

  it.each([
    ['a day', 1, 0.5, null],
    ['a week', 7, 7, null],
    ['a week', 7, 1, 1],
    ['30 days', 30, 30, null],
    ['30 days', 30, 7, 7],
    ['31 days', 31, 31, null],
    ['31 days', 31, 30, 30],
  ])('and lives for %s alone is told of when some of that life is over, and not before', (_, life, left, threshold) => {
    expect(thresholdPassed({ ...thing, since: daysBefore(life) }, daysBefore(left))).toBe(threshold);
  });

  it('is told of once for each threshold', () => {
    given().when(note(31)).thenNothing();
    given().when(note(29)).then(told(30));
    given(told(30)).when(note(10)).thenNothing();
    given(told(30)).when(note(6)).then(told(7));
    given(told(30), told(7)).when(note(0.5)).then(told(1));
    given(told(30), told(7), told(1)).when(note(-5)).thenNothing();
  });

  it('is told of by the nearest threshold alone to those who were away', () => {
    given().when(note(0.5)).then(told(1));
    given(told(1)).when(note(29)).thenNothing();
  });

  it('is told of anew once it was renewed, and apart from others of the same owner', () => {
    given(told(1, thing.key, daysBefore(200)))
      .when(note(29))
      .then(told(30));
    given(told(1, 'CD34')).when(note(29)).then(told(30));
  });

  it('is never told of twice, however often and in whatever order somebody looks', () => {
    const looks = array(date({ min: new Date(end - 60 * day), max: new Date(end + 5 * day), noInvalidDate: true }), { maxLength: 20 });
    assert(
      property(looks, integer({ min: 1, max: 400 }), constantFrom('AB12', 'CD34'), (times, life, key) => {
        let state = expiryDecider.initialState;
        const thresholds: number[] = [];
        for (const now of times)
          for (const event of expiryDecider.decide(state, { type: 'NoteExpiry', thing: { ...thing, key, since: daysBefore(life) }, now: now.toISOString() })) {
            state = expiryDecider.evolve(state, event);
            thresholds.push(event.data.withinDays);
          }
        expect(thresholds).toEqual([...new Set(thresholds)].sort((one, other) => other - one));
        expect(thresholds.every((threshold) => thresholdsInDays.some((known) => known === threshold && known < life))).toBe(true);
      }),
    );
  });
});
