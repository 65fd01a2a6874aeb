import { env, stderr } from 'node:process';
import { InvalidArgumentError, type Command } from 'commander';
import { readConfig } from '../config.js';
import { auditKey, type AuditKeyOptions } from './audit-key.js';
import { writeLeaves } from './audit-leaves.js';
import { tellingDamage } from './audit-log.js';
import { proveAuditEntry, type AuditProveOptions } from './audit-prove.js';
import { runAuditVerify, type AuditVerifyOptions } from './audit-verify.js';
import { toldToOperators } from './told-to-operators.js';

/** How a command tells what an operator can mend. */
type Telling = (work: () => Promise<void>) => Promise<void>;

/** The commands that prove what the log is. All of them also work beside a running service. */
export function addProofCommands(audit: Command, tellingWhatFails: Telling): void {
  audit
    .command('verify')
    .description(
      'verify the whole log by its hashes and by signed checkpoints of it, and say what was changed; also while the service runs. Exit code 0: it is what was signed; 1: it was changed; 2: it could not be verified',
    )
    .option('--checkpoints <file>', 'a copy of the checkpoints that was kept elsewhere; may be repeated', listed, [])
    .option('--public-key <key>', 'the key that they are signed with, as text or in a file; may be repeated. Default: those of the data directory', listed, [])
    .option('--json', 'say it for programs', false)
    .option('--no-record', 'do not record in the audit trail that it was verified')
    .option('--threads <number>', 'how many threads hash; default: as many as there are processors', wholeNumber)
    .action(async (options: AuditVerifyOptions) => {
      process.exitCode = await orUnverifiable(() => tellingDamage(() => runAuditVerify(readConfig(env), options)));
    });
  audit
    .command('prove')
    .argument('<entry>', 'the id of an audit entry')
    .description('write the proof that an entry is in the log, which scripts/verify-proof.mjs checks with the public key alone; also while the service runs')
    .option('--since <checkpoint>', 'prove as well that the log begins with what it was then: the size of the tree, or a file with a checkpoint')
    .option('--out <file>', 'a new file; default: standard output')
    .action((entry: string, options: AuditProveOptions) => tellingWhatFails(() => tellingDamage(() => proveAuditEntry(readConfig(env), entry, options))));
  audit
    .command('leaves')
    .requiredOption('--out <file>', 'a new file')
    .description(
      'write what every hash of the log is made of, a line each, so that anybody can make the tree anew: neither secrets nor personal data; also while the service runs',
    )
    .action(({ out }: { readonly out: string }) => tellingWhatFails(() => tellingDamage(() => writeLeaves(readConfig(env), out))));
  audit
    .command('key')
    .option('--new <name>', 'make a new signing key of this name, e.g. mail.example.com/audit, for POSTLEDGER_AUDIT_SIGNING_KEY_FILE')
    .option('--out <file>', 'where the new one goes: a new file of mode 0600')
    .description('print the public keys that checkpoints are checked with, the newest last')
    .action((options: AuditKeyOptions) => tellingWhatFails(() => auditKey(readConfig(env), options)));
}

/** Whatever keeps a verification from its end is told with exit code 2: nothing is said of the log then. */
async function orUnverifiable(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    stderr.write(`${toldToOperators(error) ?? (error instanceof Error ? error.stack : String(error))}\n`);
    return 2;
  }
}

function listed(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 1 to 999.');
  return Number(text);
}
