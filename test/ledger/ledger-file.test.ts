import { DatabaseSync } from '@photostructure/sqlite';
import { expect, it } from 'vitest';
import { auditLedger } from '../../projections/audit-ledger.js';
import { LedgerFile } from '../../projections/audit-ledger-file.js';
import { ViewFiles } from '../../projections/view-files.js';
import { recorded } from '../../src/event-store/row.js';
import { verifyLog } from '../../src/ledger/verification.js';
import { filled, temporaryDirectory } from '../projections/temporary-views.js';
import { loggedRow, signedLog } from './manipulations/signed-log.js';

it('the ledger as the service keeps it is compared with the log, its subtrees included', async () => {
  const { rows, inside, outside, signer } = signedLog(3, { steps: 1_500 });
  expect(rows.length).toBeGreaterThan(512);
  const directory = temporaryDirectory();
  const file = new ViewFiles(directory, auditLedger.name, auditLedger.version).serving;
  filled(auditLedger, rows.map(recorded), file).close();
  const verify = async () => {
    const ledger = LedgerFile.open(directory);
    const report = await verifyLog({
      log: [rows.map(loggedRow)],
      record: ledger?.record() ?? null,
      checkpoints: [...inside, ...outside],
      keys: [signer],
      countsPositions: true,
    });
    ledger?.close();
    return [report.outcome, report.recordedLeaves, report.findings.map(({ kind, leafIndex }) => [kind, leafIndex])];
  };
  const change = (sql: string) => {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  };

  expect(await verify()).toEqual(['VERIFIED', rows.length, []]);
  change('UPDATE subtree SET hash = (SELECT hash FROM leaf WHERE number = 0) WHERE level = 8 AND number = 1');
  expect(await verify()).toEqual(['DAMAGED', rows.length, [['RECORD_ALTERED', 511]]]);
  change('DELETE FROM leaf WHERE number = 300');
  expect((await verify())[0]).toBe('DAMAGED');
  change('DROP TABLE leaf');
  expect(await verify()).toEqual(['DAMAGED', 0, [['RECORD_ALTERED', null]]]);
  expect(LedgerFile.open(temporaryDirectory())).toBeNull();
});
