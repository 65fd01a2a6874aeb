import { createHmac, hkdfSync } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hkdf, hkdfExpand } from '../../src/secret-store/hkdf.js';
import { HmacSha256 } from '../../src/secret-store/hmac-sha256.js';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const hex = (text: string) => Buffer.from(text, 'hex');

describe('HMAC-SHA-256', () => {
  it('is what node makes, for any key of up to a block and any message, long ones too', () => {
    fc.assert(
      fc.property(bytes(64), fc.string({ unit: 'binary', maxLength: 200 }), bytes(6_000), (key, text, message) => {
        const keyed = new HmacSha256(key);
        expect(keyed.digest(text, message)).toEqual(createHmac('sha256', key).update(text).update(message).digest());
        // One digest leaves nothing for the next.
        expect(keyed.digest('x')).toEqual(createHmac('sha256', key).update('x').digest());
      }),
    );
  });

  it('takes no key that would have to be hashed first', () => expect(() => new HmacSha256(Buffer.alloc(65))).toThrow(RangeError));
});

describe('HKDF-SHA-256', () => {
  it('gives the octets of RFC 5869, appendix A.1', () => {
    const [key, salt, info] = [Buffer.alloc(22, 0x0b), hex('000102030405060708090a0b0c'), hex('f0f1f2f3f4f5f6f7f8f9')];
    expect(hkdf(key, salt, info, 42).toString('hex')).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
    const pseudoRandomKey = hex('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    expect(hkdfExpand(pseudoRandomKey, info, 42)).toEqual(hkdf(key, salt, info, 42));
  });

  it('is what node makes, for any key, salt, info and length', () => {
    fc.assert(
      fc.property(bytes(100), bytes(64), bytes(100), fc.integer({ min: 1, max: 300 }), (key, salt, info, length) => {
        expect(hkdf(key, salt, info, length)).toEqual(Buffer.from(hkdfSync('sha256', key, salt, info, length)));
      }),
    );
  });
});
