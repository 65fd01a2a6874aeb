import { resolve } from 'node:path';
import { env, stdout, stderr } from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readConfig, type Config } from '../config.js';
import { roles, type Role } from '../domain/access/role.js';
import { exportFormatNames } from '../../projections/audit-export/format.js';
import { acceptRestore, type AcceptRestoreOptions } from './accept-restore.js';
import { addProofCommands } from './audit-commands.js';
import { deadLettersOfStream, replayStream, showStream } from './audit-stream-commands.js';
import { CommandFailed } from './command-failed.js';
import { callOfOperator, issueToken } from './command-line-token.js';
import { pendingErasures } from './erasures.js';
import { exportAuditTrail, type AuditExportOptions } from './export-audit-trail.js';
import { migrateStores, type MigrateOptions } from './migrate.js';
import { openStores, type Stores } from './open-stores.js';
import { recordOperation } from './operation-records.js';
import { ProgressBar } from './progress-bar.js';
import { rebuildProjections } from './rebuild-projections.js';
import { checkStoreNow, grantStoreAccess } from './store-commands.js';
import { applyRetention, type RetentionOptions } from './retention.js';
import { toldToOperators } from './told-to-operators.js';
import { version } from './version.js';
import { restoreViews, snapshotViews } from './view-snapshots.js';

