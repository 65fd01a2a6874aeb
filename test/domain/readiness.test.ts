import { describe, expect, it } from 'vitest';
import { divergesFromProvider } from '../../src/domain/email-account/provider-divergence.js';
import { readinessOf } from '../../src/domain/email-account/readiness.js';
import type { ReceiverSettings, SenderSettings } from '../../src/domain/email-account/settings.js';
import type { PresentAccount } from '../../src/domain/email-account/state.js';
import { imapEndpoint, imapReceiver, secret, smtpEndpoint, smtpSender } from './accounts.js';

const account = (sender: SenderSettings | null, receiver: ReceiverSettings | null = null, provider = 'custom'): PresentAccount => ({
  status: 'active',
  statusUnlessDeleted: 'active',
  accountId: 'Sales',
  accountName: 'Sales',
  provider,
  sender,
  receiver,
  secretVersions: { 'sender.password': 1, 'receiver.password': 1 },
});
const nothingKnown = { truststores: new Set<string>(), authenticationProfiles: new Set<string>() };
const gaps = (...parts: Parameters<typeof account>) => readinessOf(account(...parts), nothingKnown).missing.map(({ code }) => code);
const warnings = (...parts: Parameters<typeof account>) => readinessOf(account(...parts), nothingKnown).warnings.map(({ code }) => code);
const password = secret('s1', 1, smtpEndpoint);
const receiverPassword = secret('r1', 1, imapEndpoint);

describe('an account is ready', () => {
  it('with a sender, even one that needs no password: a relay', () =>
    expect(readinessOf(account(smtpSender()), nothingKnown)).toMatchObject({ ready: true, missing: [] }));
  it('with a receiver and its password', () => expect(gaps(null, imapReceiver({}, receiverPassword))).toEqual([]));
  it('but not with neither', () => expect(gaps(null, null)).toEqual(['NO_SENDER_OR_RECEIVER']));
  it('but not with a receiver without a password', () => expect(gaps(null, imapReceiver())).toEqual(['PASSWORD_MISSING']));
  it("but not with a receiver that uses the sender's password where there is none", () =>
    expect(gaps(smtpSender(), { ...imapReceiver(), identity: { useSenderCredentials: true, userId: null } })).toEqual(['PASSWORD_MISSING']));
  it('but not with a password that a revert could not bring back', () => expect(gaps(smtpSender({}, 'lost'))).toEqual(['PASSWORD_MISSING']));
  it('but not with a truststore that is not there', () => {
    expect(gaps(smtpSender({ truststore: 'plant-7' }))).toEqual(['TRUSTSTORE_MISSING']);
    expect(readinessOf(account(smtpSender({ truststore: 'Plant-7' })), { ...nothingKnown, truststores: new Set(['plant-7']) }).ready).toBe(true);
  });
  it.each([
    ['SMTP sender', smtpSender({ authenticationProfile: 'Corp' }), null],
    ['IMAP receiver', null, imapReceiver({ authenticationProfile: 'Corp' })],
    ['Graph receiver', null, { kind: 'microsoftGraph', identity: { userPrincipalName: 'a@example.com' }, connection: { authenticationProfile: 'Corp' } }],
  ] as const)('with a profile in place of a password, once the profile is there, ignoring case: %s', (_what, sender, receiver) => {
    expect(gaps(sender, receiver)).toEqual(['AUTHENTICATION_PROFILE_MISSING']);
    expect(readinessOf(account(sender, receiver), { ...nothingKnown, authenticationProfiles: new Set(['corp']) })).toMatchObject({ ready: true, missing: [] });
  });
  it('but not with a truststore of the receiver that is not there', () =>
    expect(gaps(null, imapReceiver({ truststore: 'plant-7' }, receiverPassword))).toEqual(['TRUSTSTORE_MISSING']));
  it('but not with several things missing, each of which is told with its place and what to do', () => {
    const { ready, missing } = readinessOf(account(smtpSender({ truststore: 'a' }, 'lost'), imapReceiver({ truststore: 'b' })), nothingKnown);
    expect(ready).toBe(false);
    expect(missing.map(({ code, field }) => [code, ...(field ?? [])].join(' '))).toEqual([
      'PASSWORD_MISSING sender identity password',
      'PASSWORD_MISSING receiver identity password',
      'TRUSTSTORE_MISSING sender connection truststoreName',
      'TRUSTSTORE_MISSING receiver connection truststoreName',
    ]);
    for (const { message } of missing) expect(message).toMatch(/\. .*\.$/);
  });
  it('with warnings: they make nothing unready', () => {
    const { ready, warnings: given } = readinessOf(account(smtpSender({ minimumTlsVersion: 'TLS_1_0', host: '192.0.2.7' })), nothingKnown);
    expect(ready).toBe(true);
    expect(given.map(({ code, field }) => [code, ...(field ?? [])].join(' '))).toEqual([
      'TLS_FLOOR_LOW sender connection minimumTlsVersion',
      'IP_ADDRESS_WITH_TLS sender connection host',
    ]);
  });
  it('but not with an authentication profile that is not there', () =>
    expect(
      gaps({ kind: 'microsoftGraph', identity: { userPrincipalName: 'a@example.com', replyTo: null }, connection: { authenticationProfile: 'corp' } }),
    ).toEqual(['AUTHENTICATION_PROFILE_MISSING']));
});

