import { isIpAddress } from '../text/host.js';
import { checkEmailAddress } from '../text/email-address.js';
import { expiryWarnings, type EndingSoon } from './expiry-warnings.js';
import type { ReceiverSettings, SmtpSenderSettings, MailboxReceiverSettings } from './settings.js';
import { passwordOf, type PresentAccount } from './state.js';

/** What an account needs before it can be used, and what is allowed but probably not meant. Warnings never refuse anything. */
export interface Readiness {
  readonly ready: boolean;
  readonly missing: readonly ReadinessGap[];
  readonly warnings: readonly AccountWarning[];
}

export const readinessGapCodes = [
  'NO_SENDER_OR_RECEIVER',
  'PASSWORD_MISSING',
  'TRUSTSTORE_MISSING',
  'AUTHENTICATION_PROFILE_MISSING',
  'REAUTHORIZATION_REQUIRED',
] as const;
export type ReadinessGapCode = (typeof readinessGapCodes)[number];
export interface ReadinessGap {
  readonly code: ReadinessGapCode;
  readonly message: string;
  readonly field: readonly string[] | null;
}

export const accountWarningCodes = [
  'PORT_UNUSUAL_FOR_PROTOCOL',
  'PORT_UNUSUAL_FOR_SECURITY',
  'UNENCRYPTED_PASSWORD',
  'TLS_FLOOR_LOW',
  'USER_ID_NO_ADDRESS',
  'IP_ADDRESS_WITH_TLS',
  'REPLY_TO_UNATTENDED',
  'CERTIFICATE_EXPIRING',
  'SECRET_EXPIRING',
] as const;
export type AccountWarningCode = (typeof accountWarningCodes)[number];
export interface AccountWarning {
  readonly code: AccountWarningCode;
  readonly message: string;
  readonly field: readonly string[] | null;
}

/** What exists beside the account, by name in lower case. */
export interface KnownNames {
  readonly truststores: Names;
  readonly authenticationProfiles: Names;
  /** Those of the profiles whose access needs somebody to act: a consent, a new refresh token. Left out: none. */
  readonly profilesToReauthorize?: Names;
  /** What ends within 30 days of what accounts work with. Left out: nothing. */
  readonly endingSoon?: EndingSoon;
}

export interface Names {
  has(name: string): boolean;
}

/** The warnings are found when they are asked for: lists show whether accounts are ready, and few readers want more. */
export function readinessOf(account: PresentAccount, known: KnownNames): Readiness {
  const missing = gapsOf(account, known);
  return {
    ready: missing.length === 0,
    missing,
    get warnings() {
      return [...warningsOf(account), ...(known.endingSoon ? expiryWarnings(account, known.endingSoon) : [])];
    },
  };
}

function gapsOf({ sender, receiver }: PresentAccount, known: KnownNames): readonly ReadinessGap[] {
  const gaps: ReadinessGap[] = [];
  if (sender === null && receiver === null)
    gaps.push({ code: 'NO_SENDER_OR_RECEIVER', message: 'The account neither sends nor receives. Configure a sender or a receiver.', field: null });
  if (passwordOf(sender) === 'lost') gaps.push(passwordMissing('sender', "The sender's password could not be brought back. Enter it again."));
  if (receiver && receiver.kind !== 'microsoftGraph') gaps.push(...receiverPasswordGaps(receiver, sender !== null && passwordOf(sender) !== null));
  for (const [section, settings] of [
    ['sender', sender],
    ['receiver', receiver],
  ] as const) {
    if (settings === null) continue;
    const truststore = settings.kind === 'microsoftGraph' ? null : settings.connection.truststore;
    if (truststore !== null && !known.truststores.has(truststore.toLowerCase()))
      gaps.push({
        code: 'TRUSTSTORE_MISSING',
        message: `There is no truststore named ${truststore}. Create it, or choose another one.`,
        field: [section, 'connection', 'truststoreName'],
      });
    const profile = settings.connection.authenticationProfile;
    if (profile !== null && !known.authenticationProfiles.has(profile.toLowerCase()))
      gaps.push({
        code: 'AUTHENTICATION_PROFILE_MISSING',
        message: `There is no authentication profile named ${profile}. Create it, or choose another one.`,
        field: [section, 'connection', 'authenticationProfileName'],
      });
    else if (profile !== null && known.profilesToReauthorize?.has(profile.toLowerCase()))
      gaps.push({
        code: 'REAUTHORIZATION_REQUIRED',
        message: `The authentication profile ${profile} gets no access before somebody consents again, or enters a new refresh token. Its stateMessage says why.`,
        field: [section, 'connection', 'authenticationProfileName'],
      });
  }
  return gaps;
}

function receiverPasswordGaps(receiver: MailboxReceiverSettings, senderHasPassword: boolean): readonly ReadinessGap[] {
  if (receiver.identity.useSenderCredentials)
    return senderHasPassword
      ? []
      : [passwordMissing('receiver', "The receiver uses the sender's password, and the sender has none. Set the sender's password.")];
  if (receiver.connection.authenticationProfile !== null) return [];
  if (receiver.password === 'lost') return [passwordMissing('receiver', "The receiver's password could not be brought back. Enter it again.")];
  return receiver.password === null
    ? [passwordMissing('receiver', 'A mailbox cannot be read without a password. Set it, or name an authentication profile.')]
    : [];
}

function passwordMissing(section: string, message: string): ReadinessGap {
  return { code: 'PASSWORD_MISSING', message, field: [section, 'identity', 'password'] };
}

