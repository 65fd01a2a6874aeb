import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuditIndex, type Sought } from '../../projections/audit-index.js';
import { entriesABlock, placesOf, PlaceSet, storedPlaces } from '../../projections/audit-places.js';
import { term } from '../../projections/audit-terms.js';
import { writtenBlockTables } from '../../projections/audit-written-blocks.js';
import { ViewDatabase } from '../../projections/view-database.js';
import { temporaryDirectory } from './temporary-views.js';

/** Short words of few letters: many of them begin alike. */
const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '𝒜'), minLength: 1, maxLength: 5 }).map(term.word);
const terms = fc.array(fc.oneof({ weight: 4, arbitrary: words }, { weight: 1, arbitrary: fc.constantFrom('a1', 'a2', 'oDENIED') }), {
  maxLength: 30,
  size: 'max',
});

type Step =
  | { readonly add: readonly string[] }
  | { readonly replace: number; readonly by: readonly string[] }
  | { readonly flush: true }
  | { readonly undo: readonly (readonly string[])[] }
  | { readonly forget: true }
  | { readonly reopen: true };
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: fc.record({ add: terms }) },
    { weight: 12, arbitrary: fc.record({ replace: fc.nat(200), by: terms }) },
    { weight: 4, arbitrary: fc.constant({ flush: true } as const) },
    { weight: 1, arbitrary: fc.record({ undo: fc.array(terms, { minLength: 1, maxLength: 5 }) }) },
    { weight: 1, arbitrary: fc.constant({ forget: true } as const) },
    { weight: 2, arbitrary: fc.constant({ reopen: true } as const) },
  ),
  { minLength: 30, maxLength: 120, size: 'max' },
);

const fits = (sought: Sought) => (entry: readonly string[]) =>
  'beginning' in sought ? entry.some((each) => each.startsWith(sought.beginning)) : sought.oneOf.some((each) => entry.includes(each));

class RollBack extends Error {}

function rolledBack(view: ViewDatabase, work: () => void): void {
  try {
    view.inTransaction(() => {
      work();
      throw new RollBack();
    });
  } catch (error) {
    if (!(error instanceof RollBack)) throw error;
  }
}

describe('the index of the audit trail', () => {
  it('has every term of every entry, and no other, whatever was added, replaced, written and rolled back', () => {
    const blockSizes = fc.constantFrom(1, 5, 16, 40, entriesABlock);
    const asked: fc.Arbitrary<Sought> = fc.oneof(
      fc.record({ beginning: words }),
      fc.record({ beginning: fc.constantFrom('wa', 'wb', 'wé', 'w𝒜') }),
      fc.record({ oneOf: fc.uniqueArray(fc.oneof(words, fc.constantFrom('a1', 'a2', 'oDENIED')), { maxLength: 4 }) }),
    );
    fc.assert(
      fc.property(steps, fc.array(asked, { minLength: 8, maxLength: 8 }), blockSizes, (all, questions, blockSize) => {
        const view = new ViewDatabase(join(temporaryDirectory(), 'index.db'), 'follow');
        view.execute(writtenBlockTables);
        let entries: (readonly string[])[] = [];
        const opened = () => new AuditIndex(view, (from) => entries.slice(from).map((each, place) => [from + place, each] as const), blockSize);
        let index = opened();
        const add = (entry: readonly string[]) => index.add(entries.push(entry) - 1, () => entry);
        const check = () => {
          for (const sought of questions) {
            const found: number[] = [];
            for (let block = 0; block * blockSize < entries.length; block++) {
              const places = new PlaceSet();
              index.addPlaces(block, sought, places);
              found.push(...places.within(0, entriesABlock, false, entriesABlock).map((place) => block * blockSize + place));
            }
            expect(found).toEqual(entries.flatMap((entry, ordinal) => (fits(sought)(entry) ? [ordinal] : [])));
          }
        };
        for (const step of all)
          if ('add' in step) add(step.add);
          else if ('replace' in step && entries.length > 0) {
            const ordinal = step.replace % entries.length;
            const before = new Set(entries[ordinal]);
            entries[ordinal] = step.by;
            index.replace(ordinal, before, new Set(step.by));
          } else if ('flush' in step) {
            index.flush();
            check();
          } else if ('forget' in step) index.forget();
          else if ('reopen' in step) index = opened();
          else if ('undo' in step) {
            const kept = [...entries];
            rolledBack(view, () => {
              for (const entry of step.undo) add(entry);
              index.flush();
            });
            entries = kept;
            index.reset();
          }
        check();
        view.discard();
      }),
      { numRuns: 60 },
    );
  });

  it('keeps places as they are: of any number, from any one to any other, in both directions', () => {
    const sets = fc.oneof(
      fc.uniqueArray(fc.nat(entriesABlock - 1), { maxLength: 60 }),
      fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(50)).map(([step, first]) => Array.from({ length: entriesABlock }, (_, n) => first + n * step)),
    );
    const range = fc.tuple(fc.nat(entriesABlock), fc.nat(entriesABlock));
    fc.assert(
      fc.property(sets, range, fc.integer({ min: 1, max: 300 }), (numbers, [one, other], most) => {
        const sorted = numbers.filter((place) => place < entriesABlock).sort((a, b) => a - b);
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const places = new PlaceSet();
        places.addStored(storedPlaces(sorted));
        const inside = sorted.filter((place) => place >= from && place < to);
        expect(placesOf(places.stored())).toEqual(sorted);
        expect(places.count(from, to)).toBe(inside.length);
        expect(places.within(from, to, false, most)).toEqual(inside.slice(0, most));
        expect(places.within(from, to, true, most)).toEqual(inside.toReversed().slice(0, most));
      }),
      { numRuns: 150 },
    );
  });
});
