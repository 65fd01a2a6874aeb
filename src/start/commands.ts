import type { Logger } from 'pino';
import type { Views } from '../../projections/views.js';
import { AccountHistory } from '../commands/account-history.js';
import { accountsNaming } from '../commands/accounts-naming.js';
import { ApiTokenCommands } from '../commands/api-token-commands.js';
import { AuthenticationProfileCommands } from '../commands/authentication-profile-commands.js';
import { CommandHandler } from '../commands/command-handler.js';
import { ConfigurationHistory } from '../commands/configuration-history.js';
import { ConnectionSubjects } from '../commands/connection-subjects.js';
import { consentKeyLabel, ConsentStates } from '../commands/consent-state.js';
import { Consents } from '../commands/consents.js';
import { ConnectionTests } from '../commands/connection-tests.js';
import { EmailAccountCommands } from '../commands/email-account-commands.js';
import type { Call } from '../commands/change.js';
import { LimitedRequests } from '../commands/limited-requests.js';
import { RateLimit } from '../commands/rate-limit.js';
import { RoundTrips } from '../commands/round-trips.js';
import { SecurityLog } from '../commands/security-log.js';
import { SettingsDiscoveries } from '../commands/settings-discoveries.js';
import { ServerCertificates } from '../commands/server-certificates.js';
import { StoredProfiles } from '../commands/stored-profiles.js';
import { StoredTruststores } from '../commands/stored-truststores.js';
import { TimeInLog } from '../commands/time-in-log.js';
import { TestMessages, type RecordedMessage } from '../commands/test-messages.js';
import { TruststoreCommands } from '../commands/truststore-commands.js';
import type { ReasonPolicy } from '../domain/access/reason-policy.js';
import { nationalCloudOf } from '../domain/authentication-profile/national-cloud.js';
import type { Attempt } from '../domain/security-log/events.js';
import type { MailSettings } from '../mail/mail-settings.js';
import type { TokenFacts } from '../oauth/token-owner.js';
import { discoveryOnDemand, type DiscoveryAccess } from './discovery-on-demand.js';
import { mailOnDemand } from './mail-on-demand.js';
import { consentsOnDemand, tokensOnDemand } from './oauth-on-demand.js';
import type { Stores } from './open-stores.js';

/** All that can be asked of the service, put together once a process. */
export interface Commands {
  readonly accounts: EmailAccountCommands;
  readonly tokens: ApiTokenCommands;
  readonly connectionTests: ConnectionTests;
  readonly testMessages: TestMessages;
  readonly roundTrips: RoundTrips;
  readonly profiles: AuthenticationProfileCommands;
  readonly storedProfiles: StoredProfiles;
  readonly consents: Consents;
  /** What is known of a profile's access tokens on this node. */
  readonly tokenFacts: (profile: string) => TokenFacts | null;
  readonly truststores: TruststoreCommands;
  readonly serverCertificates: ServerCertificates;
  readonly settingsDiscoveries: SettingsDiscoveries;
  readonly accountHistory: AccountHistory;
  readonly configurationHistory: ConfigurationHistory;
  readonly securityLog: SecurityLog;
  readonly limitedRequests: LimitedRequests;
  /** Resolves once no change is under way. */
  idle(): Promise<void>;
}

/** How mail servers may be reached, and how often a caller may ask for it. */
export interface MailAccess extends MailSettings {
  readonly fetch: typeof globalThis.fetch;
  readonly testsPerMinute: number;
  /** The mutations that are refused without a reason. */
  readonly reasonRequiredFor: ReasonPolicy;
  readonly discovery: Omit<DiscoveryAccess, 'fetch'>;
  /** How long an operation may take in all. */
  readonly operationSeconds: number;
  /** Where providers of OAuth 2.0 send people back to. Asked for once the service listens. */
  readonly redirectUri: () => string;
}

/** How often one person may come back from providers in a minute. */
const consentsPerMinute = 30;

/** What the key is derived for that tokens are verified with. */
export const tokenKeyLabel = 'api-token-verifiers';

