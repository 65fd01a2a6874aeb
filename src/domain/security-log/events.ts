import type { MailServer } from '../truststore/mail-server.js';

/**
 * What was attempted and did not change anything, who looked at what, and what was done to the service itself. Streams `securityLog-<year>-<month>`. Of the input of a change it never holds a
 * value: codes and paths alone.
 * `entityType` and `entityId` name what it was aimed at, as far as the input said.
 */
export type SecurityLogEvent =
  | { readonly type: 'CommandRefused'; readonly data: Attempt & Told & { readonly problems: readonly RefusedProblem[] } }
  | { readonly type: 'CommandConflicted'; readonly data: Attempt & { readonly expectedVersion: number; readonly currentVersion: number } }
  | { readonly type: 'CommandChangedNothing'; readonly data: Attempt }
  | { readonly type: 'CommandFailed'; readonly data: Attempt & { readonly reference: string } }
  /** The caller's role does not allow the field. */
  | { readonly type: 'AccessDenied'; readonly data: Attempt & Told & { readonly role: string } }
  /** A connection test that no account holds: a draft's. `targets` are endpoints, as a stored password's are written. */
  | { readonly type: 'DraftConnectionTested'; readonly data: Attempt & { readonly targets: readonly string[]; readonly outcome: 'PASSED' | 'FAILED' } }
  /** A test message was handed to the sender's server, or was not taken. `code` is a diagnosis code. */
  | {
      readonly type: 'TestMessageSent';
      readonly data: Attempt & {
        readonly messageId: string;
        readonly outcome: 'PASSED' | 'FAILED';
        readonly code: string;
        readonly serverResponse: string | null;
      };
    }
  /** A message was sent through an account and looked for in its mailbox. `stoppedAt` is the step that failed; `code` a diagnosis code. */
  | {
      readonly type: 'RoundTripVerified';
      readonly data: Attempt & {
        readonly messageId: string;
        readonly outcome: 'PASSED' | 'FAILED';
        readonly stoppedAt: string | null;
        readonly code: string;
      };
    }
  /** A server was asked for its certificates. `code` is a diagnosis code: OK for a chain that would be trusted. */
  | { readonly type: 'ServerCertificateInspected'; readonly data: Attempt & { readonly server: MailServer; readonly code: string } }
  /** Somebody was sent to a provider of OAuth 2.0. `consentId` is the correlation id of what comes of it. */
  | { readonly type: 'ConsentBegun'; readonly data: Attempt & { readonly consentId: string } }
  /** Settings were searched for, for an address of this domain: of the mailbox nothing is kept. `candidates` is null for a search that was broken off. */
  | { readonly type: 'SettingsDiscovered'; readonly data: Attempt & { readonly domain: string; readonly candidates: number | null } }
  /** `count` > 1: the further failures of one minute and address, told together. */
  | { readonly type: 'AuthenticationFailed'; readonly data: { readonly cause: AuthenticationFailure; readonly count: number } }
  /** `count` searches of one caller, at most a minute's worth; `searches` are the different ones among them, the first twenty. */
  | { readonly type: 'AuditSearched'; readonly data: { readonly count: number; readonly searches: readonly AuditSearch[] } }
  /** Entries of the trail are about to leave the service. */
  | { readonly type: 'AuditExported'; readonly data: AuditExport }
  | { readonly type: 'ServiceStarted'; readonly data: RunningProgram }
  | { readonly type: 'ServiceStopped'; readonly data: RunningProgram }
  /** Views were built anew from the log, because somebody asked for it. */
  | { readonly type: 'ViewsRebuilt'; readonly data: { readonly views: readonly { readonly name: string; readonly events: number }[] } }
  /** `keys` were wrapped anew under the root key; those of so many accounts could not be unwrapped. */
  | { readonly type: 'RootKeysRotated'; readonly data: { readonly rootKeyId: string; readonly keys: number; readonly failedAccounts: number } };

/** What somebody looked for in the audit trail: the field of the schema, and its filter as JSON. Of a text only that there was one. */
export interface AuditSearch {
  readonly field: string;
  readonly filter: string;
}

/** Which entries: those after `after` (null: from the beginning) up to `until`, that the filter leaves. Positions as text. */
export interface AuditExport {
  readonly format: 'JSONL' | 'CSV' | 'CEF';
  /** As JSON. Of a text only that there was one. */
  readonly filter: string;
  readonly after: string | null;
  readonly until: string;
  /** How many that were; null where a count would have cost a scan. */
  readonly entries: number | null;
}

/** A program that serves. `node` is the name of the machine. */
export interface RunningProgram {
  readonly programVersion: string;
  readonly engine: 'EMBEDDED' | 'KURRENTDB';
  readonly node: string;
}

/** How often, where it was more than once: attempts of one caller that are alike, told together. `entityId` names the last of them. */
export interface Told {
  readonly count?: number;
}

export interface Attempt {
  /** The mutation or query: `renameEmailAccount`. */
  readonly command: string;
  readonly entityType: string;
  readonly entityId: string;
}

export interface RefusedProblem {
  readonly code: string;
  readonly field: readonly string[] | null;
}

export type AuthenticationFailure = 'MALFORMED' | 'UNKNOWN' | 'EXPIRED' | 'REVOKED';
