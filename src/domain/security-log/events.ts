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
  | { readonly type: 'CommandFailed'; readonly data: Attempt & Told & { readonly reference: string } }
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
  /** `count` requests of one caller were not carried out, because it had asked for more than its share. */
  | { readonly type: 'RequestsLimited'; readonly data: Attempt & { readonly count: number } }
  /** `count` > 1: the further failures of one minute and address, told together. `tokenId`: the token that was shown, where it was one of ours, which had expired or was revoked. */
  | { readonly type: 'AuthenticationFailed'; readonly data: { readonly cause: AuthenticationFailure; readonly count: number; readonly tokenId?: string } }
  /** `count` searches of one caller, at most a minute's worth; `searches` are the different ones among them, the first twenty. */
  | { readonly type: 'AuditSearched'; readonly data: { readonly count: number; readonly searches: readonly AuditSearch[] } }
  /** Entries of the trail are about to leave the service. */
  | { readonly type: 'AuditExported'; readonly data: AuditExport }
  | { readonly type: 'ServiceStarted'; readonly data: RunningProgram }
  | { readonly type: 'ServiceStopped'; readonly data: RunningProgram }
  /** Views were built anew from the log, because somebody asked for it. */
  | { readonly type: 'ViewsRebuilt'; readonly data: { readonly views: readonly { readonly name: string; readonly events: number }[] } }
  /** Views were put in place from a copy that was made at another time or on another node. Positions as text; null for an empty view. */
  | {
      readonly type: 'ViewsRestored';
      readonly data: {
        readonly views: readonly { readonly name: string; readonly position: string | null }[];
        /** When the copy was made, ISO 8601, and by which release. */
        readonly takenAt: string;
        readonly programVersion: string;
      };
    }
  /** Every stored password was opened to see whether it can be; none was shown. */
  | { readonly type: 'SecretsVerified'; readonly data: { readonly checked: number; readonly unreadable: number } }
  /** The servers of the event store took what was erased out of their files. */
  | { readonly type: 'ServersScavenged'; readonly data: { readonly servers: readonly string[] } }
  /** `operator` let `storeUser` do more in the event store: users of its servers, both. */
  | { readonly type: 'StoreAccessGranted'; readonly data: { readonly operator: string; readonly storeUser: string; readonly rights: readonly string[] } }
  /**
   * Somebody said that the log was restored from a backup, so that its checkpoints go on: it begins with what the checkpoint of `standingTreeSize` events says (0: with none of them), and
   * what was signed later, up to `formerTreeSize` events with the root `formerRootHash`, is lost. Sizes in decimal, hash in base64.
   */
  | {
      readonly type: 'LogRestoreAccepted';
      readonly data: { readonly standingTreeSize: string; readonly formerTreeSize: string; readonly formerRootHash: string };
    }
  /** The whole log was verified from nothing: so many events, a tree of so many leaves (in decimal) with this root (base64), that many checkpoints hold. */
  | {
      readonly type: 'LogVerified';
      readonly data: {
        readonly verdict: LogVerdict;
        readonly events: number;
        readonly treeSize: string;
        readonly rootHash: string;
        readonly checkpoints: number;
      };
    }
  /** `keys` were wrapped anew under the root key; those of so many accounts could not be unwrapped. */
  | { readonly type: 'RootKeysRotated'; readonly data: { readonly rootKeyId: string; readonly keys: number; readonly failedAccounts: number } }
  /** The receiver of the audit stream takes entries and did not take these: they were put aside. `count` of them, told together, from the first position to the last. */
  | { readonly type: 'AuditStreamDeadLettered'; readonly data: { readonly count: number; readonly firstPosition: string; readonly lastPosition: string } }
  /** What was put aside is sent once more, because somebody asked for it. */
  | { readonly type: 'AuditStreamDeadLettersRetried'; readonly data: { readonly count: number } }
  /** The audit stream, which had come to `reached`, sends all after `after` again (null: from the beginning). Positions as text. */
  | { readonly type: 'AuditStreamReplayed'; readonly data: { readonly after: string | null; readonly reached: string } };

/** It is what was signed; it, or what vouches for it, was changed; there was too little to judge by. */
export type LogVerdict = 'VERIFIED' | 'DAMAGED' | 'UNVERIFIABLE';

/** What somebody looked for in the audit trail: the field of the schema, `auditTrail` or `EmailAccount.history`, and its filter as JSON. Of a text only that there was one. */
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