export async function buildCommands(
  { events, secrets, erasures }: Pick<Stores, 'events' | 'secrets' | 'erasures'>,
  views: Views,
  settings: MailAccess,
  log: Logger,
): Promise<Commands> {
  const { fetch } = settings;
  const now = () => new Date();
  const securityLog = new SecurityLog(events, now);
  const handler = new CommandHandler(
    events,
    securityLog,
    views.readYourWrites,
    (error, attempt) => log.error({ err: error, ...attempt }, 'the change is stored; what had to follow it failed and is mended later'),
    settings.reasonRequiredFor,
  );
  const accountHistory = new AccountHistory(events);
  const accounts = new EmailAccountCommands(
    handler,
    secrets,
    accountHistory,
    (accountId, version) => views.accounts.findAtVersion(accountId, version),
    (accountId, at) => erasures.note(accountId, at),
    now,
  );
  const { testMail, sendMail, verifyRoundTrip, inspectCertificate } = mailOnDemand(settings);
  const limited = new LimitedRequests(securityLog, (error) =>
    log.error({ err: error }, 'requests beyond a rate limit could not be recorded; they are told with the next'),
  );
  const onLimited = (call: Call, attempt: Attempt) => limited.add(call, attempt);
  const tests = new RateLimit(settings.testsPerMinute, now, onLimited);
  const serverCertificates = new ServerCertificates(handler, inspectCertificate, tests);
  const profiles = new AuthenticationProfileCommands(handler, events, secrets, (name) => accountsNaming({ authenticationProfile: name }, events, views), now);
  const storedProfiles = new StoredProfiles(events, secrets, (name) => views.profiles.folded(name), profiles);
  const states = new ConsentStates(await secrets.deriveKey(consentKeyLabel));
  const accessTokens = tokensOnDemand(storedProfiles, fetch, {
    now,
    random: Math.random,
    changedAt: (name) => {
      const profile = views.profiles.find(name);
      return profile && `${profile.createdAt} ${profile.updatedAt}`;
    },
    onFault: (profile, error) => log.warn({ err: error, profile }, 'an access token could not be refreshed ahead of its end; it is tried again'),
  });
  const subjects = new ConnectionSubjects(secrets, new StoredTruststores(events), {
    accessTokensOf: (name) => accessTokens.accessTokensOf(name),
    presetOf: (name) => views.profiles.find(name)?.profile.settings.preset ?? null,
    cloudOf(name) {
      const profile = views.profiles.find(name);
      return profile && nationalCloudOf(profile.profile.settings);
    },
  });
  return {
    accounts,
    tokens: new ApiTokenCommands(handler, events, await secrets.deriveKey(tokenKeyLabel), now),
    connectionTests: new ConnectionTests(handler, accounts, accountHistory, secrets, subjects, testMail, tests, now),
    testMessages: new TestMessages(handler, accountHistory, subjects, sendMail, sentMessages(views), tests, now),
    roundTrips: new RoundTrips(handler, accountHistory, subjects, verifyRoundTrip, tests, settings.operationSeconds),
    profiles,
    storedProfiles,
    truststores: new TruststoreCommands(handler, events, serverCertificates, (name) => accountsNaming({ truststore: name }, events, views)),
    serverCertificates,
    settingsDiscoveries: new SettingsDiscoveries(handler, discoveryOnDemand(settings, { ...settings.discovery, fetch }), tests),
    tokenFacts: (profile) => accessTokens.facts(profile),
    consents: new Consents(
      profiles,
      storedProfiles,
      states,
      consentsOnDemand(fetch),
      settings.redirectUri,
      new RateLimit(consentsPerMinute, now, onLimited),
      now,
    ),
    accountHistory,
    configurationHistory: new ConfigurationHistory(
      events,
      { profileMilestone: (name, position) => views.profiles.milestone(name, position) },
      new TimeInLog(events, views.auditTrail, now),
    ),
    securityLog,
    limitedRequests: limited,
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
