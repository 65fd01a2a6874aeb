import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mappedIterable } from '../../src/personal-data/mapped-iterable.js';

/** Numbers up to `end`, and what became of whoever gives them. */
function numbers(end: number, failsAt = Infinity) {
  const state = { given: 0, isOver: false };
  const generate = async function* () {
    try {
      for (let number = 0; number < end; number++) {
        if (number === failsAt) throw new Error('The source fails.');
        if (number % 3 === 0) await nextTurn();
        state.given++;
        yield number;
      }
    } finally {
      state.isOver = true;
    }
  };
  return { state, source: generate() };
}

const slow = fc.array(fc.boolean(), { minLength: 1, maxLength: 10 });
const doubled = (waits: readonly boolean[]) => (number: number) => (waits[number % waits.length] ? nextTurn(2 * number) : 2 * number);

describe('items that are mapped', () => {
  it('come all of them and in order, whichever answers are waited for, and however many are taken ahead', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), slow, fc.nat(5), async (end, waits, ahead) => {
        const { source, state } = numbers(end);
        const seen: number[] = [];
        let left = 0;
        for await (const item of mappedIterable(source, doubled(waits), { ahead, leave: () => left++ })) seen.push(item);
        expect(seen).toEqual(Array.from({ length: end }, (_, number) => 2 * number));
        expect([state.isOver, left > 0]).toEqual([true, true]);
      }),
    );
  });

  it('end with the fault of the one that cannot be mapped, after all that come before it, and let go of the source', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.nat(39), slow, fc.nat(5), fc.boolean(), async (end, at, waits, ahead, inSource) => {
        const failsAt = at % end;
        const { source, state } = numbers(end, inSource ? failsAt : Infinity);
        const seen: number[] = [];
        const map = (number: number) => {
          if (!inSource && number === failsAt) throw new Error('It cannot be mapped.');
          return doubled(waits)(number);
        };
        let left = 0;
        const reading = (async () => {
          for await (const item of mappedIterable(source, map, { ahead, leave: () => left++ })) seen.push(item);
        })();
        await expect(reading).rejects.toThrow(inSource ? 'The source fails.' : 'It cannot be mapped.');
        expect(seen).toEqual(Array.from({ length: failsAt }, (_, number) => 2 * number));
        expect([state.isOver, left > 0]).toEqual([true, true]);
      }),
    );
  });

  it('are left at any of them, and the source with them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.nat(39), slow, fc.nat(5), async (end, at, waits, ahead) => {
        const { source, state } = numbers(end);
        let left = 0;
        for await (const item of mappedIterable(source, doubled(waits), { ahead, leave: () => left++ })) if (item === 2 * (at % end)) break;
        expect([state.isOver, left > 0]).toEqual([true, true]);
      }),
    );
  });

  it('end where nothing more is wanted, what was taken ahead among them', async () => {
    const { source } = numbers(40);
    const seen: number[] = [];
    for await (const item of mappedIterable(source, doubled([true]), { ahead: 10, isOver: () => seen.length === 4 })) seen.push(item);
    expect(seen).toEqual([0, 2, 4, 6]);
  });

  it('are not taken ahead where all answers are there at once', async () => {
    const { source, state } = numbers(40);
    const ahead: number[] = [];
    for await (const item of mappedIterable(source, doubled([false]), { ahead: 10 })) ahead.push(state.given - item / 2);
    expect(Math.max(...ahead)).toBe(1);
  });
});
