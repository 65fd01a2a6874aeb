import { HmacSha256 } from './hmac-sha256.js';

/** HKDF-SHA-256 (RFC 5869): `length` bytes, at most 8,160, from `key`, `salt` and `info`. The same bytes as node's `hkdfSync`, which spends several times as long on wrapping its arguments. */
export function hkdf(key: Buffer, salt: Buffer | string, info: Buffer | string, length: number): Buffer {
  const extract = new HmacSha256(typeof salt === 'string' ? Buffer.from(salt) : salt);
  const pseudoRandomKey = extract.digest(key);
  const output = hkdfExpand(pseudoRandomKey, info, length);
  pseudoRandomKey.fill(0);
  return output;
}

/** The second half of it, for a key that is uniformly random already (RFC 5869, section 3.3). */
export function hkdfExpand(key: Buffer, info: Buffer | string, length: number): Buffer {
  const expand = new HmacSha256(key);
  const output = Buffer.alloc(Math.ceil(length / 32) * 32);
  let block: Buffer = Buffer.alloc(0);
  for (let counter = 1; (counter - 1) * 32 < length; counter++) {
    block = expand.digest(block, info, Uint8Array.of(counter));
    block.copy(output, (counter - 1) * 32);
  }
  block.fill(0);
  expand.erase();
  return output.subarray(0, length);
}
