import { randomUUID } from 'node:crypto';
import type { Problem } from '../domain/decider.js';
import type { Attempt, AuthenticationFailure, SecurityLogEvent } from '../domain/security-log/events.js';
import { securityLogStream } from '../domain/streams.js';
import type { Appended, EventStore } from '../event-store/event-store.js';
import type { Call } from './change.js';
import { eventsToAppend, type CommandIdentity } from './event-metadata.js';

/** Records what was attempted and changed nothing, so that the audit trail holds it as well. Every method resolves once it is durable. */
export class SecurityLog {
  constructor(
    readonly store: EventStore,
    readonly now: () => Date,
  ) {}

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
    return this.#append(call, attempt.command, reason, { type: 'CommandRefused', data });
  }

  changedNothing(call: Call, attempt: Attempt, reason: string | null): Promise<Appended> {
    return this.#append(call, attempt.command, reason, { type: 'CommandChangedNothing', data: attempt });
  }

  /** A fault of ours; `reference` is the one that the log and the caller's error name. */
  failed(call: Call, attempt: Attempt, reason: string | null, reference: string): Promise<Appended> {
    return this.#append(call, attempt.command, reason, { type: 'CommandFailed', data: { ...attempt, reference } });
  }

  /** The caller's role does not allow the field, e.g. `Mutation.eraseEmailAccount`. */
  accessDenied(call: Call, attempt: Attempt): Promise<Appended> {
    return this.#append(call, attempt.command, null, { type: 'AccessDenied', data: { ...attempt, role: call.role } });
  }

  draftTested(call: Call, attempt: Attempt, targets: readonly string[], outcome: 'PASSED' | 'FAILED'): Promise<Appended> {
    return this.#append(call, attempt.command, null, { type: 'DraftConnectionTested', data: { ...attempt, targets, outcome } });
  }

  testMessageSent(call: Call, identity: CommandIdentity, data: (SecurityLogEvent & { type: 'TestMessageSent' })['data']): Promise<Appended> {
    return this.store.appendToStream(securityLogStream(this.now()), eventsToAppend([{ type: 'TestMessageSent', data }], identity, call), 'any');
  }

  roundTripVerified(call: Call, data: (SecurityLogEvent & { type: 'RoundTripVerified' })['data']): Promise<Appended> {
    return this.#append(call, data.command, null, { type: 'RoundTripVerified', data });
  }

  serverInspected(call: Call, data: (SecurityLogEvent & { type: 'ServerCertificateInspected' })['data']): Promise<Appended> {
    return this.#append(call, data.command, null, { type: 'ServerCertificateInspected', data });
  }

  authenticationFailed(call: Call, cause: AuthenticationFailure, count: number): Promise<Appended> {
    return this.#append(call, 'authenticate', null, { type: 'AuthenticationFailed', data: { cause, count } });
  }

  #append(call: Call, command: string, reason: string | null, event: SecurityLogEvent): Promise<Appended> {
    const events = eventsToAppend([event], { commandId: randomUUID(), command, inputHash: '', reason }, call);
    return this.store.appendToStream(securityLogStream(this.now()), events, 'any');
  }
}
