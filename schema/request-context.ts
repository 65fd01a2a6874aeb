import type { AccountHistory } from '../src/commands/account-history.js';
import type { ApiTokenCommands, IssuedApiToken } from '../src/commands/api-token-commands.js';
import type { AuditProofs } from '../src/commands/audit-proofs.js';
import type { AuditSearches } from '../src/commands/audit-searches.js';
import type { AuthenticationProfileCommands } from '../src/commands/authentication-profile-commands.js';
import type { Call } from '../src/commands/change.js';
import type { Consents } from '../src/commands/consents.js';
import type { ConnectionTests } from '../src/commands/connection-tests.js';
import type { EmailAccountCommands } from '../src/commands/email-account-commands.js';
import type { Moment } from '../src/commands/moment.js';
import type { PastConfiguration } from '../src/commands/past-configuration.js';
import type { SecurityLog } from '../src/commands/security-log.js';
import type { SettingsDiscoveries } from '../src/commands/settings-discoveries.js';
import type { RoundTrips } from '../src/commands/round-trips.js';
import type { ServerCertificates } from '../src/commands/server-certificates.js';
import type { TestMessages } from '../src/commands/test-messages.js';
import type { TruststoreCommands } from '../src/commands/truststore-commands.js';
import type { ReasonPolicy } from '../src/domain/access/reason-policy.js';
import type { Certificate } from '../src/domain/email-account/connection-test.js';
import type { ExpiringThing } from '../src/domain/expiry/expiring-thing.js';
import type { ProfileSnapshot } from '../src/domain/authentication-profile/snapshot.js';
import type { KnownNames } from '../src/domain/email-account/readiness.js';
import type { EmailAccountSnapshot } from '../src/domain/email-account/snapshot.js';
import type { TruststoreSnapshot } from '../src/domain/truststore/snapshot.js';
import type { AuditRow, AuditFilter } from './audit/audit-row.js';
import type { AccountFilter, AccountOrder } from './email-account/account-list.js';
import type { Page } from './paging/connection.js';
import type { PageRequest } from './paging/page-arguments.js';
import type { Batch } from './subscription/follow.js';
import type { ServiceFacts } from './service/service-facts.js';

/** What the resolvers of one request work with: who asks, and the services of this process. */
export interface RequestContext extends Services {
  readonly call: Call;
  /** When the caller's access ends; null when it does not. */
  readonly accessEndsAt: Date | null;
  /** Aborts when the caller has gone away or the operation's time is up. */
  readonly signal: AbortSignal;
  /**
   * Waits until the views show what the request's consistency token names. Null when there is nothing to wait for; false when the deadline passed first.
   * May be called once for each root field.
   */
  readonly freshness: () => Promise<boolean> | null;
}

/** Made once a process. */
export interface Services {
  readonly accountCommands: Pick<
    EmailAccountCommands,
    | 'create'
    | 'rename'
    | 'changeProvider'
    | 'configureSender'
    | 'removeSender'
    | 'changeSenderPassword'
    | 'configureReceiver'
    | 'removeReceiver'
    | 'changeReceiverPassword'
    | 'disable'
    | 'enable'
    | 'delete'
    | 'restore'
    | 'erase'
    | 'revert'
  >;
  readonly tokenCommands: Pick<ApiTokenCommands, 'issue' | 'revoke'>;
  readonly profileCommands: Pick<AuthenticationProfileCommands, 'create' | 'change' | 'delete'>;
  readonly consents: Pick<Consents, 'begin'>;
  readonly truststoreCommands: Pick<TruststoreCommands, 'create' | 'addCertificate' | 'removeCertificate' | 'trustServerCertificate' | 'delete'>;
  readonly serverCertificates: Pick<ServerCertificates, 'inspect'>;
  readonly connectionTests: Pick<ConnectionTests, 'test' | 'progress'>;
  readonly testMessages: Pick<TestMessages, 'send'>;
  readonly roundTrips: Pick<RoundTrips, 'verify'>;
  readonly settingsDiscoveries: Pick<SettingsDiscoveries, 'whole' | 'progress'>;
  readonly accountHistory: Pick<AccountHistory, 'atVersion' | 'versions'>;
  /** What there was at a moment: accounts together with the truststores and profiles that they named. */
  readonly configurationHistory: { reading(): PastView };
  readonly accounts: AccountsView;
  readonly auditTrail: AuditTrailView;
  readonly tokens: TokensView;
  readonly profiles: ProfilesView;
  readonly truststores: TruststoresView;
  /** What this node knows of the access tokens of a profile; null when it has had nothing to do with it since its start. */
  readonly tokenFacts: (profile: string) => TokenFacts | null;
  readonly expiries: ExpiriesView;
  readonly securityLog: Pick<SecurityLog, 'accessDenied' | 'auditExported'>;
  readonly auditProofs: Pick<AuditProofs, 'newest' | 'ofEntry' | 'consistencySince' | 'covering'>;
  /** Told of whoever reads the audit trail. */
  readonly auditSearches: Pick<AuditSearches, 'note'>;
  /** The mutations that are refused without a reason. */
  readonly reasonPolicy: ReasonPolicy;
  /** What exists beside the accounts, for their readiness. */
  readonly knownNames: KnownNames;
  readonly serviceFacts: () => ServiceFacts | Promise<ServiceFacts>;
}