/** The command `postledger`. Everything but `serve`, `views snapshot` and what stands below `audit` (`accept-restore` excepted) needs the service to be stopped: it takes the data directory for itself. */
export function commandLine(): Command {
  const program = new Command('postledger')
    .description("Postledger: the service that every application's email accounts live in.")
    .version(version)
    .showHelpAfterError()
    .addHelpText(
      'after',
      '\nSettings come from environment variables that begin with POSTLEDGER_; the README lists them.\nAll commands but serve, views snapshot and those below audit (accept-restore excepted) need the service to be stopped.',
    );

  program
    .command('serve')
    .description('run the service until it is told to stop (SIGTERM)')
    .action(async () => (await import('./serve.js')).serve());

  const projections = program.command('projections').description('the views that queries are answered from');
  projections
    .command('rebuild')
    .argument('[names...]', 'which views, e.g. email-accounts; default: all')
    .description('build views anew from the log; the old ones stay until the new ones are complete')
    .action((names: readonly string[]) => withStores((stores, { dataDirectory }) => rebuildProjections(stores, dataDirectory, names)));

  const views = program.command('views').description('copies of the views, so that another node need not build its own from the whole log');
  views
    .command('snapshot')
    .argument('<directory>', 'where to; made if it is not there, must be empty')
    .description('copy all views as they are, also while the service runs')
    .action((directory: string) => tellingWhatFails(() => snapshotViews(readConfig(env).dataDirectory, resolve(directory))));
  views
    .command('restore')
    .argument('<directory>', 'what views snapshot wrote')
    .description('put a copy in the place of the views; refused unless it is whole, of this version of the program and of this log')
    .action((directory: string) => withStores(({ events }, { dataDirectory }) => restoreViews(events, dataDirectory, resolve(directory))));

  const keys = program.command('keys').description('the keys that stored passwords are encrypted under');
  keys
    .command('status')
    .description('show how much each root key wraps')
    .action(() => withStores(showKeys));
  keys
    .command('rotate')
    .description('wrap every key anew under the first root key of POSTLEDGER_ROOT_KEYS; may be stopped and started again')
    .action(() => withStores(rotateKeys));
  keys
    .command('doctor')
    .description('try to open every stored password, and name those that cannot be')
    .action(() => withStores(examineSecrets));

  program
    .command('migrate')
    .description('copy the log and the passwords to another store, and compare both; the source stays as it is; may be stopped and started again')
    .requiredOption('--from <place>', 'a data directory, kurrentdb://…, or configured: what the environment names')
    .requiredOption('--to <place>', 'the same; empty, or what an interrupted migration left')
    .action((options: MigrateOptions) => tellingWhatFails(() => migrateStores(options, readConfig(env))));

  const store = program.command('store').description('the servers of the event store, where POSTLEDGER_EVENT_STORE names them');
  store
    .command('check')
    .description('connect to each server, log in, try what the service needs, and say what is missing; also while the service runs')
    .action(() => tellingWhatFails(() => checkStoreNow(readConfig(env))));
  store
    .command('grant')
    .description("let the service's user do what the service needs; the password of --user comes from POSTLEDGER_OPS_PASSWORD")
    .requiredOption('--user <name>', 'an administrator of the event store, e.g. admin')
    .action((options: { readonly user: string }) => tellingWhatFails(() => grantStoreAccess(readConfig(env), options)));

  const erasures = program.command('erasures').description('what was erased and may still be in the files of the event store');
  erasures
    .command('pending')
    .description('name what still waits; with --user have each server scavenge, and follow that; also while the service runs')
    .option('--user <name>', 'who may scavenge, e.g. ops; the password comes from POSTLEDGER_OPS_PASSWORD')
    .option('--no-scavenge', 'only ask the servers what they have scavenged')
    .action((options: { readonly user?: string; readonly scavenge: boolean }) => tellingWhatFails(() => pendingErasures(readConfig(env), options)));

  const audit = program.command('audit').description('the audit trail, for auditors');
  audit
    .command('export')
    .description(
      'write the audit trail to a file, with a manifest beside it that names it by its hashes; works on a stopped service, and asks a running one. The export is recorded in the trail',
    )
    .addOption(new Option('--format <format>', 'how: docs/audit.md has the columns').choices(exportFormatNames).default('jsonl'))
    .option('--from <time>', 'only what was recorded then or later, e.g. 2026-01-31T00:00:00Z')
    .option('--to <time>', 'only what was recorded before')
    .option(
      '--filter <key=value>',
      'only entries of this actor, action, entityType, entityId, outcome, correlationId or text; may be repeated',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('--out <path>', 'a new file, or a directory; default: standard output, without a manifest')
    .option('--resume', 'go on with the export to this file that was interrupted, after its last whole entry', false)
    .option('--token-file <file>', 'a file with a token of an auditor or an administrator: needed while the service runs')
    .option('--url <url>', 'where the service is reached, if not at POSTLEDGER_HOST and POSTLEDGER_PORT; then it is always asked')
    .action((options: AuditExportOptions) => tellingWhatFails(() => exportAuditTrail(readConfig(env), options)));

  audit
    .command('accept-restore')
    .description('say that the log was restored from a backup, or the signing key changed, so that checkpoints are signed again; recorded in the trail')
    .requiredOption('--reason <text>', 'why, for the audit trail')
    .option('--standing <events>', 'how many events it still begins with, as signed: asked for where it is not plain that its end is gone', wholeNumber)
    .action((options: AcceptRestoreOptions) => withStores((stores, config) => acceptRestore(stores, config, options)));

  addProofCommands(audit, tellingWhatFails);

  const stream = audit.command('stream').description('the audit trail as it is sent to POSTLEDGER_AUDIT_WEBHOOK_URL; also while the service runs');
  stream
    .command('status')
    .description('show how far it is, why it stands, and how many entries the receiver did not take')
    .action(() => tellingWhatFails(async () => showStream(readConfig(env))));
  stream
    .command('replay')
    .requiredOption('--from <place>', 'a position of the log, or a time like 2026-01-31T00:00:00Z: what was recorded there or later')
    .description('have entries sent again; recorded in the trail')
    .action(({ from }: { readonly from: string }) => tellingWhatFails(() => replayStream(readConfig(env), from)));
  stream
    .command('dead-letters')
    .option('--retry', 'have them sent once more; recorded in the trail', false)
    .description('name the entries that the receiver did not take')
    .action((options: { readonly retry: boolean }) => tellingWhatFails(() => deadLettersOfStream(readConfig(env), options)));

  const retention = program.command('retention').description('how long deleted accounts are kept: POSTLEDGER_RETENTION_DELETED_ACCOUNT_DAYS');
  retention
    .command('apply')
    .description('erase for good the accounts that were deleted long enough ago; a running service does so by itself, hourly')
    .option('--dry-run', 'name them, and erase nothing', false)
    .option('--days <number>', 'after how many days, in place of the configured number', days)
    .action((options: RetentionOptions) => withStores((stores, config) => applyRetention(stores, config, options)));

  const tokens = program.command('tokens').description('API tokens, for when nobody has one that still opens');
  tokens
    .command('issue')
    .description('issue an API token and print it, this once')
    .requiredOption('--name <text>', 'who or what will hold it')
    .addOption(new Option('--role <role>', 'what its holder may do').choices(roles).makeOptionMandatory())
    .option('--days <number>', 'how long it holds; default: without end', days)
    .option('--reason <text>', 'why, for the audit trail')
    .action((options: { readonly name: string; readonly role: Role; readonly days?: number; readonly reason?: string }) =>
      withStores(async (stores, config) => {
        stdout.write(`${await issueToken(stores, config, options)}\n`);
      }),
    );
  return program;
}

/** Opens the stores, does the work, closes them. */
async function withStores(work: (stores: Stores, config: Config) => Promise<void>): Promise<void> {
  await tellingWhatFails(async () => {
    const config = readConfig(env);
    const stores = await openStores(config);
    try {
      await work(stores, config);
    } finally {
      await stores.close();
    }
  });
}

/** What an operator can mend is told in words, with exit code 1. */
async function tellingWhatFails(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const told = toldToOperators(error);
    if (told === null) throw error;
    stderr.write(`${told}\n`);
    process.exitCode = 1;
  }
}

