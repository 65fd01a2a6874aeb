import { array, assert, constantFrom, integer, property, string, type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyDecoder } from '../../../src/mail/pop3/body-decoder.js';

/** A message as a server sends it (RFC 1939, section 3): a line that begins with a dot gets another one, and a line with a dot alone ends it. */
function sent(message: string): Buffer {
  const lines = message === '' ? [] : message.replace(/\r\n$/, '').split('\r\n');
  return Buffer.from(`${lines.map((line) => `${line.startsWith('.') ? '.' : ''}${line}\r\n`).join('')}.\r\n`, 'latin1');
}

function decoded(pieces: readonly Buffer[]): { readonly message: string; readonly rest: string | null } {
  const decoder = new BodyDecoder();
  const chunks: Buffer[] = [];
  for (const [index, piece] of pieces.entries()) {
    const { chunks: more, rest } = decoder.push(piece);
    chunks.push(...more);
    if (rest !== null) return { message: Buffer.concat(chunks).toString('latin1'), rest: Buffer.concat([rest, ...pieces.slice(index + 1)]).toString('latin1') };
  }
  return { message: Buffer.concat(chunks).toString('latin1'), rest: null };
}

const cut = (bytes: Buffer, places: readonly number[]) => [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));

/** Messages made of what matters to the decoder. */
const message: Arbitrary<string> = array(constantFrom('.', '..', '\r\n', '\r', '\n', 'a', '\u00e4', '.\r', '\n.', '\r\n.\r'), { maxLength: 30 }).map(
  (parts) => `${parts.join('')}\r\n`,
);

describe('a multi-line response', () => {
  it.each([
    ['nothing', ''],
    ['a line', 'a\r\n'],
    ['a dot', '.\r\n'],
    ['dots', '..\r\n...\r\n.a\r\n'],
    ['an empty line', '\r\n\r\n'],
    ['a bare CR at a dot', '.\rX\r\n'],
    ['a bare CR before the end of a line', '.\r\r\n'],
    ['a bare LF before a dot, which ends nothing', 'a\n.\r\nb\r\n'],
    ['a bare LF and a dotted line', 'a\n..b\r\n'],
    ['bytes of all kinds', `${String.fromCodePoint(...Array.from({ length: 256 }, (_, byte) => byte))}\r\n`],
  ])('%s comes out as it was, at each of its cuts in two and in three', (_, text) => {
    const bytes = Buffer.concat([sent(text), Buffer.from('+OK next\r\n')]);
    const expected = { message: text, rest: '+OK next\r\n' };
    for (let first = 0; first <= bytes.length; first++) {
      expect(decoded(cut(bytes, [first]))).toEqual(expected);
      for (let second = first; second <= Math.min(bytes.length, first + 12); second++) expect(decoded(cut(bytes, [first, second]))).toEqual(expected);
    }
  });

  it('comes out as it was, however its bytes are cut', () => {
    assert(
      property(message, array(integer({ min: 0, max: 200 }), { maxLength: 40 }), string(), (text, places, after) => {
        const bytes = Buffer.concat([sent(text), Buffer.from(after, 'utf8')]);
        const at = places.map((place) => Math.min(place, bytes.length)).sort((one, other) => one - other);
        expect(decoded(cut(bytes, at))).toEqual({ message: text, rest: Buffer.from(after, 'utf8').toString('latin1') });
      }),
      { numRuns: 500 },
    );
  });

  it('comes out byte by byte', () => {
    assert(
      property(message, (text) => {
        const bytes = sent(text);
        expect(
          decoded(
            cut(
              bytes,
              Array.from({ length: bytes.length }, (_, index) => index),
            ),
          ),
        ).toEqual({ message: text, rest: '' });
      }),
    );
  });

  it('loses a dot at the start of a line, and nothing else, where a server does not double it', () => {
    const bytes = Buffer.from('.\rX\r\n.\r\r\n.a\r\n.\r\n');
    for (let place = 0; place <= bytes.length; place++) expect(decoded(cut(bytes, [place]))).toEqual({ message: '\rX\r\n\r\r\na\r\n', rest: '' });
  });

  it('is one chunk for what came at once, however many dots are in it', () => {
    const { chunks, rest } = new BodyDecoder().push(Buffer.from('..\r\n'.repeat(10_000)));
    expect(chunks.map(({ length }) => length)).toEqual([30_000]);
    expect(rest).toBe(null);
  });

  it('is not at its end before the end has come', () => {
    expect(decoded([Buffer.from('a\r\n.')]).rest).toBe(null);
    expect(decoded([Buffer.from('a\r\n.\r')]).rest).toBe(null);
    expect(decoded([Buffer.from('a\r\n.\r\n')])).toEqual({ message: 'a\r\n', rest: '' });
  });
});
