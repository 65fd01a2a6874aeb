import type { ApiTokenEvent } from '../src/domain/api-token/events.js';
import { profileChanges } from '../src/domain/authentication-profile/field-changes.js';
import type { AuthenticationProfile } from '../src/domain/authentication-profile/state.js';
import {
  isApiTokenEvent,
  isAuthenticationProfileEvent,
  isEmailAccountEvent,
  isExpiryEvent,
  isTruststoreEvent,
  type PostledgerEvent,
} from '../src/domain/event-catalogue.js';
import { erasureChanges, fieldChanges, type FieldChange } from '../src/domain/email-account/field-changes.js';
import { isPresent, type EmailAccount } from '../src/domain/email-account/state.js';
import type { SecurityLogEvent } from '../src/domain/security-log/events.js';
import type { TruststoreEvent } from '../src/domain/truststore/events.js';
import type { RecordedEvent } from '../src/event-store/event-store.js';
import type { AuditOutcome } from './audit-row.js';

/** What an entry says of its event beside the event's own words. */
export interface EntryFacts {
  readonly entityType: string;
  readonly entityId: string;
  readonly version: number | null;
  readonly outcome: AuditOutcome;
  readonly changes: readonly FieldChange[];
}

/** An account before and after one of its events. */
export interface Transition {
  readonly before: EmailAccount;
  readonly after: EmailAccount;
}

/** An authentication profile before and after one of its events. */
export interface ProfileTransition {
  readonly before: AuthenticationProfile;
  readonly after: AuthenticationProfile;
}

export function entryFacts(
  event: RecordedEvent,
  known: PostledgerEvent | null,
  { before, after }: Transition,
  profile: ProfileTransition | null = null,
): EntryFacts {
  if (known === null) return { ...namedByStream(event), outcome: 'ACCEPTED', changes: [] };
  if (isEmailAccountEvent(known)) {
    const named = after.status === 'absent' ? namedByStream(event) : { ...namedByStream(event), entityId: after.accountId };
    return { ...named, outcome: 'ACCEPTED', changes: accountChanges(before, after) };
  }
  if (isApiTokenEvent(known)) return { ...namedByStream(event), outcome: 'ACCEPTED', changes: tokenChanges(known, event.recordedAt) };
  if (isExpiryEvent(known)) return { entityType: known.data.entityType, entityId: known.data.entityId, version: null, outcome: 'ACCEPTED', changes: [] };
  if (isAuthenticationProfileEvent(known)) return { ...namedByStream(event), ...profileFacts(profile) };
  if (isTruststoreEvent(known)) return { ...namedByStream(event), entityId: known.data.name, outcome: 'ACCEPTED', changes: truststoreChanges(known) };
  return { ...entityOf(known), version: null, outcome: outcomeOf(known.type), changes: [] };
}

function profileFacts(profile: ProfileTransition | null): Pick<EntryFacts, 'outcome' | 'changes'> & Partial<Pick<EntryFacts, 'entityId'>> {
  if (profile === null) return { outcome: 'ACCEPTED', changes: [] };
  const { before, after } = profile;
  const present = after.status === 'present' ? after : before.status === 'present' ? before : null;
  return { ...(present && { entityId: present.settings.name }), outcome: 'ACCEPTED', changes: profileChanges(before, after) };
}

/** What was aimed at, as the event says it; the service itself where it is about nothing else. */
function entityOf({ type, data }: SecurityLogEvent): Pick<EntryFacts, 'entityType' | 'entityId'> {
  switch (type) {
    case 'AuthenticationFailed':
    case 'AuditSearched':
    case 'AuditExported':
    case 'ServiceStarted':
    case 'ServiceStopped':
    case 'ViewsRebuilt':
    case 'ViewsRestored':
    case 'SecretsVerified':
    case 'ServersScavenged':
    case 'StoreAccessGranted':
    case 'RootKeysRotated':
    case 'LogRestoreAccepted':
    case 'LogVerified':
    case 'AuditStreamDeadLettered':
    case 'AuditStreamDeadLettersRetried':
    case 'AuditStreamReplayed':
      return { entityType: 'Service', entityId: 'postledger' };
    case 'CommandRefused':
    case 'CommandConflicted':
    case 'CommandChangedNothing':
    case 'CommandFailed':
    case 'AccessDenied':
    case 'DraftConnectionTested':
    case 'TestMessageSent':
    case 'RoundTripVerified':
    case 'ServerCertificateInspected':
    case 'SettingsDiscovered':
    case 'ConsentBegun':
    case 'RequestsLimited':
      return { entityType: data.entityType, entityId: data.entityId };
  }
}

