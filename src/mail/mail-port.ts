import type { NationalCloud } from '../domain/authentication-profile/national-cloud.js';
import type { Certificate, ConnectionTestStage, DiagnosisCode } from '../domain/email-account/connection-test.js';
import type { RoundTripResult } from '../domain/email-account/round-trip.js';
import type { GraphReceiverSettings, GraphSenderSettings, MailboxReceiverSettings, SmtpSenderSettings } from '../domain/email-account/settings.js';
import type { MailServer } from '../domain/truststore/mail-server.js';
import type { SecretValue } from '../secret-store/secret-value.js';

/** What is connected to, with the credentials in hand. */
export interface TestSubject {
  readonly sender: SenderSubject | null;
  readonly receiver: ReceiverSubject | null;
  /** Whom mail is offered for in the RECIPIENT stage; null: the sender itself. */
  readonly recipient: string | null;
}

export type SenderSubject = SmtpSubject | GraphSenderSubject;
export type ReceiverSubject = MailboxSubject | GraphReceiverSubject;

export interface SmtpSubject {
  readonly settings: SmtpSenderSettings;
  /** Null: without AUTH (a relay). */
  readonly credentials: Credentials | null;
  readonly trust: TrustedRoots | null;
}

/** An IMAP or POP3 mailbox. */
export interface MailboxSubject {
  readonly settings: MailboxReceiverSettings;
  readonly credentials: Credentials;
  readonly trust: TrustedRoots | null;
}

export interface GraphSenderSubject {
  readonly settings: GraphSenderSettings;
  /** Which of Microsoft's clouds the tokens are for. */
  readonly cloud: NationalCloud;
  readonly accessTokens: AccessTokens;
}

export interface GraphReceiverSubject {
  readonly settings: GraphReceiverSettings;
  readonly cloud: NationalCloud;
  readonly accessTokens: AccessTokens;
}

/** What a server is shown at a login. */
export type Credentials = PasswordCredentials | OAuthCredentials;

export interface PasswordCredentials {
  readonly kind: 'password';
  readonly userId: string;
  readonly password: SecretValue;
}

/** XOAUTH2 or OAUTHBEARER (RFC 7628). */
export interface OAuthCredentials {
  readonly kind: 'oauth';
  readonly userId: string;
  readonly accessTokens: AccessTokens;
}

/** The access tokens of one authentication profile. They have one owner, who keeps them fresh; no mail library ever asks for one. */
export interface AccessTokens {
  /** The authentication profile, as people know it. */
  readonly profile: string;
  /** One that is good for a while still. @throws {TokenUnavailable} */
  current(signal: AbortSignal): Promise<SecretValue>;
  /** A server did not take this one: the next `current` is another. */
  refused(token: SecretValue): void;
}

/** There is no access token to be had. The message says why, the hint what a person can do. Neither holds anything secret. */
export class TokenUnavailable extends Error {
  override readonly name = 'TokenUnavailable';
  constructor(
    readonly code: DiagnosisCode,
    message: string,
    readonly hint: string | null = null,
  ) {
    super(message);
  }
}

/** The certificates of a truststore, as a connection needs them. */
export interface TrustedRoots {
  /** Differs whenever the rest differs, e.g. name and version: TLS contexts are kept by it. */
  readonly key: string;
  /** PEM, one certificate each. */
  readonly certificates: readonly string[];
  /** Whether the runtime's own roots and those of NODE_EXTRA_CA_CERTS are trusted beside them. */
  readonly includeSystemRoots: boolean;
}

/** Connects for real, stage by stage; stages come as they end. Never throws for what a server does. */
export type TestMail = (subject: TestSubject, signal: AbortSignal) => AsyncIterable<ConnectionTestStage>;

/** What a server said to a message. Never thrown. */
export interface SendingResult {
  readonly outcome: 'PASSED' | 'FAILED';
  readonly code: DiagnosisCode;
  readonly message: string;
  readonly hint: string | null;
  /** What the server said, control characters removed, at most 200 characters. */
  readonly serverResponse: string | null;
}

export interface TestMessage {
  readonly to: string;
  /** With its angle brackets (RFC 5322, section 3.6.4). */
  readonly messageId: string;
  readonly accountId: string;
}

export type SendMail = (sender: SenderSubject, message: TestMessage, signal: AbortSignal) => Promise<SendingResult>;

/** Where a message goes and where it is waited for. */
export interface RoundTripSubject {
  readonly sender: SenderSubject;
  readonly receiver: ReceiverSubject;
}

/** Sends the message and waits so long for it in the receiver's mailbox, then reads and removes it. Never throws for what a server does. */
export type VerifyRoundTrip = (subject: RoundTripSubject, message: TestMessage, timeoutMilliseconds: number, signal: AbortSignal) => Promise<RoundTripResult>;

/** What a server shows of itself to whoever connects. */
export interface CertificateInspection {
  /** Whether an account that names no truststore would connect. */
  readonly trusted: boolean;
  /** As TLS names it: `TLSv1.3`. Null where it did not come to TLS. */
  readonly tlsVersion: string | null;
  /** The chain as the server sent it, its own certificate first; empty where it did not come to TLS. */
  readonly certificates: readonly Certificate[];
  /** What would keep an account from connecting; null for nothing. */
  readonly problem: DiagnosisCode | null;
  /** What was found and what to do, for people. */
  readonly message: string;
}

/** Connects as far as the server's certificates and hangs up. Nobody logs in. Never throws for what a server does. */
export type InspectCertificate = (server: MailServer, signal: AbortSignal) => Promise<CertificateInspection>;
