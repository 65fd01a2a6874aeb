import { describe, expect, it } from 'vitest';
import { emailAccountDecider } from '../../src/domain/email-account/decide.js';
import { divergesFromProvider } from '../../src/domain/email-account/provider-divergence.js';
import type { EmailAccountEvent } from '../../src/domain/email-account/events.js';
import type { ReceiverForm, SenderForm } from '../../src/domain/email-account/form.js';
import type { MailboxReceiverSettings, SmtpSenderSettings } from '../../src/domain/email-account/settings.js';
import { isPresent } from '../../src/domain/email-account/state.js';
import {
  asked,
  clearPassword,
  created,
  entered,
  given,
  imapEndpoint,
  imapReceiver,
  keepPassword,
  mailboxForm,
  receiverConfigured,
  secret,
  senderConfigured,
  smtpEndpoint,
  smtpForm,
  smtpSender,
} from './accounts.js';

// The form's table row by row, where email-account.test.ts does not say it already: first what may be left out and becomes what, then what is refused.

const ofProvider = (provider: string): EmailAccountEvent => ({ type: 'AccountCreated', data: { accountId: 'Sales', accountName: 'Sales', provider } });
const withSender = (sender: SenderForm) => asked({ type: 'ConfigureSender', sender });
const withReceiver = (receiver: ReceiverForm) => asked({ type: 'ConfigureReceiver', receiver });
const stateAfter = (...events: readonly EmailAccountEvent[]) => events.reduce(emailAccountDecider.evolve, emailAccountDecider.initialState);

/** What of the sender an account of the provider gets from the form. */
function sender(form: SenderForm, provider = 'custom'): SmtpSenderSettings {
  const [event] = emailAccountDecider.decide(stateAfter(ofProvider(provider)), withSender(form));
  if (event?.type !== 'SenderConfigured' || event.data.sender.kind !== 'smtp') throw new Error('no SMTP sender was configured');
  return event.data.sender;
}

function receiver(form: ReceiverForm, provider = 'custom'): MailboxReceiverSettings {
  const [event] = emailAccountDecider.decide(stateAfter(ofProvider(provider)), withReceiver(form));
  if (event?.type !== 'ReceiverConfigured' || event.data.receiver.kind === 'microsoftGraph') throw new Error('no IMAP or POP3 receiver was configured');
  return event.data.receiver;
}

const bareSender = (connection: (SenderForm & { kind: 'smtp' })['connection'] = {}): SenderForm => ({
  kind: 'smtp',
  identity: { emailAddress: 'sales@example.com' },
  connection,
  password: keepPassword,
});
const bareReceiver = (kind: 'imap' | 'pop3', connection: (ReceiverForm & { kind: 'imap' | 'pop3' })['connection'] = {}): ReceiverForm => ({
  kind,
  identity: { userId: 'sales' },
  connection,
  password: keepPassword,
});

const reading = (mailbox: string, connection: object = {}): ReceiverForm => ({
  kind: 'imap',
  identity: { userId: 'sales@example.com' },
  connection: { host: 'imap.example.com', ...connection },
  mailbox,
  password: keepPassword,
});

describe('the header', () => {
  it.each(['a', 'A', 'sales-emea-2', `a${'0'.repeat(63)}`])('takes the key %s', (accountId) =>
    given()
      .when(asked({ type: 'CreateAccount', accountId, accountName: 'Sales', provider: 'custom', sender: null, receiver: null }))
      .then({ type: 'AccountCreated', data: { accountId, accountName: 'Sales', provider: 'custom' } }),
  );
  it('takes a name of one character and of 128', () => {
    for (const accountName of ['S', 'ß'.repeat(128)])
      given(created)
        .when(asked({ type: 'RenameAccount', accountName }))
        .then({ type: 'AccountRenamed', data: { accountName } });
  });
  it('leaves the settings alone when the provider changes; they may then diverge from it', () => {
    given(created, senderConfigured(smtpSender()))
      .when(asked({ type: 'ChangeProvider', provider: 'google' }))
      .then({ type: 'ProviderChanged', data: { provider: 'google' } });
    const account = stateAfter(created, senderConfigured(smtpSender()), { type: 'ProviderChanged', data: { provider: 'google' } });
    expect(isPresent(account) && divergesFromProvider(account)).toBe(true);
  });
  it('names a provider of the catalogue, also when it changes', () =>
    given(created)
      .when(asked({ type: 'ChangeProvider', provider: 'Google' }))
      .thenRefused('NOT_FOUND', 'provider'));
});

