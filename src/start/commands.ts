import type { Logger } from 'pino';
import type { Views } from '../../projections/views.js';
import { AccountHistory } from '../commands/account-history.js';
import { ApiTokenCommands } from '../commands/api-token-commands.js';
import { CommandHandler } from '../commands/command-handler.js';
import { ConnectionSubjects } from '../commands/connection-subjects.js';
import { ConnectionTests } from '../commands/connection-tests.js';
import { EmailAccountCommands } from '../commands/email-account-commands.js';
import { RateLimit } from '../commands/rate-limit.js';
import { RoundTrips } from '../commands/round-trips.js';
import { SecurityLog } from '../commands/security-log.js';
import { TestMessages, type RecordedMessage } from '../commands/test-messages.js';
import type { MailSettings } from '../mail/mail-settings.js';
import { mailOnDemand } from './mail-on-demand.js';
import type { Stores } from './open-stores.js';

/** All that can be asked of the service, put together once a process. */
export interface Commands {
  readonly accounts: EmailAccountCommands;
  readonly tokens: ApiTokenCommands;
  readonly connectionTests: ConnectionTests;
  readonly testMessages: TestMessages;
  readonly roundTrips: RoundTrips;
  readonly accountHistory: AccountHistory;
  readonly securityLog: SecurityLog;
  /** Resolves once no change is under way. */
  idle(): Promise<void>;
}

/** How mail servers may be reached, and how often a caller may ask for it. */
export interface MailAccess extends MailSettings {
  readonly testsPerMinute: number;
  /** How long an operation may take in all. */
  readonly operationSeconds: number;
}

/** What the key is derived for that tokens are verified with. */
export const tokenKeyLabel = 'api-token-verifiers';

export async function buildCommands({ events, secrets }: Stores, views: Views, settings: MailAccess, log: Logger): Promise<Commands> {
  const now = () => new Date();
  const securityLog = new SecurityLog(events, now);
  const handler = new CommandHandler(events, securityLog, views.readYourWrites, (error, attempt) =>
    log.error({ err: error, ...attempt }, 'the change is stored; what had to follow it failed and is mended later'),
  );
  const accountHistory = new AccountHistory(events);
  const accounts = new EmailAccountCommands(handler, secrets, accountHistory, (accountId, version) => views.accounts.findAtVersion(accountId, version), now);
  const { testMail, sendMail, verifyRoundTrip } = mailOnDemand(settings);
  const subjects = new ConnectionSubjects(secrets);
  const tests = new RateLimit(settings.testsPerMinute, now);
  return {
    accounts,
    tokens: new ApiTokenCommands(handler, events, await secrets.deriveKey(tokenKeyLabel), now),
    connectionTests: new ConnectionTests(handler, accounts, accountHistory, secrets, subjects, testMail, tests, now),
    testMessages: new TestMessages(handler, accountHistory, subjects, sendMail, sentMessages(views), tests, now),
    roundTrips: new RoundTrips(handler, accountHistory, subjects, verifyRoundTrip, tests, settings.operationSeconds),
    accountHistory,
    securityLog,
    idle: () => handler.idle(),
  };
}

/** The messages that were sent, found by the event that tells of them. */
export function sentMessages({ auditTrail }: Pick<Views, 'auditTrail'>): (eventId: string) => RecordedMessage | null {
  return (eventId) => {
    const row = auditTrail.find(eventId);
    const { messageId, serverResponse } = row?.data ?? {};
    if (!row || typeof messageId !== 'string') return null;
    return { messageId, serverResponse: typeof serverResponse === 'string' ? serverResponse : null, position: row.position };
  };
}
