import { hash } from 'node:crypto';

/** A SHA-256 hash: 32 bytes. */
export type Hash = Buffer;

export const hashLength = 32;

/** Before the bytes of a leaf, of two nodes, of a link of the chain: so that none of them passes for another (RFC 9162, section 2.1.1, has the first two). */
const leafPrefix = Buffer.from([0]);
const nodePrefix = 1;
const chainPrefix = 2;

export function sha256(bytes: Buffer | string): Hash {
  return hash('sha256', bytes, 'buffer');
}

/** The hash of a leaf of the Merkle tree (RFC 9162, section 2.1.1) with this input, or the UTF-8 of this text. */
export function leafHash(input: string | Buffer): Hash {
  return sha256(typeof input === 'string' ? `\0${input}` : Buffer.concat([leafPrefix, input]));
}

/** The hash of a node of the Merkle tree with these two below it (RFC 9162, section 2.1.1). */
export function nodeHash(left: Hash, right: Hash): Hash {
  return hashOfTwo(nodePrefix, left, right);
}

/** What the chain begins with. */
export const chainStart: Hash = Buffer.alloc(hashLength);

/** The chain over the log: each link is the hash of the one before and of the leaf. */
export function chainHash(before: Hash, leaf: Hash): Hash {
  return hashOfTwo(chainPrefix, before, leaf);
}

/** Two hashes behind their prefix. Written in place: a log has two of these for each event. */
const pair = Buffer.alloc(1 + 2 * hashLength);

function hashOfTwo(prefix: number, one: Hash, other: Hash): Hash {
  // Whatever is no hash has none in common with one.
  if (one.length !== hashLength || other.length !== hashLength) return sha256(Buffer.concat([Buffer.from([prefix]), one, other]));
  pair[0] = prefix;
  pair.set(one, 1);
  pair.set(other, 1 + hashLength);
  return sha256(pair);
}
