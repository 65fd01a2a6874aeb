import type { ConnectionTestStage, DiagnosisCode } from '../domain/email-account/connection-test.js';
import type { MailboxReceiverSettings, SmtpSenderSettings } from '../domain/email-account/settings.js';
import type { SecretValue } from '../secret-store/secret-value.js';

/** What is connected to, with the passwords in hand. */
export interface TestSubject {
  readonly sender: SenderSubject | null;
  readonly receiver: ReceiverSubject | null;
  /** Whom mail is offered for in the RECIPIENT stage; null: the sender itself. */
  readonly recipient: string | null;
}

export interface SenderSubject {
  readonly settings: SmtpSenderSettings;
  /** Null: without AUTH (a relay). */
  readonly password: SecretValue | null;
}

export interface ReceiverSubject {
  readonly settings: MailboxReceiverSettings;
  readonly userId: string;
  readonly password: SecretValue;
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
