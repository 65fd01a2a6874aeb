import type { Actor } from '../../src/domain/access/actor.js';
import type { EmailAccountCommand } from '../../src/domain/email-account/commands.js';
import { emailAccountDecider } from '../../src/domain/email-account/decide.js';
import type { EmailAccountEvent } from '../../src/domain/email-account/events.js';
import { clearPassword, keepPassword, type PasswordChange, type ReceiverForm, type SenderForm } from '../../src/domain/email-account/form.js';
import type { MailboxReceiverSettings, SecretReference, SmtpSenderSettings } from '../../src/domain/email-account/settings.js';
import { specification } from '../given-when-then.js';

export const given = specification(emailAccountDecider);

export const editor: Actor = { kind: 'API_TOKEN', id: 'tok1', displayName: 'Erin' };
export const now = '2026-11-24T12:00:00.000Z';

type Asked = EmailAccountCommand extends infer Command ? (Command extends EmailAccountCommand ? Omit<Command, 'now' | 'actor'> : never) : never;
export const asked = (command: Asked): EmailAccountCommand => ({ ...command, now, actor: editor });

export const created: EmailAccountEvent = { type: 'AccountCreated', data: { accountId: 'Sales', accountName: 'Sales', provider: 'custom' } };

export const entered = (secretId: string): PasswordChange => ({ change: 'replace', secretId, fingerprint: `fp-${secretId}` });

export const smtpForm = (
  connection: (SenderForm & { kind: 'smtp' })['connection'] = {},
  { password = keepPassword, ...identity }: Partial<(SenderForm & { kind: 'smtp' })['identity']> & { password?: PasswordChange } = {},
): SenderForm => ({
  kind: 'smtp',
  identity: { emailAddress: 'sales@example.com', ...identity },
  connection: { host: 'smtp.example.com', ...connection },
  password,
});

export const mailboxForm = (
  kind: 'imap' | 'pop3',
  connection: (ReceiverForm & { kind: 'imap' | 'pop3' })['connection'] = {},
  { password = keepPassword, ...identity }: Partial<(ReceiverForm & { kind: 'imap' | 'pop3' })['identity']> & { password?: PasswordChange } = {},
): ReceiverForm => ({
  kind,
  identity: { userId: 'sales@example.com', ...identity },
  connection: { host: `${kind}.example.com`, ...connection },
  password,
});

export const secret = (secretId: string, version: number, ...boundTo: string[]): SecretReference => ({
  secretId,
  version,
  fingerprint: `fp-${secretId}`,
  setAt: now,
  setBy: editor,
  boundTo,
});

export const smtpEndpoint = 'smtp://smtp.example.com:587?tls=required';
export const imapEndpoint = 'imap://imap.example.com:993?tls=implicit';

export const smtpSender = (change: Partial<SmtpSenderSettings['connection']> = {}, password: SmtpSenderSettings['password'] = null): SmtpSenderSettings => ({
  kind: 'smtp',
  identity: { emailAddress: 'sales@example.com', displayName: null, userId: 'sales@example.com', replyTo: null },
  connection: {
    host: 'smtp.example.com',
    port: 587,
    useSmtps: false,
    startTls: 'REQUIRED',
    minimumTlsVersion: 'TLS_1_2',
    truststore: null,
    authenticationProfile: null,
    ...change,
  },
  password,
});

export const imapReceiver = (
  change: Partial<MailboxReceiverSettings['connection']> = {},
  password: MailboxReceiverSettings['password'] = null,
): MailboxReceiverSettings => ({
  kind: 'imap',
  identity: { useSenderCredentials: false, userId: 'sales@example.com' },
  connection: {
    host: 'imap.example.com',
    port: 993,
    useTls: true,
    startTls: 'DISABLED',
    minimumTlsVersion: 'TLS_1_2',
    truststore: null,
    authenticationProfile: null,
    ...change,
  },
  mailbox: 'INBOX',
  password,
});

export const senderConfigured = (sender: SmtpSenderSettings): EmailAccountEvent => ({ type: 'SenderConfigured', data: { sender } });
export const receiverConfigured = (receiver: MailboxReceiverSettings): EmailAccountEvent => ({ type: 'ReceiverConfigured', data: { receiver } });
export { clearPassword, keepPassword };
