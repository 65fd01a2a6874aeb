import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Projection } from '../../projections/projection.js';
import type { ViewDatabase } from '../../projections/view-database.js';
import { PoisonEvent, ViewBuild } from '../../projections/view-build.js';
import { ViewRunner } from '../../projections/view-runner.js';
import { MemoryLog } from './memory-log.js';
import { temporaryDirectory } from './temporary-views.js';

interface Numbers {
  readonly all: () => readonly number[];
}

/** Keeps the numbers that it was told. It cannot take a negative one; that it cannot take one above nine, the database finds out when it commits. */
const numbers: Projection<Numbers> = {
  name: 'numbers',
  version: 1,
  tables: `
    CREATE TABLE known (value INTEGER PRIMARY KEY) STRICT;
    INSERT INTO known VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
    CREATE TABLE number (position INTEGER PRIMARY KEY, value INTEGER NOT NULL REFERENCES known DEFERRABLE INITIALLY DEFERRED) STRICT`,
  indexes: [],
  open: (view: ViewDatabase) => ({
    writer: {
      apply({ position, data }) {
        if (Number(data['value']) < 0) throw new Error('A negative number.');
        view.run('INSERT INTO number VALUES (?, ?)', position, Number(data['value']));
      },
      flush: () => undefined,
      reset: () => undefined,
    },
    reader: { all: () => view.all('SELECT value FROM number ORDER BY position').map(({ value }) => Number(value)) },
  }),
};

/** A log of these numbers. */
function logOf(values: readonly number[]): MemoryLog {
  const log = new MemoryLog();
  for (const value of values) tell(log, value);
  return log;
}

function tell(log: MemoryLog, value: number): void {
  const id = `00000000-0000-4000-8000-${String(log.events.length).padStart(12, '0')}`;
  log.record('number-1', [{ id, type: 'NumberTold', data: { value }, metadata: {} }], new Date(0));
}

function opened(file: string, onUndone?: () => void): ViewBuild<Numbers> {
  const build = new ViewBuild(numbers, file, 'follow', onUndone);
  onTestFinished(() => build.discard());
  return build;
}

function apply(build: ViewBuild<Numbers>, { events }: MemoryLog, from: number, to: number): void {
  build.apply(events.slice(from, to), BigInt(to));
}

/** What would be there if the process had died at this moment. */
function afterCrash(file: string): { readonly position: bigint | undefined; readonly values: readonly number[] } {
  const copy = join(temporaryDirectory(), 'copy.db');
  for (const end of ['', '-wal']) if (existsSync(`${file}${end}`)) copyFileSync(`${file}${end}`, `${copy}${end}`);
  const build = opened(copy);
  return { position: build.position, values: build.reader.all() };
}

describe('what a view has applied', () => {
  const file = () => join(temporaryDirectory(), 'numbers.db');

  it('is read at once, and after a crash the log is read again from before what was lost', () => {
    const path = file();
    const log = logOf([1, 2, 3, 4, 5]);
    const build = opened(path);
    apply(build, log, 0, 2);
    build.commit();
    apply(build, log, 2, 3);
    apply(build, log, 3, 5);
    expect([build.position, build.reader.all()]).toEqual([5n, [1, 2, 3, 4, 5]]);
    expect(afterCrash(path)).toEqual({ position: 2n, values: [1, 2] });
    build.commit();
    expect(afterCrash(path)).toEqual({ position: 5n, values: [1, 2, 3, 4, 5] });
  });

  it('is on the disk soon, though nothing follows', async () => {
    const path = file();
    apply(opened(path), logOf([1, 2]), 0, 2);
    await expect.poll(() => afterCrash(path), { timeout: 10_000 }).toEqual({ position: 2n, values: [1, 2] });
  });

  it('stays when a later event cannot be applied: all before that event is there, and on the disk', () => {
    const path = file();
    const log = logOf([1, 2, 3, -1, 4]);
    const build = opened(path);
    apply(build, log, 0, 1);
    apply(build, log, 1, 2);
    expect(() => apply(build, log, 2, 5)).toThrow(PoisonEvent);
    expect([build.position, build.reader.all()]).toEqual([3n, [1, 2, 3]]);
    expect(afterCrash(path)).toEqual({ position: 3n, values: [1, 2, 3] });
  });

  it('is undone when it cannot be committed, and the view says how far it is then', async () => {
    const path = file();
    const log = logOf([1, 2, 10]);
    const undone: unknown[] = [];
    const build = opened(path, () => undone.push(build.position));
    apply(build, log, 0, 1);
    build.commit();
    apply(build, log, 1, 2);
    apply(build, log, 2, 3);
    await expect.poll(() => undone, { timeout: 10_000 }).toEqual([1n]);
    expect(build.reader.all()).toEqual([1]);
    expect(() => apply(build, log, 1, 3)).toThrow(PoisonEvent);
    expect([build.position, build.reader.all()]).toEqual([2n, [1, 2]]);
  });

  it('is applied anew from the log when it was undone, up to the event that cannot be committed', async () => {
    const log = logOf([1]);
    const stopped: unknown[] = [];
    const listener = { stopped: (_name: string, eventId: string | null) => stopped.push(eventId), storeLost: () => undefined };
    const runner = new ViewRunner(numbers, log, temporaryDirectory(), listener);
    onTestFinished(() => runner.stop());
    runner.start();
    await runner.settled();
    for (const value of [2, 10, 3]) tell(log, value);
    await expect.poll(() => stopped, { timeout: 10_000 }).toEqual([log.events[2]?.id]);
    expect([runner.status.state, runner.position, runner.reader.all()]).toEqual(['STOPPED', 2n, [1, 2]]);
  });
});
