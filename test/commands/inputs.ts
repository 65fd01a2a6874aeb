import type { CreateEmailAccount, ReceiverInputForm, SenderInputForm } from '../../src/commands/email-account-inputs.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';

type SmtpInput = Extract<SenderInputForm, { kind: 'smtp' }>;
type MailboxInput = Extract<ReceiverInputForm, { kind: 'imap' | 'pop3' }>;

/** `undefined` keeps a password, null clears it. */
type Password = string | null | undefined;

export function password(text: Password): SecretValue | null | undefined {
  return typeof text === 'string' ? new SecretValue(text) : text;
}

export function smtp(text: Password, connection: SmtpInput['connection'] = {}): SmtpInput {
  return { kind: 'smtp', identity: { emailAddress: 'sales@example.com' }, connection: { host: 'smtp.example.com', ...connection }, password: password(text) };
}

export function imap(text: Password, connection: MailboxInput['connection'] = {}, kind: MailboxInput['kind'] = 'imap'): MailboxInput {
  return { kind, identity: { userId: 'sales@example.com' }, connection: { host: 'imap.example.com', ...connection }, password: password(text) };
}

/** A receiver that uses the sender's user ID and password. */
export function linked(host: string, connection: MailboxInput['connection'] = {}): MailboxInput {
  return { kind: 'imap', identity: { useSenderCredentials: true }, connection: { host, ...connection }, password: undefined };
}

export function account(more: Partial<CreateEmailAccount> = {}): CreateEmailAccount {
  return { accountId: 'Sales', accountName: 'Sales', sender: smtp('sender secret'), receiver: imap('receiver secret'), ...more };
}