function outcomeOf(type: SecurityLogEvent['type']): AuditOutcome {
  switch (type) {
    case 'CommandRefused':
      return 'REFUSED';
    case 'CommandConflicted':
      return 'CONFLICT';
    case 'CommandChangedNothing':
      return 'NO_CHANGE';
    case 'CommandFailed':
      return 'FAILED';
    case 'AccessDenied':
    case 'AuthenticationFailed':
    case 'RequestsLimited':
      return 'DENIED';
    // A test was made, whatever it found: its own fields tell.
    case 'DraftConnectionTested':
    case 'TestMessageSent':
    case 'RoundTripVerified':
    case 'ServerCertificateInspected':
    case 'SettingsDiscovered':
    case 'ConsentBegun':
    case 'AuditSearched':
    case 'AuditExported':
    case 'ServiceStarted':
    case 'ServiceStopped':
    case 'ViewsRebuilt':
    case 'ViewsRestored':
    case 'SecretsVerified':
    case 'ServersScavenged':
    case 'StoreAccessGranted':
    case 'RootKeysRotated':
    case 'LogRestoreAccepted':
    case 'LogVerified':
    case 'AuditStreamDeadLettered':
    case 'AuditStreamDeadLettersRetried':
    case 'AuditStreamReplayed':
      return 'ACCEPTED';
  }
}

/** `emailAccount-sales` is EmailAccount sales: so it is with events that only a newer version knows. */
function namedByStream({ streamId, revision }: RecordedEvent): Pick<EntryFacts, 'entityType' | 'entityId' | 'version'> {
  const dash = streamId.indexOf('-');
  const category = dash < 0 ? streamId : streamId.slice(0, dash);
  const entityId = dash < 0 ? '' : streamId.slice(dash + 1);
  return { entityType: category.slice(0, 1).toUpperCase() + category.slice(1), entityId, version: Number(revision) + 1 };
}

/** What an event of an account changed. */
export function accountChanges(before: EmailAccount, after: EmailAccount): readonly FieldChange[] {
  if (isPresent(after)) return fieldChanges(isPresent(before) ? before : null, after);
  return isPresent(before) ? erasureChanges(before) : [];
}

function truststoreChanges({ type, data }: TruststoreEvent): readonly FieldChange[] {
  const change = (path: string, before: unknown, after: unknown) => ({ path, before, after, secret: false });
  switch (type) {
    case 'TruststoreCreated':
      return [change('name', null, data.name), change('includeSystemRoots', null, data.includeSystemRoots)];
    case 'CertificateAdded': {
      const { fingerprintSha256, subject, issuer, notAfter } = data.certificate;
      return [change('certificates', null, { fingerprintSha256, subject, issuer, notAfter })];
    }
    case 'CertificateRemoved':
      return [change('certificates', { fingerprintSha256: data.fingerprintSha256, subject: data.subject }, null)];
    case 'TruststoreDeleted':
      return [];
  }
}

function tokenChanges(event: ApiTokenEvent, recordedAt: Date): readonly FieldChange[] {
  const change = (path: string, after: unknown) => ({ path, before: null, after, secret: false });
  switch (event.type) {
    case 'ApiTokenIssued': {
      const { name, role, expiresAt } = event.data;
      return [change('name', name), change('role', role), ...(expiresAt === null ? [] : [change('expiresAt', expiresAt)])];
    }
    case 'ApiTokenRevoked':
      return [change('revokedAt', recordedAt.toISOString())];
    case 'ApiTokenExpired':
    case 'ApiTokenUsed':
      return [];
  }
}
