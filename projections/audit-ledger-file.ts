import { existsSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Hash } from '../src/ledger/hashes.js';
import type { LedgerRecord, RecordedLeaf } from '../src/ledger/verification-input.js';
import { auditLedger } from './audit-ledger.js';
import { LedgerReader, storedLevels } from './audit-ledger-reader.js';
import type { Scalar } from './paging.js';
import type { Row } from './view-database.js';
import { ViewFiles } from './view-files.js';

/** Leaves in one batch. */
const batchSize = 1_000;

/** The ledger's file, for reading alone: also beside a service that goes on with it. */
export class LedgerFile {
  readonly #database: DatabaseSyncInstance;
  readonly reader: LedgerReader;

  private constructor(file: string) {
    this.#database = new DatabaseSync(file, { readOnly: true, timeout: 2_000 });
    this.#database.exec('PRAGMA trusted_schema = OFF');
    this.reader = new LedgerReader(this);
  }

  /** Null when there is none in the directory, or it is not of this release. */
  static open(directory: string): LedgerFile | null {
    const { serving } = new ViewFiles(directory, auditLedger.name, auditLedger.version);
    return existsSync(serving) ? new LedgerFile(serving) : null;
  }

  get(sql: string, ...values: readonly Scalar[]): Row | undefined {
    return this.#prepared(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: readonly Scalar[]): readonly Row[] {
    return this.#prepared(sql).all(...values) as readonly Row[];
  }

  /** What it has recorded by the time that its first leaf is asked for: for a verification, which takes nothing in it for granted. */
  record(): LedgerRecord {
    return {
      leaves: this.#leaves(),
      keepsLevel: (level) => level % storedLevels === 0,
      subtree: (level, index) => {
        const hash = this.get('SELECT hash FROM subtree WHERE level = ? AND number = ?', level, index)?.['hash'];
        return hash == null ? null : bytes(hash);
      },
    };
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  *#leaves(): Iterable<readonly RecordedLeaf[]> {
    const end = this.reader.size;
    const statement = this.#database.prepare('SELECT number, position, hash, chain FROM leaf WHERE number > ? AND number < ? ORDER BY number LIMIT ?');
    statement.setReturnArrays(true);
    for (let after = -1; ;) {
      const rows = statement.all(after, end, batchSize) as unknown as readonly (readonly [number, number, string, string])[];
      if (rows.length === 0) return;
      yield rows.map(([number, position, hash, chain]) => ({ number, position: BigInt(position), hash: bytes(hash), chain: bytes(chain) }));
      after = rows.at(-1)?.[0] ?? end;
    }
  }

  #prepared(sql: string) {
    return this.#database.prepare(sql);
  }
}

function bytes(text: unknown): Hash {
  return Buffer.from(String(text), 'base64');
}
