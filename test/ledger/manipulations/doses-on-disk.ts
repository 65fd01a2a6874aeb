import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../../src/config.js';
import { openKurrentDbEventStore } from '../../../src/event-store/kurrentdb.js';
import type { EventStore } from '../../../src/event-store/event-store.js';
import type { Row } from '../../../src/event-store/row.js';
import type { VerificationReport } from '../../../src/ledger/verification-report.js';
import { verifyAuditTrail } from '../../../src/start/audit-verify.js';
import { startKurrentDbDouble } from '../../event-store/kurrentdb-double/kurrentdb-double.js';
import { collectGarbage } from './collect-garbage.js';
import { tally, tallyOf, type Tally } from './doses.js';
import { copyChanged, linesOf, writeDirectory } from './on-disk.js';
import { broughtOver, writeRecords } from './over-double.js';
import { recordOf, rowOf, signedLog, type SignedLog } from './signed-log.js';

/** As an auditor calls it: with the key and the copy of the checkpoints that they kept. */
async function verifyAsAuditor(environment: Readonly<Record<string, string>>, { outside, signer }: SignedLog, copy: string): Promise<VerificationReport> {
  writeFileSync(copy, linesOf(outside));
  const options = { checkpoints: [copy], publicKey: [signer.text] };
  return (await verifyAuditTrail(readConfig(environment), options)).report;
}

/** Manipulations of the files of the embedded engine, each of a fresh copy. */
export async function tallyOnDisk(seed: number, count: number): Promise<Tally> {
  const scratch = mkdtempSync(join(tmpdir(), 'postledger-manipulated-'));
  const copy = join(scratch, 'kept-outside');
  const originals = new Map<SignedLog, string>();
  try {
    return await tally(seed, count, {
      async verify({ log }, before) {
        const original = originals.get(before) ?? join(scratch, `original-${originals.size}`);
        if (!originals.has(before)) writeDirectory(original, before);
        originals.set(before, original);
        return inCopy(scratch, (changed) => {
          copyChanged(original, changed, before, log);
          return verifyAsAuditor({ POSTLEDGER_DATA_DIR: changed }, log, copy);
        });
      },
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Manipulations of what the servers of a cluster keep. */
export async function tallyOverDouble(seed: number, count: number): Promise<Tally> {
  const scratch = mkdtempSync(join(tmpdir(), 'postledger-manipulated-'));
  const [original, copy] = [join(scratch, 'original'), join(scratch, 'kept-outside')];
  const double = await startKurrentDbDouble();
  const store = await openKurrentDbEventStore({ connectionString: double.connectionString() });
  try {
    const log = await broughtOver(store, signedLog(seed), 20);
    writeDirectory(original, log);
    return await tallyOf(log, seed, count, async (each) => {
      writeRecords(double, each.log.rows);
      // Whoever makes the record anew makes it of what the servers give.
      const record = each.log.record === log.record ? log.record : recordOf(await rowsIn(store));
      return inCopy(scratch, (changed) => {
        copyChanged(original, changed, { ...log, rows: each.log.rows }, { ...each.log, record });
        return verifyAsAuditor({ POSTLEDGER_DATA_DIR: changed, POSTLEDGER_EVENT_STORE: double.connectionString() }, each.log, copy);
      });
    });
  } finally {
    await store.close();
    await double.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

let copies = 0;

/** Each in a place of its own: a database that was closed may still take its log away by its name. */
async function inCopy<Answer>(scratch: string, work: (directory: string) => Promise<Answer>): Promise<Answer> {
  const directory = join(scratch, `changed-${copies++}`);
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    if (copies % 20 === 0) await collectGarbage();
  }
}

async function rowsIn(store: EventStore): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const event of store.readAll()) rows.push(rowOf(event));
  return rows;
}
