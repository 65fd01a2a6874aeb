import type { Actor } from './access/actor.js';
import { systemActor } from './access/actor.js';
import { roles, type Role } from './access/role.js';
import type { ApiTokenEvent } from './api-token/events.js';
import type { AuthenticationProfileEvent } from './authentication-profile/events.js';
import type { EmailAccountEvent } from './email-account/events.js';
import type { ExpiryEvent } from './expiry/events.js';
import type { SecurityLogEvent } from './security-log/events.js';
import type { TruststoreEvent } from './truststore/events.js';

export type PostledgerEvent = EmailAccountEvent | ApiTokenEvent | AuthenticationProfileEvent | TruststoreEvent | ExpiryEvent | SecurityLogEvent;
export type PostledgerEventType = PostledgerEvent['type'];

type Json = Readonly<Record<string, unknown>>;

/** What is known of a type of event. */
export interface CatalogueEntry {
  /** The shape that is written today. */
  readonly schemaVersion: number;
  /** From version n (index n - 1) to n + 1. An event of any released version passes through the rest, for ever. */
  readonly upcasters: readonly ((data: Json) => Json)[];
  /** Paths below which a reference to a sealed secret may stand. */
  readonly secretReferences: readonly string[];
  /** Paths that hold personal data, or may: what an export or a request under data protection law has to look at. Every event's metadata names its actor as well. */
  readonly personalData: readonly string[];
  /**
   * Paths of the personal data of an email account: the texts there and below are stored sealed under the account's key, and gone with it. What it is about is the account of the stream,
   * or the one that `entityType` and `entityId` name.
   */
  readonly erasedWithAccount: readonly string[];
}

const plain: CatalogueEntry = { schemaVersion: 1, upcasters: [], secretReferences: [], personalData: [], erasedWithAccount: [] };

const profileSettings: CatalogueEntry = {
  ...plain,
  secretReferences: ['profile.clientSecret', 'profile.privateKey', 'profile.refreshToken'],
  personalData: ['profile.clientSecret.setBy', 'profile.privateKey.setBy', 'profile.refreshToken.setBy'],
};

const toldOfStages = ['test.stages.message', 'test.stages.hint', 'test.stages.serverResponse'];

/** Every type of event there is. The compiler insists on an entry for each. */
export const eventCatalogue: Readonly<Record<PostledgerEventType, CatalogueEntry>> = {
  AccountCreated: { ...plain, personalData: ['accountName'], erasedWithAccount: ['accountName'] },
  AccountRenamed: { ...plain, personalData: ['accountName'], erasedWithAccount: ['accountName'] },
  ProviderChanged: plain,
  SenderConfigured: {
    ...plain,
    secretReferences: ['sender.password'],
    personalData: ['sender.identity', 'sender.password.setBy'],
    erasedWithAccount: ['sender.identity'],
  },
  SenderRemoved: plain,
  // A shared mailbox is named by its address.
  ReceiverConfigured: {
    ...plain,
    secretReferences: ['receiver.password'],
    personalData: ['receiver.identity', 'receiver.mailbox', 'receiver.password.setBy'],
    erasedWithAccount: ['receiver.identity', 'receiver.mailbox'],
  },
  ReceiverRemoved: plain,
  SenderPasswordChanged: { ...plain, secretReferences: ['password'], personalData: ['password.setBy'] },
  ReceiverPasswordChanged: { ...plain, secretReferences: ['password'], personalData: ['password.setBy'] },
  AccountDisabled: plain,
  AccountEnabled: plain,
  AccountDeleted: plain,
  AccountRestored: plain,
  AccountErased: plain,
  // A server's answer may repeat the address that it was asked for, and what is said of it does.
  ConnectionTested: { ...plain, personalData: toldOfStages, erasedWithAccount: toldOfStages },
  ApiTokenIssued: { ...plain, personalData: ['name'] },
  ApiTokenRevoked: plain,
  ApiTokenExpired: plain,
  ApiTokenUsed: { ...plain, personalData: ['ip'] },
  AuthenticationProfileCreated: profileSettings,
  AuthenticationProfileChanged: profileSettings,
  AuthenticationProfileDeleted: plain,
  ConsentGranted: { ...plain, secretReferences: ['refreshToken'], personalData: ['refreshToken.setBy'] },
  ConsentLost: plain,
  RefreshTokenRotated: { ...plain, secretReferences: ['refreshToken'], personalData: ['refreshToken.setBy'] },
  TruststoreCreated: plain,
  CertificateAdded: plain,
  CertificateRemoved: plain,
  TruststoreDeleted: plain,
  ExpiryApproached: plain,
  CommandRefused: plain,
  CommandConflicted: plain,
  CommandChangedNothing: plain,
  CommandFailed: plain,
  AccessDenied: plain,
  DraftConnectionTested: plain,
  TestMessageSent: { ...plain, personalData: ['serverResponse'], erasedWithAccount: ['serverResponse'] },
  RoundTripVerified: plain,
  ServerCertificateInspected: plain,
  ConsentBegun: plain,
  SettingsDiscovered: plain,
  RequestsLimited: plain,
  AuthenticationFailed: plain,
  // A filter may name people.
  AuditSearched: { ...plain, personalData: ['searches.filter'] },
  AuditExported: { ...plain, personalData: ['filter'] },
  ServiceStarted: plain,
  ServiceStopped: plain,
  ViewsRebuilt: plain,
  ViewsRestored: plain,
  SecretsVerified: plain,
  ServersScavenged: plain,
  StoreAccessGranted: plain,
  RootKeysRotated: plain,
  LogRestoreAccepted: plain,
  LogVerified: plain,
  AuditStreamDeadLettered: plain,
  AuditStreamDeadLettersRetried: plain,
  AuditStreamReplayed: plain,
};