describe('the provider prefills what was left out', () => {
  it('of an IMAP and a POP3 receiver', () => {
    expect(receiver(bareReceiver('imap'), 'google').connection).toMatchObject({ host: 'imap.gmail.com', port: 993, useTls: true, startTls: 'DISABLED' });
    expect(receiver(bareReceiver('pop3'), 'web-de').connection).toMatchObject({ host: 'pop3.web.de', port: 995, useTls: true, startTls: 'DISABLED' });
  });
  it('with STARTTLS required where the provider speaks it', () => {
    expect(sender(bareSender(), 'icloud').connection).toMatchObject({ host: 'smtp.mail.me.com', port: 587, useSmtps: false, startTls: 'REQUIRED' });
    expect(receiver(bareReceiver('imap'), 'tim').connection).toMatchObject({ host: 'imap.tim.it', port: 143, useTls: false, startTls: 'REQUIRED' });
  });
  it('with the user ID that the provider expects', () => {
    expect(sender(bareSender(), 'web-de').identity.userId).toBe('sales');
    expect(sender(bareSender(), 'google').identity.userId).toBe('sales@example.com');
  });
  it('from the one of its servers that fits what the caller stated', () => {
    expect(sender(bareSender({ port: 587 }), 'gmx-net').connection).toMatchObject({ host: 'mail.gmx.net', useSmtps: false, startTls: 'REQUIRED' });
    expect(receiver(bareReceiver('imap', { useTls: false }), 'posteo').connection).toMatchObject({ host: 'posteo.de', port: 143, startTls: 'REQUIRED' });
  });
  it.each([
    ['host', { host: 'relay.example.com' }, { host: 'relay.example.com' }],
    ['port', { port: 2525 }, { host: 'smtp.gmail.com', port: 2525 }],
    ['TLS', { useSmtps: false }, { host: 'smtp.gmail.com', port: 587, useSmtps: false }],
    ['STARTTLS', { startTls: 'OPPORTUNISTIC' as const }, { startTls: 'OPPORTUNISTIC', useSmtps: false }],
    ['floor', { minimumTlsVersion: 'TLS_1_3' as const }, { host: 'smtp.gmail.com', port: 465, minimumTlsVersion: 'TLS_1_3' }],
  ])('and the caller wins with a %s of their own', (_what, stated, expected) =>
    expect(sender(bareSender(stated), 'google').connection).toMatchObject(expected),
  );
  it('but nothing where it has no server of the kind', () =>
    given(ofProvider('yahoo-japan'))
      .when(withReceiver(bareReceiver('imap')))
      .thenRefused('REQUIRED', 'receiver', 'imap', 'connection', 'host'));
});

