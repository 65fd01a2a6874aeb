import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ToldByTheMinute } from '../../src/commands/told-by-the-minute.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recording() {
  const disk = { isFull: false };
  const written: string[] = [];
  const faults: string[] = [];
  const told = new ToldByTheMinute<string>(
    (latest, count) => {
      if (disk.isFull) return Promise.reject(new Error('The disk is full.'));
      written.push(`${latest} ${count}`);
      return Promise.resolve();
    },
    (error) => faults.push(String(error)),
    1_000,
  );
  const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);
  return { disk, written, faults, told, minutes };
}

it('writes the first of a kind at once, and the further ones of each minute together with their count', async () => {
  const { told, written, minutes } = recording();
  for (const latest of ['a1', 'a2', 'a3', 'b1']) told.add(latest.slice(0, 1), latest);
  expect(written).toEqual(['a1 1', 'b1 1']);
  await minutes(1);
  expect(written.slice(2)).toEqual(['a3 2']);
  told.add('a', 'a4');
  expect(written.slice(3)).toEqual(['a4 1']);
  await minutes(1);
  await told.stop();
  expect(written).toHaveLength(4);
});

it('loses none that could not be written: they are told with the next', async () => {
  const { disk, told, written, faults, minutes } = recording();
  disk.isFull = true;
  for (const latest of ['a1', 'a2', 'a3']) told.add('a', latest);
  await minutes(2);
  expect([written, faults.length > 0]).toEqual([[], true]);
  disk.isFull = false;
  told.add('a', 'a4');
  await minutes(1);
  expect(written).toEqual(['a4 4']);
});

it('writes what is left when it stops', async () => {
  const { told, written } = recording();
  for (const latest of ['a1', 'a2', 'a3']) told.add('a', latest);
  await told.stop();
  expect(written).toEqual(['a1 1', 'a3 2']);
});