/** What one request reads of the past. */
export interface PastView {
  /** As it all was at this time, its millisecond included. @throws {NotYetPassed} */
  at(time: Date): Promise<Past>;
  of(moment: Moment): Past;
  /** As it all was right after the event that made this version of the account; null when there is none. */
  ofVersion(accountId: string, version: number): Promise<Past | null>;
  /** As it all was at the moment of this name; null when there is none. */
  named(moment: string): Promise<Past | null>;
}

/** All that there was at one moment. */
export type Past = Pick<PastConfiguration, 'moment' | 'account' | 'truststore' | 'profile' | 'readiness'>;

export interface AccountsView {
  find(accountId: string): EmailAccountSnapshot | null;
  page(filter: AccountFilter, order: AccountOrder, page: PageRequest): Page<EmailAccountSnapshot>;
  count(filter: AccountFilter): number;
  /** The ids of the accounts that were there right after the event at this position and fitted then. */
  pageAt(filter: AccountFilter, order: AccountOrder, page: PageRequest, at: bigint): Page<string>;
  countAt(filter: AccountFilter, at: bigint): number;
}

export interface AuditTrailView {
  find(entryId: string): AuditRow | null;
  page(filter: AuditFilter, page: PageRequest): Page<AuditRow>;
  count(filter: AuditFilter): number | null;
  /** What made the account's versions after `from` up to `to`, oldest first; at most 100, the newest. */
  between(accountId: string, from: number, to: number): readonly AuditRow[];
  position(): bigint;
  /** The position of the last entry recorded up to the time, as far as the trail is; null for none. */
  lastAt(time: Date): { readonly position: bigint | null };
  tail(filter: AuditFilter, after: bigint): Batch<AuditRow>;
  onAdvance(listener: () => void): () => void;
}

export interface ExpiriesView {
  /** What ends within so many days from now, or has ended, the earliest first; at most so many. Ids and names are as they were written. */
  endingWithin(days: number, most: number): readonly (ExpiringThing & { readonly certificate: Certificate | null })[];
}

export interface TokensView {
  find(id: string): IssuedApiToken | null;
  page(page: PageRequest): Page<IssuedApiToken>;
  count(): number;
}

export interface ProfilesView {
  find(name: string): ProfileSnapshot | null;
  page(page: PageRequest): Page<ProfileSnapshot>;
  count(): number;
  /** The names of those that there were right after the event at this position. */
  pageAt(page: PageRequest, at: bigint): Page<string>;
  countAt(at: bigint): number;
}

export interface TruststoresView {
  find(name: string): TruststoreSnapshot | null;
  page(page: PageRequest): Page<TruststoreSnapshot>;
  count(): number;
  /** The names of those that there were right after the event at this position. */
  pageAt(page: PageRequest, at: bigint): Page<string>;
  countAt(at: bigint): number;
}

export interface TokenFacts {
  /** Null while there is none. */
  readonly accessTokenExpiresAt: Date | null;
  readonly lastRefreshedAt: Date | null;
  /** Why the last one that was asked for did not come, for people; null when it came. */
  readonly failure: string | null;
}