describe('the SMTP sender', () => {
  it('has neither display name, reply-to, password, truststore nor profile unless told', () => {
    expect(sender(smtpForm())).toMatchObject({
      identity: { displayName: null, replyTo: null },
      password: null,
      connection: { truststore: null, authenticationProfile: null },
    });
  });
  it('takes null like something left out', () => {
    const nothing = {
      host: 'smtp.example.com',
      port: null,
      useSmtps: null,
      startTls: null,
      minimumTlsVersion: null,
      truststore: null,
      authenticationProfile: null,
    };
    expect(sender(smtpForm(nothing, { displayName: null, userId: null, replyTo: null }))).toEqual(sender(smtpForm()));
  });
  it.each(['192.0.2.1', '2001:db8::1', 'localhost', 'mx-1.example.com'])('connects to the host %s', (host) =>
    expect(sender(smtpForm({ host })).connection.host).toBe(host),
  );
  it.each([1, 25, 465, 2525, 65_535])('takes port %d', (port) => expect(sender(smtpForm({ port })).connection.port).toBe(port));
  it('takes a STARTTLS mode that is no default, on any port', () => {
    expect(sender(smtpForm({ port: 587, startTls: 'DISABLED' })).connection.startTls).toBe('DISABLED');
    expect(sender(smtpForm({ port: 25, startTls: 'REQUIRED' })).connection.startTls).toBe('REQUIRED');
  });
  it('with SMTPS knows no STARTTLS, whether it was left out or switched off', () => {
    expect(sender(smtpForm({ useSmtps: true, startTls: 'DISABLED' })).connection).toEqual(sender(smtpForm({ useSmtps: true })).connection);
  });
  it.each(['TLS_1_0', 'TLS_1_1', 'TLS_1_2', 'TLS_1_3'] as const)('takes %s for a floor', (minimumTlsVersion) =>
    expect(sender(smtpForm({ minimumTlsVersion })).connection.minimumTlsVersion).toBe(minimumTlsVersion),
  );
  it('may name a truststore and a profile that do not exist yet', () => {
    expect(sender(smtpForm({ truststore: 'plant-7' })).connection.truststore).toBe('plant-7');
    expect(sender(smtpForm({ authenticationProfile: 'corp' })).connection.authenticationProfile).toBe('corp');
  });
  it.each(['truststore', 'authenticationProfile'] as const)('names a %s as one can be named', (field) =>
    given(created)
      .when(withSender(smtpForm({ [field]: 'plant 7' })))
      .thenRefused('INVALID_FORMAT', 'sender', 'smtp', 'connection', field),
  );
  it.each(['emailAddress', 'displayName', 'userId', 'replyTo'] as const)('refuses a line break in %s, which would begin another mail header', (field) =>
    given(created)
      .when(withSender(smtpForm({}, { [field]: 'sales@example.com\r\nBcc: everybody@example.com' })))
      .thenRefused('FORBIDDEN_CHARACTER', 'sender', 'smtp', 'identity', field),
  );
  it('has a From address', () =>
    given(created)
      .when(withSender(smtpForm({}, { emailAddress: '' })))
      .thenRefused('REQUIRED', 'sender', 'smtp', 'identity', 'emailAddress'));
  it('gives its stored password up for a profile', () =>
    given(created, senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint))))
      .when(withSender(smtpForm({ authenticationProfile: 'corp' })))
      .then(senderConfigured(smtpSender({ authenticationProfile: 'corp' }))));
  it('has no password to change beside a profile, nor where there is no SMTP sender', () => {
    const change = asked({ type: 'ChangeSenderPassword', password: entered('s1') });
    given(created, senderConfigured(smtpSender({ authenticationProfile: 'corp' })))
      .when(change)
      .thenRefused('CONTRADICTION', 'password');
    given(created).when(change).thenRefused('NOT_FOUND', 'accountId');
  });
  it('may have its password cleared alone: nothing is logged in with from then on', () =>
    given(created, senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint))))
      .when(asked({ type: 'ChangeSenderPassword', password: clearPassword }))
      .then({ type: 'SenderPasswordChanged', data: { password: null } }));
});