function warningsOf({ sender, receiver }: PresentAccount): readonly AccountWarning[] {
  return [
    ...(sender?.kind === 'smtp' ? smtpWarnings(sender) : []),
    ...(sender?.identity.replyTo && isUnattended(sender.identity.replyTo)
      ? [
          warning('REPLY_TO_UNATTENDED', 'Replies go to an address that looks like nobody reads it. Name a mailbox that somebody reads.', [
            'sender',
            'identity',
            'replyTo',
          ]),
        ]
      : []),
    ...(receiver && receiver.kind !== 'microsoftGraph' ? receiverWarnings(receiver, sender !== null && passwordOf(sender) !== null) : []),
  ];
}

function smtpWarnings({ connection, password }: SmtpSenderSettings): readonly AccountWarning[] {
  const { host, port, useSmtps, startTls, minimumTlsVersion } = connection;
  const at = (field: string) => ['sender', 'connection', field];
  const found: AccountWarning[] = [];
  if (portsOf('imap').includes(port) || portsOf('pop3').includes(port))
    found.push(warning('PORT_UNUSUAL_FOR_PROTOCOL', `Port ${port} is usually a port for receiving. Mail is usually submitted on 587 or 465.`, at('port')));
  if (port === 465 && !useSmtps)
    found.push(warning('PORT_UNUSUAL_FOR_SECURITY', 'Port 465 usually speaks SMTPS. Switch useSmtps on, or use port 587 with STARTTLS.', at('useSmtps')));
  if (port === 25 && useSmtps)
    found.push(warning('PORT_UNUSUAL_FOR_SECURITY', 'Port 25 does not usually speak SMTPS. SMTPS is usually on port 465.', at('useSmtps')));
  if (password !== null && !useSmtps) found.push(...unencryptedPassword(startTls, at('startTls')));
  found.push(...tlsWarnings(host, useSmtps || startTls !== 'DISABLED', minimumTlsVersion, at));
  return found;
}

function receiverWarnings(receiver: MailboxReceiverSettings, senderHasPassword: boolean): readonly AccountWarning[] {
  const { identity, connection, kind } = receiver;
  const at = (field: string) => ['receiver', 'connection', field];
  const [tlsPort, plainPort] = portsOf(kind);
  const found: AccountWarning[] = [];
  const foreign = [...portsOf(kind === 'imap' ? 'pop3' : 'imap'), 25, 465, 587];
  if (foreign.includes(connection.port))
    found.push(
      warning(
        'PORT_UNUSUAL_FOR_PROTOCOL',
        `Port ${connection.port} is usually another protocol's. ${kind.toUpperCase()} is usually on ${tlsPort} or ${plainPort}.`,
        at('port'),
      ),
    );
  if (connection.port === tlsPort && !connection.useTls)
    found.push(
      warning('PORT_UNUSUAL_FOR_SECURITY', `Port ${tlsPort} usually speaks TLS from the start. Switch useTls on, or use port ${plainPort}.`, at('useTls')),
    );
  if (connection.port === plainPort && connection.useTls)
    found.push(
      warning(
        'PORT_UNUSUAL_FOR_SECURITY',
        `Port ${plainPort} usually begins without TLS. Use port ${tlsPort}, or switch useTls off and require STARTTLS.`,
        at('useTls'),
      ),
    );
  if (!connection.useTls && (receiver.password !== null || (identity.useSenderCredentials && senderHasPassword)))
    found.push(...unencryptedPassword(connection.startTls, at('startTls')));
  found.push(...tlsWarnings(connection.host, connection.useTls || connection.startTls !== 'DISABLED', connection.minimumTlsVersion, at));
  if (identity.userId !== null && !checkEmailAddress(identity.userId).ok)
    found.push(
      warning('USER_ID_NO_ADDRESS', 'The user ID is no email address. Most servers want the whole address; some want DOMAIN\\user.', [
        'receiver',
        'identity',
        'userId',
      ]),
    );
  return found;
}

function unencryptedPassword(startTls: string, field: readonly string[]): readonly AccountWarning[] {
  if (startTls === 'REQUIRED') return [];
  const when = startTls === 'DISABLED' ? 'goes' : 'may go';
  return [warning('UNENCRYPTED_PASSWORD', `The password ${when} over an unencrypted connection. Use TLS from the start, or require STARTTLS.`, field)];
}

function tlsWarnings(host: string, usesTls: boolean, floor: string, at: (field: string) => readonly string[]): readonly AccountWarning[] {
  const found: AccountWarning[] = [];
  if (usesTls && (floor === 'TLS_1_0' || floor === 'TLS_1_1'))
    found.push(
      warning(
        'TLS_FLOOR_LOW',
        'TLS 1.0 and 1.1 are broken and deprecated (RFC 8996). Raise the floor to TLS 1.2 as soon as the server can.',
        at('minimumTlsVersion'),
      ),
    );
  if (usesTls && isIpAddress(host))
    found.push(
      warning('IP_ADDRESS_WITH_TLS', 'The host is an IP address: the server certificate must name that address, and few do. Use the host name.', at('host')),
    );
  return found;
}

/** Implicit TLS first, then the port that begins in clear text (RFC 8314, 1939, 9051). */
function portsOf(kind: Exclude<ReceiverSettings['kind'], 'microsoftGraph'>): readonly [number, number] {
  return kind === 'imap' ? [993, 143] : [995, 110];
}

function isUnattended(address: string): boolean {
  return /^(?:no|do[-_.]?not)[-_.]?reply(?:[-_.+].*)?@/i.test(address);
}

function warning(code: AccountWarningCode, message: string, field: readonly string[]): AccountWarning {
  return { code, message, field };
}
