import { describe, expect, it } from 'vitest';
import { StreamedBody, WholeBody } from '../../../src/mail/pop3/response-bodies.js';

const byteByByte = (text: string) => [...text].map((letter) => Buffer.from(letter));
const text = 'abcdefghij'.repeat(500);

describe('a body as a whole', () => {
  it.each([
    ['nothing', []],
    ['one chunk', [Buffer.from('abc')]],
    ['thousands', byteByByte(text)],
  ])('of %s', (_, chunks) => {
    const body = new WholeBody(10_000);
    for (const chunk of chunks) expect(body.take(chunk)).toBe(true);
    body.end();
    expect(body.bytes.toString()).toBe(Buffer.concat(chunks).toString());
  });
});

describe('a streamed body', () => {
  it('gives what has come, once, and is at its end after the last', () => {
    const body = new StreamedBody(10_000, () => undefined);
    expect(body.next()).toBe('later');
    for (const chunk of byteByByte(text)) body.take(chunk);
    expect(body.next()?.toString()).toBe(text);
    expect(body.next()).toBe('later');
    body.take(Buffer.from('last'));
    body.end();
    expect(body.next()?.toString()).toBe('last');
    expect(body.next()).toBe(null);
  });

  it('wants no more once a megabyte lies there, until it is read', () => {
    let resumed = 0;
    const body = new StreamedBody(10_000_000, () => void resumed++);
    const taken = Array.from({ length: 20 }, () => body.take(Buffer.alloc(65_536)));
    expect(taken.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => true));
    expect(taken.slice(15).includes(true)).toBe(false);
    expect(resumed).toBe(0);
    body.next();
    expect(resumed).toBe(1);
    expect(body.take(Buffer.alloc(65_536))).toBe(true);
  });

  it('counts what a chunk costs beside its bytes: single bytes fill it as well', () => {
    const body = new StreamedBody(10_000_000, () => undefined);
    let taken = 1;
    while (taken < 100_000 && body.take(Buffer.alloc(1))) taken++;
    expect(taken).toBeLessThan(10_000);
  });
});