describe('the Microsoft Graph sender', () => {
  const graph = (userPrincipalName = 'sales@contoso.example', authenticationProfile = 'corp', replyTo?: string): SenderForm => ({
    kind: 'microsoftGraph',
    identity: { userPrincipalName, replyTo },
    connection: { authenticationProfile },
  });
  it('has a sign-in name and a profile', () =>
    given(created)
      .when(withSender(graph()))
      .then({
        type: 'SenderConfigured',
        data: {
          sender: {
            kind: 'microsoftGraph',
            identity: { userPrincipalName: 'sales@contoso.example', replyTo: null },
            connection: { authenticationProfile: 'corp' },
          },
        },
      }));
  it('refuses what is no sign-in name, no profile name, no reply-to, all at once', () => {
    const wrong = withSender(graph('sales', 'no profile', 'nobody'));
    given(created).when(wrong).thenRefused('INVALID_FORMAT', 'sender', 'microsoftGraph', 'identity', 'userPrincipalName');
    given(created).when(wrong).thenRefused('INVALID_FORMAT', 'sender', 'microsoftGraph', 'connection', 'authenticationProfile');
    given(created).when(wrong).thenRefused('INVALID_FORMAT', 'sender', 'microsoftGraph', 'identity', 'replyTo');
  });
  it('has no ID and password that a receiver could use', () => {
    const linked = { ...imapReceiver(), identity: { useSenderCredentials: true, userId: null } };
    given(created, senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint, imapEndpoint))), receiverConfigured(linked))
      .when(withSender(graph()))
      .thenRefused('IN_USE', 'sender');
    given(created, {
      type: 'SenderConfigured',
      data: {
        sender: { kind: 'microsoftGraph', identity: { userPrincipalName: 'a@example.com', replyTo: null }, connection: { authenticationProfile: 'corp' } },
      },
    })
      .when(withReceiver(mailboxForm('imap', {}, { useSenderCredentials: true, userId: undefined })))
      .thenRefused('CONTRADICTION', 'receiver', 'imap', 'identity', 'useSenderCredentials');
  });
});