async function showKeys({ secrets }: Stores): Promise<void> {
  const status = await secrets.status();
  const lines = [...status.wrappedKeys].map(
    ([id, keys]) => `  ${id}  wraps ${keys} ${keys === 1 ? 'key' : 'keys'}${id === status.activeRootKeyId ? ', in use' : ''}`,
  );
  stdout.write(
    `Root key in use: ${status.activeRootKeyId}\n${lines.join('\n')}\n${status.accounts} accounts, ${status.secrets} passwords, ${status.shreddedAccounts} accounts erased\n`,
  );
}

async function rotateKeys({ events, secrets }: Stores): Promise<void> {
  const bar = new ProgressBar('Wrapping keys', 'keys');
  const { rewrapped, failedAccounts } = await secrets.rewrapAll((done, total) => bar.show(done, total));
  bar.finish();
  const { activeRootKeyId } = await secrets.status();
  const rotation = { rootKeyId: activeRootKeyId, keys: rewrapped, failedAccounts: failedAccounts.length };
  await recordOperation(events, callOfOperator(), 'keys rotate', { type: 'RootKeysRotated', data: rotation });
  stdout.write(`${rewrapped} keys wrapped anew under ${activeRootKeyId}.\n`);
  if (failedAccounts.length > 0)
    throw new CommandFailed(
      `The keys of these accounts cannot be unwrapped; run postledger keys doctor for what is lost with them: ${failedAccounts.join(', ')}`,
    );
}

async function examineSecrets({ events, secrets }: Stores): Promise<void> {
  const bar = new ProgressBar('Opening passwords', 'passwords');
  const { checked, unreadable, lostKeys } = await secrets.doctor((done, total) => bar.show(done, total));
  bar.finish();
  await recordOperation(events, callOfOperator(), 'keys doctor', { type: 'SecretsVerified', data: { checked, unreadable: unreadable.length } });
  stdout.write(`${checked} passwords opened, ${unreadable.length} cannot be.\n`);
  if (lostKeys.length > 0)
    throw new CommandFailed(
      `Restore secrets.db from a backup: the keys of these accounts cannot be unwrapped, and with them neither their passwords nor the personal data in their events can be read: ${lostKeys.join(', ')}`,
    );
  if (unreadable.length > 0)
    throw new CommandFailed(
      `Restore secrets.db from a backup, or enter these passwords again:\n${unreadable.map(({ accountId, secretId }) => `  account ${accountId}, secret ${secretId}`).join('\n')}`,
    );
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It takes a whole number.');
  return Number(text);
}

function days(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It takes a whole number of days from 1 to 99999.');
  return Number(text);
}