describe('a warning is given', () => {
  it('for nothing in a usual account', () => expect(warnings(smtpSender({}, password), imapReceiver({}, receiverPassword))).toEqual([]));
  it.each([
    ['465 without SMTPS', smtpSender({ port: 465 }), 'PORT_UNUSUAL_FOR_SECURITY'],
    ['25 with SMTPS', smtpSender({ port: 25, useSmtps: true, startTls: 'DISABLED' }), 'PORT_UNUSUAL_FOR_SECURITY'],
    ['a port for receiving', smtpSender({ port: 993 }), 'PORT_UNUSUAL_FOR_PROTOCOL'],
    ['a password in clear text', smtpSender({ port: 2525, startTls: 'DISABLED' }, password), 'UNENCRYPTED_PASSWORD'],
    ['a password that may go in clear text', smtpSender({ port: 2525, startTls: 'OPPORTUNISTIC' }, password), 'UNENCRYPTED_PASSWORD'],
    ["POP3's port", smtpSender({ port: 110 }), 'PORT_UNUSUAL_FOR_PROTOCOL'],
    ['TLS 1.0', smtpSender({ minimumTlsVersion: 'TLS_1_0' }), 'TLS_FLOOR_LOW'],
    ['TLS 1.1', smtpSender({ minimumTlsVersion: 'TLS_1_1' }), 'TLS_FLOOR_LOW'],
    ['an IPv6 address with TLS', smtpSender({ host: '2001:db8::1' }), 'IP_ADDRESS_WITH_TLS'],
    ['an IP address with TLS', smtpSender({ host: '192.0.2.7' }), 'IP_ADDRESS_WITH_TLS'],
    ['a reply-to that nobody reads', { ...smtpSender(), identity: { ...smtpSender().identity, replyTo: 'no-reply@example.com' } }, 'REPLY_TO_UNATTENDED'],
  ] as const)('for a sender with %s', (_what, sender, code) => expect(warnings(sender)).toEqual([code]));
  it.each([
    ['993 without TLS', imapReceiver({ port: 993, useTls: false, startTls: 'REQUIRED' }, receiverPassword), 'PORT_UNUSUAL_FOR_SECURITY'],
    ['143 with TLS', imapReceiver({ port: 143 }, receiverPassword), 'PORT_UNUSUAL_FOR_SECURITY'],
    ["POP3's port", imapReceiver({ port: 995 }, receiverPassword), 'PORT_UNUSUAL_FOR_PROTOCOL'],
    ["SMTP's port", imapReceiver({ port: 587 }, receiverPassword), 'PORT_UNUSUAL_FOR_PROTOCOL'],
    ['a password in clear text', imapReceiver({ port: 143, useTls: false, startTls: 'DISABLED' }, receiverPassword), 'UNENCRYPTED_PASSWORD'],
    ["IMAP's port on POP3", { ...imapReceiver({ port: 993 }, receiverPassword), kind: 'pop3', mailbox: null }, 'PORT_UNUSUAL_FOR_PROTOCOL'],
    ['TLS 1.1', imapReceiver({ minimumTlsVersion: 'TLS_1_1' }, receiverPassword), 'TLS_FLOOR_LOW'],
    ['an IP address with TLS', imapReceiver({ host: '192.0.2.7' }, receiverPassword), 'IP_ADDRESS_WITH_TLS'],
    [
      'a user ID that is no address',
      { ...imapReceiver({}, receiverPassword), identity: { useSenderCredentials: false, userId: 'CORP\\sales' } },
      'USER_ID_NO_ADDRESS',
    ],
  ] as const)('for a receiver with %s', (_what, receiver, code) => expect(warnings(null, receiver)).toEqual([code]));
  it("for the sender's password in clear text where a receiver uses it", () => {
    const linked = { ...imapReceiver({ port: 143, useTls: false, startTls: 'DISABLED' }), identity: { useSenderCredentials: true, userId: null } } as const;
    expect(warnings(smtpSender({}, password), linked)).toEqual(['UNENCRYPTED_PASSWORD']);
  });
  it.each(['no-reply@example.com', 'noreply@example.com', 'No_Reply@example.com', 'do-not-reply@example.com', 'donotreply+7@example.com'])(
    'for replies to %s',
    (replyTo) => expect(warnings({ ...smtpSender(), identity: { ...smtpSender().identity, replyTo } })).toEqual(['REPLY_TO_UNATTENDED']),
  );
  it.each(['reply@example.com', 'noreen@example.com', 'north.reply@example.com'])('but not for replies to %s', (replyTo) =>
    expect(warnings({ ...smtpSender(), identity: { ...smtpSender().identity, replyTo } })).toEqual([]),
  );
  it('for no low floor or address where TLS is never spoken', () =>
    expect(warnings(smtpSender({ port: 2525, startTls: 'DISABLED', minimumTlsVersion: 'TLS_1_0', host: '192.0.2.7' }))).toEqual([]));
  it('for no password in clear text where there is no password', () => expect(warnings(smtpSender({ port: 2525, startTls: 'DISABLED' }))).toEqual([]));
});