describe('the IMAP and POP3 receiver', () => {
  it('has its own login, and no truststore or profile, unless told', () => {
    expect(receiver(mailboxForm('imap'))).toMatchObject({
      identity: { useSenderCredentials: false },
      password: null,
      connection: { truststore: null, authenticationProfile: null },
    });
  });
  it('tries STARTTLS without TLS from the start, and knows none with it', () => {
    expect(receiver(mailboxForm('imap', { useTls: false })).connection.startTls).toBe('OPPORTUNISTIC');
    expect(receiver(mailboxForm('pop3')).connection.startTls).toBe('DISABLED');
  });
  it.each(['imap', 'pop3'] as const)('%s refuses STARTTLS beside TLS from the start', (kind) =>
    given(created)
      .when(withReceiver(mailboxForm(kind, { startTls: 'REQUIRED' })))
      .thenRefused('CONTRADICTION', 'receiver', kind, 'connection', 'startTls'),
  );
  it.each([
    ['port', { port: 0 }, 'OUT_OF_RANGE'],
    ['host', { host: 'imap://example.com' }, 'INVALID_FORMAT'],
    ['truststore', { truststore: '7plant' }, 'INVALID_FORMAT'],
    ['authenticationProfile', { authenticationProfile: '' }, 'INVALID_FORMAT'],
  ] as const)('refuses a %s that is none', (field, connection, code) =>
    given(created)
      .when(withReceiver(mailboxForm('imap', connection)))
      .thenRefused(code, 'receiver', 'imap', 'connection', field),
  );
  it.each(['DOMAIN\\sales', 'sales', 'Erika Mustermann', 'sales@example.com'])('logs in as %s, byte for byte', (userId) =>
    expect(receiver(mailboxForm('pop3', {}, { userId })).identity.userId).toBe(userId),
  );
  it('refuses a user ID that no server could be sent', () =>
    given(created)
      .when(withReceiver(mailboxForm('pop3', {}, { userId: 'sales\r\nDELE 1' })))
      .thenRefused('FORBIDDEN_CHARACTER', 'receiver', 'pop3', 'identity', 'userId'));
  it('reads the mailbox that it is told, and refuses wildcards', () => {
    expect(receiver(reading('Archiv/Gelöschte')).mailbox).toBe('Archiv/Gelöschte');
    given(created)
      .when(withReceiver(reading('INBOX/*')))
      .thenRefused('FORBIDDEN_CHARACTER', 'receiver', 'imap', 'mailbox');
  });
  it('has a password or a profile, not both', () =>
    given(created)
      .when(withReceiver(mailboxForm('imap', { authenticationProfile: 'corp' }, { password: entered('r1') })))
      .thenRefused('CONTRADICTION', 'receiver', 'imap', 'identity', 'password'));
  it("has no profile of its own where it uses the sender's ID and password", () =>
    given(created, senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint, imapEndpoint))))
      .when(withReceiver(mailboxForm('imap', { authenticationProfile: 'corp' }, { useSenderCredentials: true, userId: undefined })))
      .thenRefused('CONTRADICTION', 'receiver', 'imap', 'connection', 'authenticationProfile'));
  it.each([{ host: 'imap.evil.example' }, { port: 1993 }, { useTls: false }, { useTls: false, startTls: 'REQUIRED' as const }, { truststore: 'mine' }])(
    'does not take its stored password to another endpoint (%j) unless it is entered again',
    (connection) => {
      const stored = receiverConfigured(imapReceiver({}, secret('r1', 1, imapEndpoint)));
      given(created, stored)
        .when(withReceiver(mailboxForm('imap', connection)))
        .thenRefused('SECRET_REBIND_REQUIRED', 'receiver', 'imap', 'identity', 'password');
      given(created, stored)
        .when(withReceiver(mailboxForm('imap', connection, { password: entered('r2') })))
        .thenSatisfies((events) => expect(events).toMatchObject([{ data: { receiver: { password: { secretId: 'r2', version: 2 } } } }]));
    },
  );
  it('keeps its password with another TLS floor or mailbox', () =>
    given(created, receiverConfigured(imapReceiver({}, secret('r1', 1, imapEndpoint))))
      .when(withReceiver(reading('Orders', { minimumTlsVersion: 'TLS_1_3' })))
      .then(receiverConfigured({ ...imapReceiver({ minimumTlsVersion: 'TLS_1_3' }, secret('r1', 1, imapEndpoint)), mailbox: 'Orders' })));
  it('may have its password replaced or cleared alone', () => {
    const stored = receiverConfigured(imapReceiver({}, secret('r1', 1, imapEndpoint)));
    given(created, stored)
      .when(asked({ type: 'ChangeReceiverPassword', password: entered('r2') }))
      .then({ type: 'ReceiverPasswordChanged', data: { password: secret('r2', 2, imapEndpoint) } });
    given(created, stored)
      .when(asked({ type: 'ChangeReceiverPassword', password: clearPassword }))
      .then({ type: 'ReceiverPasswordChanged', data: { password: null } });
    given(created)
      .when(asked({ type: 'ChangeReceiverPassword', password: entered('r1') }))
      .thenRefused('NOT_FOUND', 'accountId');
  });
});

describe('the Microsoft Graph receiver', () => {
  const graph = (userPrincipalName: string): ReceiverForm => ({
    kind: 'microsoftGraph',
    identity: { userPrincipalName },
    connection: { authenticationProfile: 'corp' },
  });
  const configured: EmailAccountEvent = {
    type: 'ReceiverConfigured',
    data: { receiver: { kind: 'microsoftGraph', identity: { userPrincipalName: 'inbox@contoso.example' }, connection: { authenticationProfile: 'corp' } } },
  };
  it('has the sign-in name of the inbox and a profile', () =>
    given(created)
      .when(withReceiver(graph('inbox@contoso.example')))
      .then(configured));
  it('takes the place of another protocol whole, password and all', () =>
    given(created, receiverConfigured(imapReceiver({}, secret('r1', 1, imapEndpoint))))
      .when(withReceiver(graph('inbox@contoso.example')))
      .then(configured));
  it('is no accountId', () =>
    given(created)
      .when(withReceiver(graph('Sales')))
      .thenRefused('INVALID_FORMAT', 'receiver', 'microsoftGraph', 'identity', 'userPrincipalName'));
  it('has no password to change', () =>
    given(created, configured)
      .when(asked({ type: 'ChangeReceiverPassword', password: entered('r1') }))
      .thenRefused('NOT_FOUND', 'accountId'));
});
