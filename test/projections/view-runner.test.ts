import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Projection } from '../../projections/projection.js';
import { PoisonEvent } from '../../projections/view-build.js';
import { ViewRunner, ViewUnavailable, type ViewListener } from '../../projections/view-runner.js';
import type { ViewDatabase } from '../../projections/view-database.js';
import { MemoryLog } from './memory-log.js';
import { temporaryDirectory } from './temporary-views.js';

const nothing = (): void => undefined;

/** Keeps the numbers that it was told, in order. A negative one is more than it can take, until it is mended. */
function numbers({ version = 1, isMended = false, onApply = nothing } = {}): Projection<{ readonly all: () => readonly number[] }> {
  return {
    name: 'numbers',
    version,
    streamPrefixes: ['number-'],
    tables: 'CREATE TABLE number (position INTEGER PRIMARY KEY, value INTEGER NOT NULL) STRICT',
    indexes: ['CREATE INDEX number_by_value ON number (value)'],
    open: (view: ViewDatabase) => {
      let gathered: { readonly position: bigint; readonly value: number }[] = [];
      return {
        writer: {
          apply({ position, data }) {
            const value = Number(data['value']);
            onApply();
            if (value < 0 && !isMended) throw new Error(`A negative number: ${value}`);
            gathered.push({ position, value });
          },
          flush() {
            for (const { position, value } of gathered) view.run('INSERT INTO number VALUES (?, ?)', position, value);
            gathered = [];
          },
          reset() {
            gathered = [];
          },
        },
        reader: { all: () => view.all('SELECT value FROM number ORDER BY position').map(({ value }) => Number(value)) },
      };
    },
  };
}

class Told implements ViewListener {
  readonly stops: (string | null)[] = [];
  readonly discards: string[] = [];
  losses = 0;
  stopped(_projection: string, eventId: string | null): void {
    this.stops.push(eventId);
  }
  storeLost(): void {
    this.losses++;
  }
  discarded(projection: string): void {
    this.discards.push(projection);
  }
}

let serial = 0;
function record(log: MemoryLog, ...values: readonly number[]): void {
  const events = values.map((value) => ({ id: `event-${++serial}`, type: 'Told', data: { value }, metadata: {} }));
  log.record('number-1', events, new Date());
}

function open(log: MemoryLog, directory: string, projection = numbers()) {
  const told = new Told();
  const runner = new ViewRunner(projection, log, directory, told);
  onTestFinished(() => runner.stop());
  return { runner, told };
}

function following(log: MemoryLog, directory: string, projection = numbers()) {
  const opened = open(log, directory, projection);
  opened.runner.start();
  return opened;
}

const range = (length: number) => Array.from({ length }, (_, index) => index);

