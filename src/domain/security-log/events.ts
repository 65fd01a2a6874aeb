import type { MailServer } from '../truststore/mail-server.js';

/**
 * What was attempted and did not change anything. Streams `securityLog-<year>-<month>`. Never holds a value from the input: codes and paths alone.
 * `entityType` and `entityId` name what it was aimed at, as far as the input said.
 */
export type SecurityLogEvent =
  | { readonly type: 'CommandRefused'; readonly data: Attempt & { readonly problems: readonly RefusedProblem[] } }
  | { readonly type: 'CommandConflicted'; readonly data: Attempt & { readonly expectedVersion: number; readonly currentVersion: number } }
  | { readonly type: 'CommandChangedNothing'; readonly data: Attempt }
  | { readonly type: 'CommandFailed'; readonly data: Attempt & { readonly reference: string } }
  /** The caller's role does not allow the field. */
  | { readonly type: 'AccessDenied'; readonly data: Attempt & { readonly role: string } }
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
  /** `count` > 1: the further failures of one minute and address, told together. */
  | { readonly type: 'AuthenticationFailed'; readonly data: { readonly cause: AuthenticationFailure; readonly count: number } };

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
