import { stdout } from 'node:process';
import { openViews } from '../../projections/views.js';
import { AccountHistory } from '../commands/account-history.js';
import { CommandHandler } from '../commands/command-handler.js';
import { EmailAccountCommands } from '../commands/email-account-commands.js';
import { Retention, type Retained, type RetentionPolicy } from '../commands/retention.js';
import { SecurityLog } from '../commands/security-log.js';
import type { Config } from '../config.js';
import { systemCall } from './bootstrap-token.js';
import { CommandFailed } from './command-failed.js';
import { callOfOperator } from './command-line-token.js';
import type { Stores } from './open-stores.js';
import { ProgressBar } from './progress-bar.js';

const everyHour = 3_600_000; // milliseconds

/** Applies the policy now and then hourly. A fault, or an account that cannot be erased, is told to `onFault`, and the next round tries again. */
export function keepRetention(retention: Retention, onFault: (error: unknown) => void): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const apply = async () => {
    const { refused } = await retention.apply(systemCall(), { signal: stopping.signal });
    if (refused.length > 0) onFault(new CommandFailed(told(refused)));
  };
  const round = () => {
    running = running.then(apply).catch(onFault);
  };
  round();
  const timer = setInterval(round, everyHour).unref();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

export interface RetentionOptions {
  /** Names what would be erased, and erases nothing. */
  readonly dryRun: boolean;
  /** In place of the configured number. */
  readonly days?: number;
}

/**
 * Erases what the policy says, while no service runs, or says what it would erase.
 * @throws {CommandFailed} there is no policy, or an account cannot be erased.
 */
export async function applyRetention(stores: Stores, config: Config, { dryRun, days }: RetentionOptions): Promise<void> {
  const policy: RetentionPolicy = { deletedAccountDays: days ?? config.retention.deletedAccountDays };
  if (policy.deletedAccountDays === null)
    throw new CommandFailed('Nothing is erased by age: set POSTLEDGER_RETENTION_DELETED_ACCOUNT_DAYS, or say after how many days by --days.');
  const { events, rawEvents, secrets, erasures } = stores;
  const now = () => new Date();
  const views = await openViews(events, {
    rawEvents,
    directory: config.dataDirectory,
    readYourWritesMilliseconds: 2_000,
    listener: { stopped: () => undefined, storeLost: () => undefined },
  });
  try {
    await views.settled();
    const standing = views.statuses().find(({ name, state }) => name === 'email-accounts' && state !== 'CURRENT');
    if (standing)
      throw new CommandFailed('The view of accounts stands still, so what is due cannot be told. postledger projections rebuild email-accounts says why.');
    const handler = new CommandHandler(events, new SecurityLog(events, now), views.readYourWrites, () => undefined, config.reasonRequiredFor);
    const viewed = (accountId: string, version: number) => views.accounts.findAtVersion(accountId, version);
    const noteErasure = (accountId: string, at: Date) => erasures.note(accountId, at);
    const commands = new EmailAccountCommands(handler, secrets, new AccountHistory(events), viewed, noteErasure, now);
    const retention = new Retention(views.accounts, commands, policy, now);
    await (dryRun ? tellWhatIsDue(retention) : applied(retention));
    await handler.idle();
  } finally {
    await views.stop();
  }
}

function tellWhatIsDue(retention: Retention): Promise<void> {
  let due = 0;
  for (const { accountId, accountName, deletedAt } of retention.due()) {
    stdout.write(`${deletedAt}  ${accountId}  ${accountName}\n`);
    due++;
  }
  const { deletedAccountDays: days } = retention.policy;
  stdout.write(`${counted(due)} would be erased: deleted more than ${days === 1 ? 'a day' : `${days} days`} ago. Nothing was changed.\n`);
  return Promise.resolve();
}

async function applied(retention: Retention): Promise<void> {
  const bar = new ProgressBar('Erasing', 'accounts');
  const total = retention.count();
  bar.show(0, total);
  const { erased, refused } = await retention.apply(callOfOperator(), { onProgress: (done) => bar.show(done, total) });
  bar.finish();
  stdout.write(`${counted(erased)} erased.\n`);
  if (refused.length > 0) throw new CommandFailed(told(refused));
}

function told(refused: Retained['refused']): string {
  return refused.map(({ accountId, problems }) => `${accountId}: ${problems.map(({ message }) => message).join(' ')}`).join('\n');
}

function counted(accounts: number): string {
  return `${accounts.toLocaleString('en')} ${accounts === 1 ? 'account' : 'accounts'}`;
}