describe('a view', () => {
  it('is built from the log, then follows it; streams of others are passed over', async () => {
    const log = new MemoryLog();
    record(log, ...range(30));
    const { runner } = following(log, temporaryDirectory());
    expect(runner.status).toMatchObject({ state: 'BUILDING', position: null });
    expect(() => runner.reader).toThrow(ViewUnavailable);
    await runner.settled();
    expect([runner.reader.all(), runner.status.state, runner.position]).toEqual([range(30), 'CURRENT', 30n]);
    record(log, 30);
    log.record('other-1', [{ id: 'other', type: 'Other', data: {}, metadata: {} }], new Date());
    expect(await runner.waitFor(32n, 5_000)).toBe(true);
    expect(runner.reader.all()).toEqual(range(31));
  });

  it('goes on where it stopped, and repeats nothing', async () => {
    const [log, directory] = [new MemoryLog(), temporaryDirectory()];
    record(log, 1, 2);
    const { runner } = following(log, directory);
    await runner.settled();
    await runner.stop();
    record(log, 3);
    let applied = 0;
    const again = following(log, directory, numbers({ onApply: () => void applied++ }));
    expect(again.runner.reader.all()).toEqual([1, 2]);
    await again.runner.settled();
    expect([again.runner.reader.all(), applied]).toEqual([[1, 2, 3], 1]);
  });

  it('answers whoever waits as soon as it is there, and after the deadline, a stop or the end with no', async () => {
    const log = new MemoryLog();
    const { runner } = following(log, temporaryDirectory());
    await runner.settled();
    expect(await runner.waitFor(1n, 1)).toBe(false);
    const waiting = runner.waitFor(1n, 5_000);
    record(log, 1);
    expect(await waiting).toBe(true);
    expect(await runner.waitFor(1n, 0)).toBe(true);
    const left = runner.waitFor(9n, 60_000);
    await runner.stop();
    expect([await left, await runner.waitFor(9n, 60_000)]).toEqual([false, false]);
  });

  it('stops right before an event that it cannot take, names it, and answers with what came before', async () => {
    const [log, directory] = [new MemoryLog(), temporaryDirectory()];
    const { runner, told } = following(log, directory);
    await runner.settled();
    record(log, 1, 2, -3, 4);
    const poison = log.events[2]?.id;
    await expect.poll(() => runner.status.state).toBe('STOPPED');
    expect([runner.reader.all(), runner.position, runner.status.failedEventId, told.stops]).toEqual([[1, 2], 2n, poison, [poison]]);
    expect(await runner.waitFor(4n, 60_000)).toBe(false);
    record(log, 5);
    await nextTurn();
    expect([runner.reader.all(), told.stops.length]).toEqual([[1, 2], 1]);
    await runner.stop();

    const mended = following(log, directory, numbers({ isMended: true }));
    await mended.runner.settled();
    expect([mended.runner.reader.all(), mended.runner.status.state]).toEqual([[1, 2, -3, 4, 5], 'CURRENT']);
  });

  it('stops at such an event in its first build too, however many came before it', async () => {
    const log = new MemoryLog();
    record(log, ...range(20), -1, 20);
    const { runner, told } = following(log, temporaryDirectory());
    await runner.settled();
    expect([runner.status.state, runner.reader.all(), told.stops]).toEqual(['STOPPED', range(20), [log.events[20]?.id]]);
  });

  it('waits for a log that is lost, and goes on when it is back', async () => {
    const log = new MemoryLog();
    record(log, 1);
    const { runner, told } = following(log, temporaryDirectory());
    await runner.settled();
    log.lose();
    await expect.poll(() => told.losses).toBeGreaterThan(0);
    expect([runner.status.state, runner.reader.all()]).toEqual(['CATCHING_UP', [1]]);
    log.giveBack();
    record(log, 2);
    expect(await runner.waitFor(2n, 10_000)).toBe(true);
    await runner.settled();
    expect([runner.reader.all(), runner.status.state, told.stops]).toEqual([[1, 2], 'CURRENT', []]);
  });

  it.each([
    ['shorter than what it has seen', (log: MemoryLog) => log.truncate(1)],
    ['another one from some point on', (log: MemoryLog) => (log.truncate(1), record(log, 7, 8, 9))],
  ])('is built anew when the log is %s, as after a restore', async (_, restore) => {
    const [log, directory] = [new MemoryLog(), temporaryDirectory()];
    record(log, 1, 2);
    const { runner } = following(log, directory);
    await runner.settled();
    await runner.stop();
    restore(log);
    const again = following(log, directory);
    await expect.poll(() => again.told.discards).toEqual(['numbers']);
    await again.runner.settled();
    expect(again.runner.reader.all()).toEqual(log.events.map(({ data }) => data['value']));
  });

  it('is built anew when its file is damaged', async () => {
    const [log, directory] = [new MemoryLog(), temporaryDirectory()];
    record(log, 1);
    writeFileSync(join(directory, 'views-numbers-v1.db'), 'this is no database, and longer than a header of one would be. '.repeat(100));
    const { runner, told } = following(log, directory);
    await runner.settled();
    expect([runner.reader.all(), told.discards]).toEqual([[1], ['numbers']]);
  });

  it('of a new version is built from the beginning, and those of older ones go when it is there', async () => {
    const [log, directory] = [new MemoryLog(), temporaryDirectory()];
    record(log, 1);
    const { runner } = following(log, directory);
    await runner.settled();
    await runner.stop();
    const next = following(log, directory, numbers({ version: 2 }));
    expect(() => next.runner.reader).toThrow(ViewUnavailable);
    await next.runner.settled();
    expect([next.runner.reader.all(), readdirSync(directory).filter((name) => name.endsWith('.db'))]).toEqual([[1], ['views-numbers-v2.db']]);
  });
});

