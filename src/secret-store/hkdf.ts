import { createHmac } from 'node:crypto';

/**
 * HKDF-SHA-256 (RFC 5869): `length` bytes, at most 8,160, from `key`, `salt` and `info`. The same bytes as node's `hkdfSync`, which spends twice the time on
 * wrapping its arguments; two secrets a new account make that felt.
 */
export function hkdf(key: Buffer, salt: Buffer | string, info: Buffer | string, length: number): Buffer {
  const pseudoRandomKey = createHmac('sha256', salt).update(key).digest();
  const output = Buffer.allocUnsafe(Math.ceil(length / 32) * 32);
  let block: Buffer = Buffer.alloc(0);
  for (let counter = 1; (counter - 1) * 32 < length; counter++) {
    block = createHmac('sha256', pseudoRandomKey).update(block).update(info).update(Uint8Array.of(counter)).digest();
    block.copy(output, (counter - 1) * 32);
  }
  block.fill(0);
  pseudoRandomKey.fill(0);
  return output.subarray(0, length);
}
