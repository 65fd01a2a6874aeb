import { readinessOf } from '../src/domain/email-account/readiness.js';
import type { MailboxReceiverSettings, ReceiverSettings, SenderSettings } from '../src/domain/email-account/settings.js';
import type { EmailAccountSnapshot } from '../src/domain/email-account/snapshot.js';
import type { PresentAccount } from '../src/domain/email-account/state.js';
import type { Scalar } from './paging.js';
import { wordsOf } from './words.js';

/** What lists of accounts are filtered and ordered by, in this order. Text that is compared ignoring case is in lower case. */
export const accountColumns = `
    name_key TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, -- milliseconds since 1970
    status TEXT NOT NULL, provider TEXT NOT NULL, ready INTEGER NOT NULL, test_outcome TEXT,
    sender_kind TEXT NOT NULL, email_address TEXT, sender_host TEXT, sender_truststore TEXT, sender_profile TEXT,
    receiver_kind TEXT NOT NULL, receiver_host TEXT, receiver_truststore TEXT, receiver_profile TEXT,
    words TEXT NOT NULL`;

export const columnNames = (
  'name_key created_at updated_at status provider ready test_outcome sender_kind email_address sender_host sender_truststore sender_profile ' +
  'receiver_kind receiver_host receiver_truststore receiver_profile words'
).split(' ');

/** Whether what an account names is there, a filter finds out when it is asked: it changes without the account. */
const everything = { has: () => true };
const known = { truststores: everything, authenticationProfiles: everything };

const statuses = { active: 'ACTIVE', disabled: 'DISABLED', deleted: 'DELETED' } as const;
const senderKinds = { smtp: 'SMTP', microsoftGraph: 'MICROSOFT_GRAPH' } as const;
const receiverKinds = { imap: 'IMAP', pop3: 'POP3', microsoftGraph: 'MICROSOFT_GRAPH' } as const;

export function statusOf(account: PresentAccount): (typeof statuses)[keyof typeof statuses] {
  return statuses[account.status];
}

/** The values of {@link columnNames}. */
export function columnsOf({ account, createdAt, updatedAt, connectionTest }: EmailAccountSnapshot): readonly Scalar[] {
  const { sender, receiver } = account;
  const header = [account.accountName.toLowerCase(), Date.parse(createdAt), Date.parse(updatedAt), statusOf(account), account.provider];
  const findings = [readinessOf(account, known).ready ? 1 : 0, connectionTest?.outcome ?? null];
  const sending = [sender ? senderKinds[sender.kind] : 'NONE', addressOf(sender)?.toLowerCase() ?? null, ...endpointOf(sender)];
  const receiving = [receiver ? receiverKinds[receiver.kind] : 'NONE', ...endpointOf(receiver)];
  return [...header, ...findings, ...sending, ...receiving, accountWords(account)];
}

/** What the full-text index holds of the columns: the last of them. */
export function wordsIn(columns: readonly Scalar[]): string {
  return String(columns.at(-1));
}

/** What the full-text index holds of an account. */
function accountWords({ accountId, accountName, sender, receiver }: PresentAccount): string {
  return wordsOf([
    accountId,
    accountName,
    ...(sender === null ? [] : [addressOf(sender), sender.identity.replyTo]),
    ...(sender?.kind === 'smtp' ? [sender.identity.userId, sender.connection.host] : []),
    ...(receiver === null ? [] : [receiver.kind === 'microsoftGraph' ? receiver.identity.userPrincipalName : receiver.identity.userId]),
    ...(isMailbox(receiver) ? [receiver.connection.host] : []),
  ]);
}

function addressOf(sender: SenderSettings | null): string | null {
  if (sender === null) return null;
  return sender.kind === 'smtp' ? sender.identity.emailAddress : sender.identity.userPrincipalName;
}

/** Host, truststore, authentication profile. */
function endpointOf(section: SenderSettings | ReceiverSettings | null): readonly [string | null, string | null, string | null] {
  if (section === null) return [null, null, null];
  const profile = section.connection.authenticationProfile?.toLowerCase() ?? null;
  if (section.kind === 'microsoftGraph') return [null, null, profile];
  return [section.connection.host.toLowerCase(), section.connection.truststore?.toLowerCase() ?? null, profile];
}

function isMailbox(receiver: ReceiverSettings | null): receiver is MailboxReceiverSettings {
  return receiver !== null && receiver.kind !== 'microsoftGraph';
}
