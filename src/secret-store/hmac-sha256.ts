import { hash } from 'node:crypto';

const blockLength = 64;
const digestLength = 32;
/** Messages are put together here, one at a time: nothing else runs in between. */
const inner = Buffer.alloc(4_096);
const outer = Buffer.alloc(blockLength + digestLength);

/**
 * HMAC-SHA-256 (RFC 2104) under one key, by hashes of one call: the same bytes as node's `createHmac`, whose objects cost several times as much and are a burden on the garbage collector. Who reads a
 * whole log makes hundreds of thousands.
 */
export class HmacSha256 {
  readonly #innerPad = Buffer.alloc(blockLength, 0x36);
  readonly #outerPad = Buffer.alloc(blockLength, 0x5c);

  /** @param key at most 64 bytes, which is copied. */
  constructor(key: Buffer) {
    if (key.length > blockLength) throw new RangeError('The key of an HMAC is at most 64 bytes long here.');
    for (const [index, byte] of key.entries()) {
      this.#innerPad[index] = 0x36 ^ byte;
      this.#outerPad[index] = 0x5c ^ byte;
    }
  }

  /** The caller gets a copy. */
  digest(...message: readonly (string | Uint8Array)[]): Buffer {
    const length = message.reduce((sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : part.length), blockLength);
    const whole = length <= inner.length ? inner : Buffer.alloc(length);
    this.#innerPad.copy(whole);
    let at = blockLength;
    for (const part of message) {
      if (typeof part === 'string') at += whole.write(part, at);
      else {
        whole.set(part, at);
        at += part.length;
      }
    }
    this.#outerPad.copy(outer);
    hash('sha256', whole.subarray(0, length), 'buffer').copy(outer, blockLength);
    const digest = hash('sha256', outer, 'buffer');
    whole.fill(0, 0, length);
    outer.fill(0);
    return digest;
  }

  erase(): void {
    this.#innerPad.fill(0);
    this.#outerPad.fill(0);
  }
}
