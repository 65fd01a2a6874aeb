import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { follow, type Growing } from '../../schema/subscription/follow.js';
import { untilReturned } from '../../schema/subscription/until-returned.js';

/** A log of numbers at positions 1, 2, 3 …, of which the even ones pass the filter. Told in batches of four positions. */
class GrowingNumbers implements Growing<number> {
  #end = 0n;
  readonly #listeners = new Set<() => void>();
  readonly batchSize = 4n;
  /** What was erased: it is told with a minus from then on. */
  readonly erased = new Set<number>();

  append(count: number): void {
    this.#end += BigInt(count);
    for (const listener of this.#listeners) listener();
  }

  /** A wake-up without news: the view moved, but nothing that counts here. */
  nudge(): void {
    for (const listener of this.#listeners) listener();
  }

  erase(number: number): void {
    this.erased.add(number);
    this.nudge();
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  after = (position: bigint) => {
    if (position >= this.#end) return { rows: [], reached: null };
    const reached = position + this.batchSize < this.#end ? position + this.batchSize : this.#end;
    const rows = Array.from({ length: Number(reached - position) }, (_, index) => Number(position) + index + 1).filter((number) => number % 2 === 0);
    return { rows: rows.map((number) => (this.erased.has(number) ? -number : number)), reached };
  };

  positionOf = (number: number) => BigInt(Math.abs(number));

  onAdvance = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

const evens = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index + 1).filter((number) => number % 2 === 0);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Reads until the stream ends; what it has read so far is in `told`. */
function reading(stream: AsyncIterable<number>): { readonly told: number[]; readonly ended: Promise<void> } {
  const told: number[] = [];
  const ended = (async () => {
    for await (const number of stream) told.push(number);
  })();
  return { told, ended };
}

describe('following the log', () => {
  it('tells what was there after the cursor, then what comes: nothing is missed and nothing told twice, however reading and writing meet', async () => {
    const step = fc.oneof(fc.record({ append: fc.integer({ min: 1, max: 8 }) }), fc.constant('nudge' as const), fc.constant('turn' as const));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }), fc.array(step, { maxLength: 20 }), async (before, cursor, steps) => {
        const log = new GrowingNumbers();
        log.append(before);
        const stopped = new AbortController();
        const { told, ended } = reading(follow(log, BigInt(Math.min(cursor, before)), stopped.signal));
        let end = before;
        for (const each of steps)
          if (each === 'turn') await turn();
          else if (each === 'nudge') log.nudge();
          else {
            log.append(each.append);
            end += each.append;
          }
        const expected = evens(Math.min(cursor, before), end);
        for (let turns = 0; told.length < expected.length && turns < 100; turns++) await turn();
        stopped.abort();
        await ended;
        expect(told).toEqual(expected);
        expect(log.listeners).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('ends without an error when it is aborted: while it waits, between two rows, and before it began', async () => {
    const log = new GrowingNumbers();
    const waiting = new AbortController();
    const { told, ended } = reading(follow(log, 0n, waiting.signal));
    await turn();
    waiting.abort();
    await ended;
    log.append(4);
    expect(told).toEqual([]);

    const between = new AbortController();
    const rows = follow(log, 0n, between.signal);
    expect(await rows.next()).toEqual({ done: false, value: 2 });
    between.abort();
    expect(await rows.next()).toEqual({ done: true, value: undefined });

    expect(await follow(log, 0n, AbortSignal.abort()).next()).toEqual({ done: true, value: undefined });
    expect(log.listeners).toBe(0);
  });

  it('tells a slow reader nothing as it was before it was erased', async () => {
    const log = new GrowingNumbers();
    log.append(8);
    const rows = follow(log, 0n, new AbortController().signal);
    expect(await rows.next()).toEqual({ done: false, value: 2 });
    log.erase(4);
    const later = [await rows.next(), await rows.next(), await rows.next()];
    expect(later.map(({ value }) => value)).toEqual([-4, 6, 8]);
    await rows.return();
  });

  it('passes a fault of the log on, and lets go of it', async () => {
    const log = new GrowingNumbers();
    log.after = () => {
      throw new Error('the view is closed');
    };
    await expect(follow(log, 0n, new AbortController().signal).next()).rejects.toThrow('the view is closed');
    expect(log.listeners).toBe(0);
  });
});

describe('a stream until its reader returns', () => {
  it('ends at once where it waits for what may never come', async () => {
    const log = new GrowingNumbers();
    const stream = untilReturned(new AbortController().signal, (signal) => follow(log, 0n, signal));
    const pending = stream.next();
    await turn();
    expect(log.listeners).toBe(1);
    expect(await stream.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(log.listeners).toBe(0);
  });

  it('ends when the caller goes away', async () => {
    const log = new GrowingNumbers();
    const outer = new AbortController();
    const { told, ended } = reading(untilReturned(outer.signal, (signal) => follow(log, 0n, signal)));
    log.append(2);
    await turn();
    outer.abort();
    await ended;
    expect(told).toEqual([2]);
    expect(log.listeners).toBe(0);
  });

  it('tells every row while nobody stops it, and lets its source end by itself', async () => {
    const { told, ended } = reading(
      untilReturned(new AbortController().signal, async function* () {
        yield await Promise.resolve(1);
        yield 2;
      }),
    );
    await ended;
    expect(told).toEqual([1, 2]);
  });
});
