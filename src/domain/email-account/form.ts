import type { StartTls, TlsVersion } from './settings.js';

/**
 * The account form as a person fills it in: what is left out is undefined and gets its default, null means the same as left out except for a password.
 * The values are unchecked; `complete-sender.ts` and `complete-receiver.ts` check them and fill in the rest.
 */
export type SenderForm<Password = PasswordChange> =
  | { readonly kind: 'smtp'; readonly identity: SmtpIdentityForm; readonly connection: SmtpConnectionForm; readonly password: Password }
  | {
      readonly kind: 'microsoftGraph';
      readonly identity: { readonly userPrincipalName: string; readonly replyTo?: string | null | undefined };
      readonly connection: { readonly authenticationProfile: string };
    };

export interface SmtpIdentityForm {
  readonly emailAddress: string;
  readonly displayName?: string | null | undefined;
  readonly userId?: string | null | undefined;
  readonly replyTo?: string | null | undefined;
}

export interface SmtpConnectionForm {
  readonly host?: string | null | undefined;
  readonly port?: number | null | undefined;
  readonly useSmtps?: boolean | null | undefined;
  readonly startTls?: StartTls | null | undefined;
  readonly minimumTlsVersion?: TlsVersion | null | undefined;
  readonly truststore?: string | null | undefined;
  readonly authenticationProfile?: string | null | undefined;
}

export type ReceiverForm<Password = PasswordChange> =
  | {
      readonly kind: 'imap' | 'pop3';
      readonly identity: { readonly useSenderCredentials?: boolean | null | undefined; readonly userId?: string | null | undefined };
      readonly connection: ReceiverConnectionForm;
      readonly mailbox?: string | null | undefined;
      readonly password: Password;
    }
  | {
      readonly kind: 'microsoftGraph';
      readonly identity: { readonly userPrincipalName: string };
      readonly connection: { readonly authenticationProfile: string };
    };

export interface ReceiverConnectionForm {
  readonly host?: string | null | undefined;
  readonly port?: number | null | undefined;
  readonly useTls?: boolean | null | undefined;
  readonly startTls?: StartTls | null | undefined;
  readonly minimumTlsVersion?: TlsVersion | null | undefined;
  readonly truststore?: string | null | undefined;
  readonly authenticationProfile?: string | null | undefined;
}

/** Left out = keep, null = clear, a value = replace. The value itself never comes here: the secret store seals it under `secretId`. */
export type PasswordChange =
  { readonly change: 'keep' } | { readonly change: 'clear' } | { readonly change: 'replace'; readonly secretId: string; readonly fingerprint: string };

export const keepPassword: PasswordChange = { change: 'keep' };
export const clearPassword: PasswordChange = { change: 'clear' };
