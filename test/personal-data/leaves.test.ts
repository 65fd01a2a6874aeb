import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { putBack, takeOut } from '../../src/domain/personal-data/leaves.js';

const steps = ['a', 'b', 'c', '__proto__', 'x/y', 'x~y', ''];
/** Objects whose members often have the names that the paths lead through. */
const data = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.constantFrom(null, 1, true, 'text', '', 'ü'), fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(fc.constantFrom(...steps), tie('value'), { maxKeys: 4 }).map((members) => Object.fromEntries(Object.entries(members))),
})).object;
const paths = fc.array(
  fc.array(fc.constantFrom('a', 'b', 'c', '__proto__'), { minLength: 1, maxLength: 3 }).map((path) => path.join('.')),
  { maxLength: 4 },
);

describe('personal data in the data of an event', () => {
  it('is each text at a path and below, and nothing else', () => {
    const event = {
      sender: { kind: 'smtp', identity: { emailAddress: 'erin@example.com', displayName: null, userId: 'erin' }, connection: { host: 'mail.example.com' } },
      test: { stages: [{ message: 'Signed in.', port: 25 }, { message: null }, { message: 'Refused.' }] },
    };
    expect(takeOut(event, ['sender.identity', 'test.stages.message', 'not.there'])).toEqual({
      rest: {
        sender: { kind: 'smtp', identity: { displayName: null }, connection: { host: 'mail.example.com' } },
        test: { stages: [{ port: 25 }, { message: null }, {}] },
      },
      leaves: [
        { path: '/sender/identity/emailAddress', value: 'erin@example.com' },
        { path: '/sender/identity/userId', value: 'erin' },
        { path: '/test/stages/0/message', value: 'Signed in.' },
        { path: '/test/stages/2/message', value: 'Refused.' },
      ],
    });
  });

  it('comes back to where it was taken from: for any data and any paths', () => {
    fc.assert(
      fc.property(data, paths, (event, taken) => {
        const before = JSON.stringify(event);
        const { rest, leaves } = takeOut(event, taken);
        expect(JSON.stringify(event)).toBe(before);
        const left = JSON.stringify(rest);
        expect(putBack(rest, leaves)).toEqual(event);
        expect(JSON.stringify(rest)).toBe(left);
        // Nothing is left that would be taken.
        expect(takeOut(rest, taken).leaves).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is named by JSON Pointers, as RFC 6901 writes them', () => {
    expect(takeOut({ a: { 'x/y': 'one', 'x~y': 'two', '': 'three' } }, ['a']).leaves.map(({ path }) => path)).toEqual(['/a/', '/a/x~0y', '/a/x~1y']);
  });
});