/** An event as it came from the store, before its shape is known. */
export interface StoredEvent {
  readonly type: string;
  readonly data: Json;
  readonly metadata: Json;
}

export function isKnownEventType(type: string): type is PostledgerEventType {
  return Object.hasOwn(eventCatalogue, type);
}

/**
 * The event in today's shape, whichever released version wrote it; null for a type that this version does not know.
 * The one place where what was stored is taken for what was written: only this service writes to its log, through the same catalogue.
 */
export function upcast(event: StoredEvent): PostledgerEvent | null {
  if (!isKnownEventType(event.type)) return null;
  const { upcasters } = eventCatalogue[event.type];
  const written = typeof event.metadata['schemaVersion'] === 'number' ? event.metadata['schemaVersion'] : 1;
  const data = upcasters.slice(written - 1).reduce((older, upcaster) => upcaster(older), event.data);
  return { type: event.type, data } as unknown as PostledgerEvent;
}

/** Who the metadata says it was; the service itself where it says nothing. */
export function actorOf(metadata: Json): Actor {
  const actor = metadata['actor'];
  return typeof actor === 'object' && actor !== null ? (actor as Actor) : systemActor;
}

/** The role that the actor had then; null where the metadata says none. */
export function roleOf(metadata: Json): Role | null {
  return roles.find((role) => role === metadata['role']) ?? null;
}

const emailAccountEvents: ReadonlySet<string> = new Set<EmailAccountEvent['type']>([
  'AccountCreated',
  'AccountRenamed',
  'ProviderChanged',
  'SenderConfigured',
  'SenderRemoved',
  'ReceiverConfigured',
  'ReceiverRemoved',
  'SenderPasswordChanged',
  'ReceiverPasswordChanged',
  'AccountDisabled',
  'AccountEnabled',
  'AccountDeleted',
  'AccountRestored',
  'AccountErased',
  'ConnectionTested',
]);

export function isEmailAccountEvent(event: PostledgerEvent): event is EmailAccountEvent {
  return emailAccountEvents.has(event.type);
}

const apiTokenEvents: ReadonlySet<string> = new Set<ApiTokenEvent['type']>(['ApiTokenIssued', 'ApiTokenRevoked', 'ApiTokenExpired', 'ApiTokenUsed']);

export function isApiTokenEvent(event: PostledgerEvent): event is ApiTokenEvent {
  return apiTokenEvents.has(event.type);
}

const authenticationProfileEvents: ReadonlySet<string> = new Set<AuthenticationProfileEvent['type']>([
  'AuthenticationProfileCreated',
  'AuthenticationProfileChanged',
  'AuthenticationProfileDeleted',
  'ConsentGranted',
  'ConsentLost',
  'RefreshTokenRotated',
]);

export function isAuthenticationProfileEvent(event: PostledgerEvent): event is AuthenticationProfileEvent {
  return authenticationProfileEvents.has(event.type);
}

const truststoreEvents: ReadonlySet<string> = new Set<TruststoreEvent['type']>([
  'TruststoreCreated',
  'CertificateAdded',
  'CertificateRemoved',
  'TruststoreDeleted',
]);

export function isTruststoreEvent(event: PostledgerEvent): event is TruststoreEvent {
  return truststoreEvents.has(event.type);
}

export function isExpiryEvent(event: PostledgerEvent): event is ExpiryEvent {
  return event.type === 'ExpiryApproached';
}