describe('a view built anew', () => {
  it('changes places with the one that serves, which follows the log until then: readers never go back in time', async () => {
    const log = new MemoryLog();
    record(log, ...range(50));
    const { runner } = following(log, temporaryDirectory());
    await runner.settled();
    const seen: number[] = [];
    runner.onAdvance(() => seen.push(runner.reader.all().length));
    const rebuilding = runner.rebuild(() => {
      if (log.events.length < 80) record(log, log.events.length);
    });
    const { events } = await rebuilding;
    expect(events).toBeGreaterThanOrEqual(50);
    record(log, 1_000);
    expect(await runner.waitFor(BigInt(log.events.length), 5_000)).toBe(true);
    expect(runner.reader.all()).toEqual(log.events.map(({ data }) => data['value']));
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
    expect(runner.status.state).toBe('CURRENT');
  });

  it('waits for nobody where the view that serves has gone past events of others, of which the log said nothing', async () => {
    const log = new MemoryLog();
    record(log, 1, 2, 3);
    const { runner } = following(log, temporaryDirectory());
    await runner.settled();
    log.record('other-1', [{ id: 'other', type: 'Other', data: {}, metadata: {} }], new Date());
    expect(await runner.waitFor(4n, 5_000)).toBe(true);
    log.tellsOfOthers = false;
    expect(await runner.rebuild()).toEqual({ events: 3 });
    expect([runner.reader.all(), runner.position]).toEqual([[1, 2, 3], 4n]);
  });

  it('can be built while nothing follows the log, and is complete for whoever follows it next', async () => {
    const [log, directory] = [new MemoryLog(), temporaryDirectory()];
    record(log, 1, 2, 3);
    const { runner } = open(log, directory);
    const progress: [bigint, bigint][] = [];
    expect(await runner.rebuild((position, head) => void progress.push([position, head]))).toEqual({ events: 3 });
    expect(progress.at(-1)).toEqual([3n, 3n]);
    await runner.stop();
    let applied = 0;
    const again = following(log, directory, numbers({ onApply: () => void applied++ }));
    await again.runner.settled();
    expect([again.runner.reader.all(), applied]).toEqual([[1, 2, 3], 0]);
  });

  it('leaves the present one alone when an event cannot be taken, and mends one that stood still when it can', async () => {
    const [log, directory] = [new MemoryLog(), temporaryDirectory()];
    record(log, 1, -2, 3);
    const projection = { ...numbers() };
    const { runner } = following(log, directory, projection);
    await runner.settled();
    expect(runner.status.state).toBe('STOPPED');
    await expect(runner.rebuild()).rejects.toThrow(PoisonEvent);
    expect([runner.reader.all(), runner.status.state, readdirSync(directory).filter((name) => name.includes('building'))]).toEqual([[1], 'STOPPED', []]);
    Object.assign(projection, { open: numbers({ isMended: true }).open });
    await runner.rebuild();
    await runner.settled();
    record(log, 4);
    expect(await runner.waitFor(4n, 5_000)).toBe(true);
    expect([runner.reader.all(), runner.status]).toMatchObject([[1, -2, 3, 4], { state: 'CURRENT', failedEventId: null }]);
  });

  it('is given up when the service stops meanwhile, and nothing of it stays', async () => {
    const [log, directory] = [new MemoryLog(), temporaryDirectory()];
    record(log, ...range(100));
    const { runner } = following(log, directory);
    await runner.settled();
    const rebuilding = runner.rebuild(() => void runner.stop());
    await expect(rebuilding).rejects.toThrow(/abort/i);
    await runner.stop();
    expect(readdirSync(directory)).toEqual(['views-numbers-v1.db']);
  });

  it('is built once at a time', async () => {
    const log = new MemoryLog();
    record(log, 1);
    const { runner } = open(log, temporaryDirectory());
    const first = runner.rebuild();
    await expect(runner.rebuild()).rejects.toThrow('already');
    await first;
    expect(runner.reader.all()).toEqual([1]);
  });

  it('is found half done after a crash, and thrown away', async () => {
    const [log, directory] = [new MemoryLog(), temporaryDirectory()];
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'views-numbers-v1.building.db'), 'half');
    record(log, 1);
    const { runner } = following(log, directory);
    await runner.settled();
    expect([runner.reader.all(), readdirSync(directory).filter((name) => name.includes('building'))]).toEqual([[1], []]);
  });
});
