import type { Actor } from '../access/actor.js';

/** RFC 3207, 2595: whether a connection that begins in clear text must, may or must not be upgraded. */
export type StartTls = 'REQUIRED' | 'OPPORTUNISTIC' | 'DISABLED';
/** The lowest version a connection accepts; for implicit TLS and STARTTLS alike. */
export type TlsVersion = 'TLS_1_0' | 'TLS_1_1' | 'TLS_1_2' | 'TLS_1_3';

/** A password's place in the secret store, never the password. */
export interface SecretReference {
  /** UUID of the sealed row in the secret store. */
  readonly secretId: string;
  /** 1 for the first password of its slot, then counting up. */
  readonly version: number;
  /** Keyed hash of the value under the account's own key: equal for equal values of one account and field, useless without the key. */
  readonly fingerprint: string;
  /** The first of the versions, one right after the other up to this, that have this value, told by the fingerprints; left out where the one before has another, or there was none in use. */
  readonly sameValueAs?: number;
  readonly setAt: string; // ISO 8601
  readonly setBy: Actor;
  /** The endpoints it was entered for, each as `endpointOf` prints it. It is sent to no other. */
  readonly boundTo: readonly string[];
}

/** `lost`: there was a password, but a revert could not bring it back; it must be entered again before the account is ready. */
export type Password = SecretReference | 'lost' | null;

export type SenderSettings = SmtpSenderSettings | GraphSenderSettings;

export interface SmtpSenderSettings {
  readonly kind: 'smtp';
  readonly identity: { readonly emailAddress: string; readonly displayName: string | null; readonly userId: string; readonly replyTo: string | null };
  readonly connection: SmtpConnectionSettings;
  readonly password: Password;
}

export interface SmtpConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly useSmtps: boolean;
  readonly startTls: StartTls;
  readonly minimumTlsVersion: TlsVersion;
  readonly truststore: string | null;
  readonly authenticationProfile: string | null;
}

export interface GraphSenderSettings {
  readonly kind: 'microsoftGraph';
  readonly identity: { readonly userPrincipalName: string; readonly replyTo: string | null };
  readonly connection: { readonly authenticationProfile: string };
}

export type ReceiverSettings = MailboxReceiverSettings | GraphReceiverSettings;

export interface MailboxReceiverSettings {
  readonly kind: 'imap' | 'pop3';
  readonly identity: { readonly useSenderCredentials: boolean; readonly userId: string | null };
  readonly connection: ReceiverConnectionSettings;
  /** IMAP only; null for POP3, which has one mailbox. */
  readonly mailbox: string | null;
  /** Its own password; null while it uses the sender's. */
  readonly password: Password;
}

export interface ReceiverConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly useTls: boolean;
  readonly startTls: StartTls;
  readonly minimumTlsVersion: TlsVersion;
  readonly truststore: string | null;
  readonly authenticationProfile: string | null;
}

export interface GraphReceiverSettings {
  readonly kind: 'microsoftGraph';
  readonly identity: { readonly userPrincipalName: string };
  readonly connection: { readonly authenticationProfile: string };
}

/** Which password of an account. */
export type SecretSlot = 'sender.password' | 'receiver.password';
