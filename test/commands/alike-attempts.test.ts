import { expect, it } from 'vitest';
import { AlikeAttempts } from '../../src/commands/alike-attempts.js';
import type { Appended } from '../../src/event-store/event-store.js';

const start = Date.parse('2026-11-24T12:00:00Z');

/** Attempts whose records are noted, and a clock and gatherings that the test has in its hand. */
function attempts(fault?: Error) {
  const clock = { now: start };
  const written: { readonly kind: string; readonly count: number }[] = [];
  const endings: (() => void)[] = [];
  const alike = new AlikeAttempts(
    () => new Date(clock.now),
    () => new Promise<void>((resolve) => endings.push(resolve)),
  );
  const attempt = (kind = 'refused'): Promise<Appended> =>
    alike.record(kind, (count) => {
      written.push({ kind, count });
      return fault ? Promise.reject(fault) : Promise.resolve({ revision: 0n, position: BigInt(written.length) });
    });
  const told = () => written.reduce((sum, { count }) => sum + count, 0);
  return { clock, written, attempt, told, endGathering: () => endings.splice(0).forEach((end) => end()) };
}

it('records each attempt of its own as long as they are no flood', async () => {
  const { written, attempt } = attempts();
  await Promise.all(Array.from({ length: 100 }, () => attempt()));
  expect(written).toEqual(Array.from({ length: 100 }, () => ({ kind: 'refused', count: 1 })));
});

it('leaves out none of a flood, takes few records for it, and answers none before it is on record', async () => {
  const { written, attempt, told, endGathering } = attempts();
  const answered: number[] = [];
  const flood = Array.from({ length: 5_000 }, async (_, index) => {
    await attempt();
    answered.push(index);
  });
  await Promise.all(flood.slice(0, 100));
  expect(answered.length).toBe(100);
  endGathering();
  await Promise.all(flood);
  expect([told(), written.length]).toEqual([5_000, 101]);
});

it('keeps kinds apart, and begins anew after a minute', async () => {
  const { clock, written, attempt, endGathering } = attempts();
  const beyond = Array.from({ length: 102 }, () => attempt('one caller'));
  await attempt('another caller');
  clock.now += 60_000;
  endGathering();
  await Promise.all(beyond);
  await attempt('one caller');
  expect(written.filter(({ count }) => count > 1)).toEqual([{ kind: 'one caller', count: 2 }]);
  expect(written.slice(-1)).toEqual([{ kind: 'one caller', count: 1 }]);
  expect(written.filter(({ kind }) => kind === 'another caller')).toEqual([{ kind: 'another caller', count: 1 }]);
});

it('tells everybody whose attempt could not be recorded', async () => {
  const fault = new Error('The disk is full.');
  const { attempt, endGathering } = attempts(fault);
  const flood = Array.from({ length: 103 }, () => attempt().catch((error: unknown) => error));
  await Promise.all(flood.slice(0, 100));
  endGathering();
  expect(await Promise.all(flood)).toEqual(Array.from({ length: 103 }, () => fault));
});
