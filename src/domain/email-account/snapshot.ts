import type { Actor } from '../access/actor.js';
import type { ConnectionTestResult } from './connection-test.js';
import type { EmailAccountEvent } from './events.js';
import { evolve, initialState, isPresent, type PresentAccount } from './state.js';

/** The account with what its history says of it: which version, since when, by whom, how the last connection test went. */
export interface EmailAccountSnapshot {
  readonly account: PresentAccount;
  /** The stream's revision + 1. */
  readonly version: number;
  readonly createdAt: string; // ISO 8601
  readonly createdBy: Actor;
  /** The last change of the account itself; a connection test is none. */
  readonly updatedAt: string; // ISO 8601
  readonly updatedBy: Actor;
  /** The version at which something that a connection depends on last changed. */
  readonly settingsVersion: number;
  readonly connectionTest: RecordedConnectionTest | null;
}

export interface RecordedConnectionTest extends ConnectionTestResult {
  /** The account's version whose settings were tested. */
  readonly testedVersion: number;
  /** The account's version after the test was recorded. */
  readonly recordedAtVersion: number;
  readonly startedBy: Actor;
}

/** The event with what the store and the command said around it. */
export type SnapshotEvent = EmailAccountEvent & { readonly revision: bigint; readonly recordedAt: Date; readonly actor: Actor };

/** Null before the account is created and after it is erased. Never refuses. */
export function evolveSnapshot(snapshot: EmailAccountSnapshot | null, event: SnapshotEvent): EmailAccountSnapshot | null {
  const account = evolve(snapshot?.account ?? initialState, event);
  if (!isPresent(account)) return null;
  const version = Number(event.revision) + 1;
  const at = event.recordedAt.toISOString();
  if (snapshot === null || event.type === 'AccountCreated')
    return { account, version, createdAt: at, createdBy: event.actor, updatedAt: at, updatedBy: event.actor, settingsVersion: version, connectionTest: null };
  if (event.type === 'ConnectionTested')
    return {
      ...snapshot,
      account,
      version,
      connectionTest: { ...event.data.test, testedVersion: event.data.testedVersion, recordedAtVersion: version, startedBy: event.actor },
    };
  return {
    ...snapshot,
    account,
    version,
    updatedAt: at,
    updatedBy: event.actor,
    settingsVersion: changesConnections(event) ? version : snapshot.settingsVersion,
  };
}

/** A test says nothing of settings that came after it. */
export function isStale(snapshot: EmailAccountSnapshot): boolean {
  return snapshot.connectionTest !== null && snapshot.connectionTest.testedVersion < snapshot.settingsVersion;
}

function changesConnections(event: EmailAccountEvent): boolean {
  switch (event.type) {
    case 'SenderConfigured':
    case 'SenderRemoved':
    case 'ReceiverConfigured':
    case 'ReceiverRemoved':
    case 'SenderPasswordChanged':
    case 'ReceiverPasswordChanged':
      return true;
    case 'AccountCreated':
    case 'AccountRenamed':
    case 'ProviderChanged':
    case 'AccountDisabled':
    case 'AccountEnabled':
    case 'AccountDeleted':
    case 'AccountRestored':
    case 'AccountErased':
    case 'ConnectionTested':
      return false;
  }
}
