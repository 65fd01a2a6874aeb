import { chainHash, chainStart, leafHash, type Hash } from '../src/ledger/hashes.js';
import { leafInput } from '../src/ledger/leaf.js';
import { edgeOf, MerkleEdge } from '../src/ledger/merkle-tree.js';
import { auditedStreamPrefixes } from '../src/domain/streams.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import { LedgerReader, storedLevels } from './audit-ledger-reader.js';
import type { Projection, ProjectionWriter } from './projection.js';
import type { ViewDatabase } from './view-database.js';

/**
 * The hashes of the log: a leaf for each event that the audit trail shows, in the same order, as it lies in the store; the chain over them; and the Merkle tree (RFC 9162). It holds nothing that
 * the log does not give again: evidence are the checkpoints that were signed of it.
 */
export const auditLedger: Projection<LedgerReader> = {
  name: 'audit-ledger',
  version: 1,
  streamPrefixes: auditedStreamPrefixes,
  tables: `
    CREATE TABLE leaf (number INTEGER PRIMARY KEY, position INTEGER NOT NULL, hash TEXT NOT NULL, chain TEXT NOT NULL) STRICT; -- counted from 0; base64
    CREATE TABLE subtree (level INTEGER NOT NULL, number INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (level, number)) STRICT, WITHOUT ROWID;`,
  indexes: [],
  open: (view) => {
    const reader = new LedgerReader(view);
    return { writer: new LedgerWriter(view, reader), reader };
  },
};

class LedgerWriter implements ProjectionWriter {
  /** Null until it is needed: then it is read from the tables. */
  #edge: MerkleEdge | null = null;
  #chain: Hash = chainStart;

  constructor(
    readonly view: ViewDatabase,
    readonly reader: LedgerReader,
  ) {}

  apply(event: RecordedEvent): void {
    const edge = this.#loaded();
    const hash = leafHash(leafInput(event));
    this.#chain = chainHash(this.#chain, hash);
    this.view.run('INSERT INTO leaf VALUES (?, ?, ?, ?)', edge.size, event.position, hash.toString('base64'), this.#chain.toString('base64'));
    for (const subtree of edge.append(hash))
      if (subtree.level > 0 && subtree.level % storedLevels === 0)
        this.view.run('INSERT INTO subtree VALUES (?, ?, ?)', subtree.level, subtree.index, subtree.hash.toString('base64'));
  }

  flush(): void {
    // Each event was written at once.
  }

  reset(): void {
    this.#edge = null;
  }

  #loaded(): MerkleEdge {
    if (this.#edge) return this.#edge;
    const { size } = this.reader;
    const subtrees = edgeOf(size).map(({ level, index }) => ({ level, index, hash: this.reader.subtreeHash(level, index) }));
    this.#chain = size === 0 ? chainStart : this.reader.leaf(size - 1).chain;
    this.#edge = new MerkleEdge(size, subtrees);
    return this.#edge;
  }
}