describe('an account diverges from its provider', () => {
  it('when a section is none of the presets', () => {
    expect(divergesFromProvider(account(smtpSender({ host: 'smtp.gmail.com', port: 465, useSmtps: true, startTls: 'DISABLED' }), null, 'google'))).toBe(false);
    expect(divergesFromProvider(account(smtpSender({ host: 'smtp.gmail.com', port: 2525 }), null, 'google'))).toBe(true);
    expect(divergesFromProvider(account(null, imapReceiver(), 'google'))).toBe(true);
  });
  it('when STARTTLS is not required where the provider speaks it', () => {
    const icloud = { host: 'smtp.mail.me.com', port: 587 };
    expect(divergesFromProvider(account(smtpSender(icloud), null, 'icloud'))).toBe(false);
    expect(divergesFromProvider(account(smtpSender({ ...icloud, startTls: 'OPPORTUNISTIC' }), null, 'icloud'))).toBe(true);
  });
  it('when it uses Microsoft Graph and the provider has none', () => {
    const graph = { kind: 'microsoftGraph', identity: { userPrincipalName: 'a@example.com' }, connection: { authenticationProfile: 'corp' } } as const;
    expect(divergesFromProvider(account(null, graph, 'microsoft-365'))).toBe(false);
    expect(divergesFromProvider(account(null, graph, 'google'))).toBe(true);
  });
  it('never from custom, nor while it has no sections', () => {
    expect(divergesFromProvider(account(smtpSender(), imapReceiver()))).toBe(false);
    expect(divergesFromProvider(account(null, null, 'google'))).toBe(false);
  });
});
