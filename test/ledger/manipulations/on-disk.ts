import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { auditLedger } from '../../../projections/audit-ledger.js';
import { storedLevels } from '../../../projections/audit-ledger-reader.js';
import { ViewBuild } from '../../../projections/view-build.js';
import { ViewFiles } from '../../../projections/view-files.js';
import { checkpointLine } from '../../../src/checkpoints/signed-checkpoint.js';
import { openDatabase } from '../../../src/event-store/embedded-database.js';
import { columns, type Row } from '../../../src/event-store/row.js';
import { MerkleEdge } from '../../../src/ledger/merkle-tree.js';
import type { GivenCheckpoint } from '../../../src/ledger/verification-input.js';
import type { RecordOfLog, SignedLog } from './signed-log.js';

const ledgerFile = (directory: string) => new ViewFiles(directory, auditLedger.name, auditLedger.version).serving;

/** A data directory as a service leaves it, with this log. */
export function writeDirectory(directory: string, log: SignedLog): void {
  mkdirSync(directory, { recursive: true });
  openDatabase(join(directory, 'events.db')).close();
  writeRows(join(directory, 'events.db'), log.rows);
  writeLedger(directory, log.record);
  writeFileSync(join(directory, 'audit-checkpoints'), linesOf(log.inside));
  writeFileSync(join(directory, 'audit-public-key'), `${log.signer.text}\n`);
}

/** A copy of the directory in which somebody has changed what differs between the logs. */
export function copyChanged(from: string, to: string, before: SignedLog, after: SignedLog): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  if (after.rows !== before.rows) writeRows(join(to, 'events.db'), after.rows);
  if (after.record !== before.record) writeLedger(to, after.record);
  if (after.inside !== before.inside) writeFileSync(join(to, 'audit-checkpoints'), linesOf(after.inside));
}

export function linesOf(checkpoints: readonly GivenCheckpoint[]): string {
  return checkpoints
    .map(({ signedNote, createdAt }) => {
      const [, treeSize = '', rootHash = ''] = signedNote?.split('\n') ?? [];
      return checkpointLine({ createdAt: createdAt ?? '', treeSize, rootHash, position: treeSize, signedNote: signedNote ?? '' });
    })
    .join('');
}

/** What guards the table is taken away first, as somebody would who has the file. */
function writeRows(file: string, rows: readonly Row[]): void {
  const database = new DatabaseSync(file);
  database.exec('DROP TRIGGER IF EXISTS event_is_never_changed; DROP TRIGGER IF EXISTS event_is_never_deleted');
  const insertAll = () => {
    database.exec('DELETE FROM event');
    const insert = database.prepare(`INSERT INTO event (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
    for (const row of rows) insert.run(...row);
  };
  database.exec('BEGIN');
  try {
    insertAll();
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('UNIQUE'))) throw error;
    database.exec(`DROP TABLE event; CREATE TABLE event (position INTEGER PRIMARY KEY, stream_id, revision, event_id, type, recorded_at, data, metadata)`);
    insertAll();
  }
  database.exec('COMMIT');
  database.close();
}

export function writeLedger(directory: string, { leaves }: RecordOfLog): void {
  const { view } = new ViewBuild(auditLedger, ledgerFile(directory), 'follow');
  view.inTransaction(() => {
    view.run('DELETE FROM leaf');
    view.run('DELETE FROM subtree');
    const edge = new MerkleEdge();
    for (const { number, position, hash, chain } of leaves) {
      view.run('INSERT INTO leaf VALUES (?, ?, ?, ?)', number, position, hash.toString('base64'), chain.toString('base64'));
      for (const { level, index, hash: made } of edge.append(hash))
        if (level > 0 && level % storedLevels === 0) view.run('INSERT INTO subtree VALUES (?, ?, ?)', level, index, made.toString('base64'));
    }
  });
  view.close();
}
