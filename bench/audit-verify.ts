import { cpuUsage } from 'node:process';
import { readConfig } from '../src/config.js';
import { verifyAuditTrail } from '../src/start/audit-verify.js';
import { microseconds, perSecond, type Row } from './table.js';

/** How fast `postledger audit verify` goes through a log that a service has signed: every hash made anew, and compared with its record and its checkpoints. */
export async function auditVerifyRows(directory: string): Promise<readonly Row[]> {
  const config = readConfig({ POSTLEDGER_DATA_DIR: directory });
  const [startedAt, cpuBefore] = [performance.now(), cpuUsage()];
  const { report } = await verifyAuditTrail(config, { checkpoints: [], publicKey: [] });
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = cpuUsage(cpuBefore);
  const { events, outcome, recordedLeaves } = report;
  if (outcome !== 'VERIFIED' || recordedLeaves !== events)
    throw new Error(`The log that was measured is ${outcome}, with a record of ${recordedLeaves} leaves.`);
  const rate = events / seconds;
  return [
    {
      what: `audit verify, ${events.toLocaleString('en')} events with their record and checkpoints`,
      figure: perSecond(rate),
      cpu: microseconds((user + system) / events),
      goal: '≥ 50,000/s',
      met: rate >= 50_000,
    },
  ];
}
