import { stderr } from 'node:process';
import { SecurityLog } from '../commands/security-log.js';
import { StoreLocked } from '../event-store/embedded-lock.js';
import type { AuditLog } from './audit-log.js';
import { callOfOperator } from './command-line-token.js';
import { toldToOperators } from './told-to-operators.js';

/**
 * Records what somebody does with the log on the command line, where it can be: while a service has the embedded engine, that alone can write to it.
 * @returns whether it is recorded; where it is not, standard error says why.
 */
export async function recordInTrail(log: AuditLog, record: (securityLog: SecurityLog) => Promise<unknown>): Promise<boolean> {
  try {
    await log.write(async (events) => {
      await record(new SecurityLog(events, () => new Date()));
    });
    return true;
  } catch (error) {
    const why = error instanceof StoreLocked ? 'the service is running, and it alone can write to its log' : (toldToOperators(error) ?? String(error));
    stderr.write(`This is not recorded in the audit trail: ${why}\n`);
    return false;
  }
}

/** Records that entries of the trail are taken out by a command, before they are. */
export function recordReading(log: AuditLog, command: string, filter: object): Promise<boolean> {
  return recordInTrail(log, (securityLog) => securityLog.auditSearched(callOfOperator(), 1, [{ field: command, filter: JSON.stringify(filter) }]));
}
