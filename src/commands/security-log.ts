import { randomUUID } from 'node:crypto';
import type { Problem } from '../domain/decider.js';
import type { Attempt, AuditExport, AuditSearch, AuthenticationFailure, SecurityLogEvent } from '../domain/security-log/events.js';
import { securityLogStream } from '../domain/streams.js';
import type { Appended, EventStore } from '../event-store/event-store.js';
import { AlikeAttempts } from './alike-attempts.js';
import type { Call } from './change.js';
import { eventsToAppend, type CommandIdentity } from './event-metadata.js';

type DataOf<Type extends SecurityLogEvent['type']> = Extract<SecurityLogEvent, { readonly type: Type }>['data'];
type OfOperation =
  | 'ServiceStarted'
  | 'ServiceStopped'
  | 'ViewsRebuilt'
  | 'ViewsRestored'
  | 'SecretsVerified'
  | 'ServersScavenged'
  | 'StoreAccessGranted'
  | 'LogRestoreAccepted'
  | 'LogVerified'
  | 'RootKeysRotated'
  | 'AuditStreamDeadLettered'
  | 'AuditStreamDeadLettersRetried'
  | 'AuditStreamReplayed';

/** What can be done to the service itself. */
export type Operation = Extract<SecurityLogEvent, { type: OfOperation }>;

/** Records what was attempted and changed nothing, so that the audit trail holds it as well. Every method resolves once it is durable. */
export class SecurityLog {
  readonly #alike: AlikeAttempts;

  constructor(
    readonly store: EventStore,
    readonly now: () => Date,
    alike = new AlikeAttempts(now),
  ) {
    this.#alike = alike;
  }

  /** A rule refused it, or the account had changed since the caller looked. */
  refused(call: Call, attempt: Attempt, reason: string | null, problems: readonly Problem[]): Promise<Appended> {
    const conflict = problems.find((problem) => problem.versions);
    if (conflict?.versions) {
      const { expected, current } = conflict.versions;
      return this.#append(call, attempt.command, reason, {
        type: 'CommandConflicted',
        data: { ...attempt, expectedVersion: expected, currentVersion: current },
      });
    }
    const data = { ...attempt, problems: problems.map(({ code, field }) => ({ code, field: field ?? null })) };
    const kind = `refused ${call.actor.id} ${attempt.command} ${problems.map(({ code }) => code).join(' ')}`;
    return this.#alike.record(kind, (count) => this.#append(call, attempt.command, reason, { type: 'CommandRefused', data: { ...data, ...told(count) } }));
  }

  changedNothing(call: Call, attempt: Attempt, reason: string | null): Promise<Appended> {
    return this.#append(call, attempt.command, reason, { type: 'CommandChangedNothing', data: attempt });
  }

  /** A fault of ours; `reference` is the one that the log and the caller's error name, of the latest where faults of many are told together. */
  failed(call: Call, attempt: Attempt, reference: string): Promise<Appended> {
    return this.#alike.record(`failed ${call.actor.id} ${attempt.command}`, (count) =>
      this.#append(call, attempt.command, null, { type: 'CommandFailed', data: { ...attempt, reference, ...told(count) } }),
    );
  }

  /** The caller's role does not allow the field, e.g. `Mutation.eraseEmailAccount`. */
  accessDenied(call: Call, attempt: Attempt): Promise<Appended> {
    const data = { ...attempt, role: call.role };
    return this.#alike.record(`denied ${call.actor.id} ${attempt.command}`, (count) =>
      this.#append(call, attempt.command, null, { type: 'AccessDenied', data: { ...data, ...told(count) } }),
    );
  }

  draftTested(call: Call, attempt: Attempt, targets: readonly string[], outcome: 'PASSED' | 'FAILED'): Promise<Appended> {
    return this.#append(call, attempt.command, null, { type: 'DraftConnectionTested', data: { ...attempt, targets, outcome } });
  }

  testMessageSent(call: Call, identity: CommandIdentity, data: DataOf<'TestMessageSent'>): Promise<Appended> {
    return this.store.appendToStream(securityLogStream(this.now()), eventsToAppend([{ type: 'TestMessageSent', data }], identity, call), 'any');
  }

  roundTripVerified(call: Call, data: DataOf<'RoundTripVerified'>): Promise<Appended> {
    return this.#append(call, data.command, null, { type: 'RoundTripVerified', data });
  }

  serverInspected(call: Call, data: DataOf<'ServerCertificateInspected'>): Promise<Appended> {
    return this.#append(call, data.command, null, { type: 'ServerCertificateInspected', data });
  }

  consentBegun(call: Call, attempt: Attempt, consentId: string): Promise<Appended> {
    return this.#append(call, attempt.command, null, { type: 'ConsentBegun', data: { ...attempt, consentId } });
  }

  settingsDiscovered(call: Call, data: DataOf<'SettingsDiscovered'>): Promise<Appended> {
    return this.#append(call, data.command, null, { type: 'SettingsDiscovered', data });
  }

  auditSearched(call: Call, count: number, searches: readonly AuditSearch[]): Promise<Appended> {
    return this.#append(call, 'auditTrail', null, { type: 'AuditSearched', data: { count, searches } });
  }

  /** What was done to the service itself, by whoever the call names. */
  operated(call: Call, command: string, event: Operation, reason: string | null = null): Promise<Appended> {
    return this.#append(call, command, reason, event);
  }

  /** The caller had asked for more than its share: so many times, this attempt the latest of them. */
  requestsLimited(call: Call, attempt: Attempt, count: number): Promise<Appended> {
    return this.#append(call, attempt.command, null, { type: 'RequestsLimited', data: { ...attempt, count } });
  }

  /** @param tokenId of the token that was shown, where it was one of ours. */
  authenticationFailed(call: Call, cause: AuthenticationFailure, tokenId: string | null, count: number): Promise<Appended> {
    return this.#append(call, 'authenticate', null, { type: 'AuthenticationFailed', data: { cause, count, ...(tokenId !== null && { tokenId }) } });
  }

  /** Entries are about to leave the service. */
  auditExported(call: Call, data: AuditExport): Promise<Appended> {
    return this.#append(call, 'exportAuditTrail', null, { type: 'AuditExported', data });
  }

  #append(call: Call, command: string, reason: string | null, event: SecurityLogEvent): Promise<Appended> {
    const events = eventsToAppend([event], { commandId: randomUUID(), command, inputHash: '', reason }, call);
    return this.store.appendToStream(securityLogStream(this.now()), events, 'any');
  }
}

function told(count: number): { readonly count?: number } {
  return count > 1 ? { count } : {};
}
