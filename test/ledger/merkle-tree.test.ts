import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, nodeHash, type Hash } from '../../src/ledger/hashes.js';
import { consistencyPath, edgeOf, emptyRoot, inclusionPath, MerkleEdge, provesConsistency, provesInclusion, rootOf } from '../../src/ledger/merkle-tree.js';

/** The eight leaves and the roots of their trees that implementations of Certificate Transparency are tested with. */
const knownLeaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const knownRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The tree as RFC 9162, section 2.1.1, defines it. */
function definedRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return emptyRoot;
  const [only] = leaves;
  if (leaves.length === 1 && only) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(definedRoot(leaves.slice(0, k)), definedRoot(leaves.slice(k)));
}

const leavesOf = (size: number) => Array.from({ length: size }, (_, index) => leafHash(`leaf ${index}`));
const subtreeHashIn = (leaves: readonly Hash[]) => (level: number, index: number) => definedRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
const size = fc.integer({ min: 1, max: 70 });

describe('a Merkle tree', () => {
  it('has the roots that are known for the eight leaves of Certificate Transparency', () => {
    const edge = new MerkleEdge();
    const roots = knownLeaves.map((leaf) => {
      edge.append(leafHash(Buffer.from(leaf, 'hex')));
      return edge.root().toString('hex');
    });
    expect(roots).toEqual(knownRoots);
    expect(new MerkleEdge().root().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('grows leaf by leaf to what RFC 9162 defines, from any size on', () => {
    fc.assert(
      fc.property(size, size, (before, more) => {
        const leaves = leavesOf(before + more);
        const subtreeHash = subtreeHashIn(leaves);
        const edge = new MerkleEdge(
          before,
          edgeOf(before).map(({ level, index }) => ({ level, index, hash: subtreeHash(level, index) })),
        );
        for (const leaf of leaves.slice(before)) for (const { level, index, hash } of edge.append(leaf)) expect(hash).toEqual(subtreeHash(level, index));
        expect(edge.root()).toEqual(definedRoot(leaves));
        expect(rootOf(before, subtreeHash)).toEqual(definedRoot(leaves.slice(0, before)));
        expect(edge.size).toBe(before + more);
      }),
    );
  });

  it('proves each of its leaves, and no other leaf, place, size or root', () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (leafCount, chosen, other) => {
        const leaves = leavesOf(leafCount);
        const root = definedRoot(leaves);
        const index = chosen % leafCount;
        const leaf = leafHash(`leaf ${index}`);
        const path = inclusionPath(index, leafCount, subtreeHashIn(leaves));
        expect(provesInclusion(leaf, index, leafCount, path, root)).toBe(true);
        expect(provesInclusion(leafHash('another'), index, leafCount, path, root)).toBe(false);
        expect(provesInclusion(leaf, index, leafCount, path, leafHash('another'))).toBe(false);
        expect(provesInclusion(leaf, index, leafCount, [...path, leaf], root)).toBe(false);
        expect(provesInclusion(leaf, other % leafCount, leafCount, path, root)).toBe(other % leafCount === index);
        expect(provesInclusion(leaf, index, leafCount, path.slice(1), root)).toBe(leafCount === 1);
        expect(provesInclusion(leaf, leafCount, leafCount, path, root)).toBe(false);
      }),
    );
  });

  it('proves that it begins with each of its earlier states, and with no other', () => {
    fc.assert(
      fc.property(size, fc.nat(), (newer, chosen) => {
        const leaves = leavesOf(newer);
        const older = 1 + (chosen % newer);
        const [olderRoot, newerRoot] = [definedRoot(leaves.slice(0, older)), definedRoot(leaves)];
        const path = consistencyPath(older, newer, subtreeHashIn(leaves));
        expect(provesConsistency(older, olderRoot, newer, newerRoot, path)).toBe(true);
        expect(provesConsistency(older, leafHash('another'), newer, newerRoot, path)).toBe(false);
        expect(provesConsistency(older, olderRoot, newer, leafHash('another'), path)).toBe(false);
        expect(provesConsistency(older, olderRoot, newer, newerRoot, path.slice(0, -1))).toBe(older === newer);
        const forked = leaves.with(older - 1, leafHash('forked'));
        expect(provesConsistency(older, olderRoot, newer, definedRoot(forked), consistencyPath(older, newer, subtreeHashIn(forked)))).toBe(false);
      }),
    );
  });

  it('has no proof of what is not in it', () => {
    const subtreeHash = subtreeHashIn(leavesOf(3));
    expect(() => inclusionPath(3, 3, subtreeHash)).toThrow(RangeError);
    expect(() => consistencyPath(0, 3, subtreeHash)).toThrow(RangeError);
    expect(() => consistencyPath(4, 3, subtreeHash)).toThrow(RangeError);
  });
});
