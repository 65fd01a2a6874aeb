import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AuditSearches } from '../../src/commands/audit-searches.js';
import type { AuditSearch } from '../../src/domain/security-log/events.js';
import { callOf } from './opened-commands.js';

const minute = 60_000; // milliseconds

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recording(fault: { now: Error | null } = { now: null }) {
  const recorded: { readonly caller: string; readonly count: number; readonly searches: readonly AuditSearch[] }[] = [];
  const faults: unknown[] = [];
  const searches = new AuditSearches(
    {
      auditSearched(call, count, named) {
        if (fault.now) return Promise.reject(fault.now);
        recorded.push({ caller: call.actor.id, count, searches: named });
        return Promise.resolve({ revision: 0n, position: 0n });
      },
    },
    (error) => faults.push(error),
    minute,
  );
  return { searches, recorded, faults };
}

it('has one record a minute of a caller at most, with the count and what was looked for', async () => {
  const { searches, recorded } = recording();
  for (let page = 0; page < 1_000; page++) searches.note(callOf('erin'), 'auditTrail', { entityId: ['Sales'], actor: null });
  searches.note(callOf('erin'), 'auditEntry', { id: 'e1' });
  searches.note(callOf('adam'), 'auditEntryRecorded', {});
  const ofSales = { field: 'auditTrail', filter: '{"entityId":["Sales"]}' };
  expect(recorded).toEqual([
    { caller: 'erin', count: 1, searches: [ofSales] },
    { caller: 'adam', count: 1, searches: [{ field: 'auditEntryRecorded', filter: '{}' }] },
  ]);
  await vi.advanceTimersByTimeAsync(minute);
  expect(recorded.length).toBe(2);
  await vi.advanceTimersByTimeAsync(minute);
  expect(recorded.slice(2)).toEqual([{ caller: 'erin', count: 1_000, searches: [ofSales, { field: 'auditEntry', filter: '{"id":"e1"}' }] }]);
  await searches.stop();
  expect(recorded.length).toBe(3);
});

it('tells the rest when the service stops, and names no more than twenty different searches', async () => {
  const { searches, recorded } = recording();
  for (let n = 0; n < 51; n++) searches.note(callOf('erin'), 'auditTrail', { entityId: [`account-${n}`] });
  await searches.stop();
  expect(recorded.map(({ count, searches: named }) => [count, named.length])).toEqual([
    [1, 1],
    [50, 20],
  ]);
});

it('keeps of a text only that there was one: it may be what must stand nowhere', async () => {
  const { searches, recorded } = recording();
  searches.note(callOf('erin'), 'auditTrail', { text: 'hunter2', occurredAt: { from: new Date('2026-11-24T12:00:00Z') } });
  await searches.stop();
  expect(recorded[0]?.searches[0]?.filter).toBe('{"text":"(not recorded)","occurredAt":{"from":"2026-11-24T12:00:00.000Z"}}');
});

it('tells of what could not be recorded, and counts it to the next', async () => {
  const fault: { now: Error | null } = { now: new Error('The disk is full.') };
  const { searches, recorded, faults } = recording(fault);
  searches.note(callOf('erin'), 'auditTrail', {});
  await vi.advanceTimersByTimeAsync(0);
  expect([faults, recorded]).toEqual([[fault.now], []]);
  fault.now = null;
  searches.note(callOf('erin'), 'auditTrail', {});
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(recorded.map(({ count }) => count)).toEqual([2]);
  await searches.stop();
});
