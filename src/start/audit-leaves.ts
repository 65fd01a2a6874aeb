import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { stdout } from 'node:process';
import type { Config } from '../config.js';
import { leafInput } from '../ledger/leaf.js';
import { openAuditLog } from './audit-log.js';
import { recordReading } from './audit-record.js';
import { CommandFailed } from './command-failed.js';

/** Text that is written at once, in characters. */
const chunk = 1 << 20;

/**
 * Writes what every leaf's hash is made of to a new file, a line each: by it the root of the tree is made anew without this program. Secrets and personal data are not in it, but what stands for
 * them. Works on a stopped service and beside a running one.
 * @throws {CommandFailed} with what to do.
 */
export async function writeLeaves(config: Config, out: string): Promise<void> {
  if (existsSync(out)) throw new CommandFailed(`${out} is there already. Name another file.`);
  const log = await openAuditLog(config);
  try {
    await recordReading(log, 'audit leaves', {});
    const file = await open(out, 'wx', 0o600);
    let [leaves, text] = [0, ''];
    try {
      for await (const event of log.events()) {
        text += `${leafInput(event)}\n`;
        leaves++;
        if (text.length < chunk) continue;
        await file.appendFile(text);
        text = '';
      }
      await file.appendFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    stdout.write(`${out}: ${leaves.toLocaleString('en')} leaves\n`);
  } finally {
    await log.close();
  }
}
