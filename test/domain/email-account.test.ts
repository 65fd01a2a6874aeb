import { describe, expect, it } from 'vitest';
import { emailAccountDecider } from '../../src/domain/email-account/decide.js';
import type { EmailAccountEvent } from '../../src/domain/email-account/events.js';
import {
  asked,
  clearPassword,
  created,
  entered,
  given,
  imapEndpoint,
  imapReceiver,
  mailboxForm,
  receiverConfigured,
  secret,
  senderConfigured,
  smtpEndpoint,
  smtpForm,
  smtpSender,
} from './accounts.js';

const create = (change: object = {}) =>
  asked({ type: 'CreateAccount', accountId: 'Sales', accountName: 'Sales', provider: 'custom', sender: null, receiver: null, ...change });
const configureSender = (...form: Parameters<typeof smtpForm>) => asked({ type: 'ConfigureSender', sender: smtpForm(...form) });
const configureImap = (...form: Parameters<typeof mailboxForm> extends [unknown, ...infer Rest] ? Rest : never) =>
  asked({ type: 'ConfigureReceiver', receiver: mailboxForm('imap', ...form) });

const deleted: EmailAccountEvent = { type: 'AccountDeleted', data: {} };
const disabled: EmailAccountEvent = { type: 'AccountDisabled', data: {} };
const erased: EmailAccountEvent = { type: 'AccountErased', data: {} };

describe('an account is created', () => {
  it('alone', () => given().when(create()).then(created));

  it('with sender and receiver in one commit of three events, passwords as references for their own endpoints', () =>
    given()
      .when(create({ sender: smtpForm({}, { password: entered('s1') }), receiver: mailboxForm('imap', {}, { password: entered('r1') }) }))
      .then(created, senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint))), receiverConfigured(imapReceiver({}, secret('r1', 1, imapEndpoint)))));

  it('once, ignoring case', () =>
    given(created)
      .when(create({ accountId: 'SALES' }))
      .thenRefused('ALREADY_EXISTS', 'accountId'));
  it('not anew after it was erased: ids are not given out again', () => given(created, erased).when(create()).thenRefused('ALREADY_EXISTS', 'accountId'));
  it('not anew while it is deleted', () => given(created, deleted).when(create()).thenRefused('ALREADY_EXISTS', 'accountId'));

  it.each(['1sales', 'sa les', '', 'a'.repeat(65), 'sälés', 'sales\n'])('with a key for an id, not %j', (accountId) =>
    given().when(create({ accountId })).thenRefused('INVALID_FORMAT', 'accountId'),
  );
  it('with a name', () =>
    given()
      .when(create({ accountName: '' }))
      .thenRefused('REQUIRED', 'accountName'));
  it('with a name of 128 characters at most', () =>
    given()
      .when(create({ accountName: 'n'.repeat(129) }))
      .thenRefused('TOO_LONG', 'accountName'));
  it('with a name on one line', () =>
    given()
      .when(create({ accountName: 'Sales\r\nBcc: x' }))
      .thenRefused('FORBIDDEN_CHARACTER', 'accountName'));
  it('for a provider of the catalogue', () =>
    given()
      .when(create({ provider: 'no-such' }))
      .thenRefused('NOT_FOUND', 'provider'));

  it('or refused with everything that is wrong, not with the first thing alone', () => {
    const wrong = create({ accountId: '1', accountName: '', sender: smtpForm({ port: 70_000, useSmtps: true, startTls: 'REQUIRED' }) });
    given().when(wrong).thenRefused('INVALID_FORMAT', 'accountId');
    given().when(wrong).thenRefused('REQUIRED', 'accountName');
    given().when(wrong).thenRefused('OUT_OF_RANGE', 'sender', 'smtp', 'connection', 'port');
    given().when(wrong).thenRefused('CONTRADICTION', 'sender', 'smtp', 'connection', 'startTls');
  });
});

describe('the SMTP sender', () => {
  const connectionAfter = (...form: Parameters<typeof smtpForm>) => {
    const [event] = emailAccountDecider.decide(emailAccountDecider.evolve(emailAccountDecider.initialState, created), configureSender(...form));
    if (event?.type !== 'SenderConfigured' || event.data.sender.kind !== 'smtp') throw new Error('no sender was configured');
    return event.data.sender;
  };

  it('defaults to 587 with STARTTLS required, TLS 1.2, no truststore', () =>
    expect(connectionAfter().connection).toEqual({
      host: 'smtp.example.com',
      port: 587,
      useSmtps: false,
      startTls: 'REQUIRED',
      minimumTlsVersion: 'TLS_1_2',
      truststore: null,
      authenticationProfile: null,
    }));
  it('defaults to 465 with SMTPS', () => expect(connectionAfter({ useSmtps: true }).connection).toMatchObject({ port: 465, startTls: 'DISABLED' }));
  it('tries STARTTLS on other ports', () =>
    expect(connectionAfter({ port: 25 }).connection).toMatchObject({ port: 25, useSmtps: false, startTls: 'OPPORTUNISTIC' }));
  it('signs in as its address unless told otherwise', () => {
    expect(connectionAfter().identity.userId).toBe('sales@example.com');
    expect(connectionAfter({}, { userId: 'CORP\\sales' }).identity.userId).toBe('CORP\\sales');
  });
  it('stores host names in lower case and internationalised domains as A-labels', () => {
    expect(connectionAfter({ host: 'SMTP.Example.COM' }).connection.host).toBe('smtp.example.com');
    expect(connectionAfter({}, { emailAddress: 'info@bücher.example' }).identity.emailAddress).toBe('info@xn--bcher-kva.example');
  });

  it('takes what the provider presets where the caller left it out', () =>
    given({ type: 'AccountCreated', data: { accountId: 'Sales', accountName: 'Sales', provider: 'google' } })
      .when(
        asked({ type: 'ConfigureSender', sender: { kind: 'smtp', identity: { emailAddress: 'sales@example.com' }, connection: {}, password: entered('s1') } }),
      )
      .then(
        senderConfigured({
          ...smtpSender({ host: 'smtp.gmail.com', port: 465, useSmtps: true, startTls: 'DISABLED' }),
          password: secret('s1', 1, 'smtp://smtp.gmail.com:465?tls=implicit'),
        }),
      ));
  it('lets the caller win over the preset', () =>
    given({ type: 'AccountCreated', data: { accountId: 'Sales', accountName: 'Sales', provider: 'google' } })
      .when(
        asked({
          type: 'ConfigureSender',
          sender: { kind: 'smtp', identity: { emailAddress: 'sales@example.com' }, connection: { useSmtps: false }, password: clearPassword },
        }),
      )
      .then(senderConfigured(smtpSender({ host: 'smtp.gmail.com' }))));
  it('needs a host where the provider has none', () =>
    given(created)
      .when(asked({ type: 'ConfigureSender', sender: { kind: 'smtp', identity: { emailAddress: 'a@example.com' }, connection: {}, password: clearPassword } }))
      .thenRefused('REQUIRED', 'sender', 'smtp', 'connection', 'host'));

  it('refuses SMTPS on 587, which speaks STARTTLS', () =>
    given(created)
      .when(configureSender({ port: 587, useSmtps: true }))
      .thenRefused('CONTRADICTION', 'sender', 'smtp', 'connection', 'useSmtps'));
  it.each(['REQUIRED', 'OPPORTUNISTIC'] as const)('refuses STARTTLS %s beside SMTPS', (startTls) =>
    given(created)
      .when(configureSender({ useSmtps: true, startTls }))
      .thenRefused('CONTRADICTION', 'sender', 'smtp', 'connection', 'startTls'),
  );
  it.each([0, 65_536, -1, 1.5])('refuses port %d', (port) =>
    given(created).when(configureSender({ port })).thenRefused('OUT_OF_RANGE', 'sender', 'smtp', 'connection', 'port'),
  );
  it.each(['mail example.com', '127.1', '-a.com', 'a..b', 'http://mail.example.com', '１２７.0.０.１'])('refuses host %j', (host) =>
    given(created).when(configureSender({ host })).thenRefused('INVALID_FORMAT', 'sender', 'smtp', 'connection', 'host'),
  );
  it.each([
    ['emailAddress', 'nobody', 'INVALID_FORMAT'],
    ['replyTo', 'a@b@c', 'INVALID_FORMAT'],
    ['displayName', 'Sales\u202E', 'FORBIDDEN_CHARACTER'],
    ['userId', 'sa\u0000les', 'FORBIDDEN_CHARACTER'],
    ['displayName', 'S\u200Bales', 'FORBIDDEN_CHARACTER'],
  ] as const)('refuses %s %j', (field, value, code) =>
    given(created)
      .when(configureSender({}, { [field]: value }))
      .thenRefused(code, 'sender', 'smtp', 'identity', field),
  );
  it('has a password or an authentication profile, not both', () =>
    given(created)
      .when(configureSender({ authenticationProfile: 'corp' }, { password: entered('s1') }))
      .thenRefused('CONTRADICTION', 'sender', 'smtp', 'identity', 'password'));

  it('changes nothing when nothing changes', () => given(created, senderConfigured(smtpSender())).when(configureSender()).thenNothing());
});

describe("a sender's stored password", () => {
  const stored = senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint)));

  it('is kept when it is left out', () =>
    given(created, stored)
      .when(configureSender({}, { displayName: 'Sales team' }))
      .then(senderConfigured({ ...smtpSender({}, secret('s1', 1, smtpEndpoint)), identity: { ...smtpSender().identity, displayName: 'Sales team' } })));
  it('is kept when the TLS floor alone changes', () =>
    given(created, stored)
      .when(configureSender({ minimumTlsVersion: 'TLS_1_3' }))
      .then(senderConfigured(smtpSender({ minimumTlsVersion: 'TLS_1_3' }, secret('s1', 1, smtpEndpoint)))));
  it('is cleared by null', () =>
    given(created, stored)
      .when(configureSender({}, { password: clearPassword }))
      .then(senderConfigured(smtpSender())));
  it('is replaced by a value, and counted', () =>
    given(created, stored)
      .when(configureSender({}, { password: entered('s2') }))
      .then(senderConfigured(smtpSender({}, secret('s2', 2, smtpEndpoint)))));
  it.each([{ host: 'smtp.evil.example' }, { port: 2525 }, { useSmtps: true }, { startTls: 'OPPORTUNISTIC' as const }, { truststore: 'mine' }])(
    'does not go to another endpoint (%j) unless it is entered again',
    (connection) => {
      given(created, stored).when(configureSender(connection)).thenRefused('SECRET_REBIND_REQUIRED', 'sender', 'smtp', 'identity', 'password');
      given(created, stored)
        .when(configureSender(connection, { password: entered('s2') }))
        .thenSatisfies((events) => expect(events).toHaveLength(1));
    },
  );
  it('never has its version given twice, not even after it was cleared', () =>
    given(created, stored, { type: 'SenderPasswordChanged', data: { password: null } })
      .when(asked({ type: 'ChangeSenderPassword', password: entered('s2') }))
      .then({ type: 'SenderPasswordChanged', data: { password: secret('s2', 2, smtpEndpoint) } }));
  it('does not pass to a sender of another kind', () =>
    given(created, stored)
      .when(
        asked({
          type: 'ConfigureSender',
          sender: { kind: 'microsoftGraph', identity: { userPrincipalName: 'sales@example.com' }, connection: { authenticationProfile: 'corp' } },
        }),
      )
      .then({
        type: 'SenderConfigured',
        data: {
          sender: {
            kind: 'microsoftGraph',
            identity: { userPrincipalName: 'sales@example.com', replyTo: null },
            connection: { authenticationProfile: 'corp' },
          },
        },
      }));
});

describe('the receiver', () => {
  const receiverAfter = (kind: 'imap' | 'pop3', connection: object = {}) => {
    const [event] = emailAccountDecider.decide(
      emailAccountDecider.evolve(emailAccountDecider.initialState, created),
      asked({ type: 'ConfigureReceiver', receiver: mailboxForm(kind, connection) }),
    );
    if (event?.type !== 'ReceiverConfigured' || event.data.receiver.kind === 'microsoftGraph') throw new Error('no receiver was configured');
    return event.data.receiver;
  };

  it.each([
    ['imap', true, 993],
    ['imap', false, 143],
    ['pop3', true, 995],
    ['pop3', false, 110],
  ] as const)('%s with useTls %s defaults to %d', (kind, useTls, port) => expect(receiverAfter(kind, { useTls }).connection.port).toBe(port));
  it('uses TLS unless told otherwise', () => expect(receiverAfter('imap').connection).toMatchObject({ useTls: true, port: 993, minimumTlsVersion: 'TLS_1_2' }));
  it('reads INBOX by IMAP, and POP3 has no mailboxes', () => {
    expect(receiverAfter('imap').mailbox).toBe('INBOX');
    expect(receiverAfter('pop3').mailbox).toBeNull();
  });
  it('has a user ID', () =>
    given(created)
      .when(configureImap({}, { userId: null }))
      .thenRefused('REQUIRED', 'receiver', 'imap', 'identity', 'userId'));
  it('loses its password with a change of protocol', () =>
    given(created, receiverConfigured(imapReceiver({}, secret('r1', 1, imapEndpoint))))
      .when(asked({ type: 'ConfigureReceiver', receiver: mailboxForm('pop3') }))
      .thenSatisfies(([event]) => expect(event).toMatchObject({ data: { receiver: { kind: 'pop3', password: null } } })));
  it('needs its password again for another endpoint', () =>
    given(created, receiverConfigured(imapReceiver({}, secret('r1', 1, imapEndpoint))))
      .when(configureImap({ host: 'imap.evil.example' }))
      .thenRefused('SECRET_REBIND_REQUIRED', 'receiver', 'imap', 'identity', 'password'));
});

describe("a receiver that uses the sender's ID and password", () => {
  const linked = { useSenderCredentials: true, userId: undefined };
  const withPassword = senderConfigured(smtpSender({ host: 'mail.example.com' }, secret('s1', 1, 'smtp://mail.example.com:587?tls=required')));
  const linkedReceiver = receiverConfigured({ ...imapReceiver({ host: 'mail.example.com' }), identity: { useSenderCredentials: true, userId: null } });

  it('may be the same server', () =>
    given(created, withPassword)
      .when(configureImap({ host: 'mail.example.com' }, linked))
      .then(linkedReceiver));
  it('may be another server of the same provider', () =>
    given(
      created,
      senderConfigured(
        smtpSender({ host: 'smtp.gmail.com', port: 465, useSmtps: true, startTls: 'DISABLED' }, secret('s1', 1, 'smtp://smtp.gmail.com:465?tls=implicit')),
      ),
    )
      .when(configureImap({ host: 'imap.gmail.com' }, linked))
      .thenSatisfies((events) => expect(events).toHaveLength(1)));
  it('may be any server that the password is entered for together with it', () =>
    given()
      .when(create({ sender: smtpForm({}, { password: entered('s1') }), receiver: mailboxForm('imap', {}, linked) }))
      .then(
        created,
        senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint, imapEndpoint))),
        receiverConfigured({ ...imapReceiver(), identity: { useSenderCredentials: true, userId: null } }),
      ));
  it.each([{ host: 'imap.evil.example' }, { host: 'mail.example.com', useTls: false }, { host: 'mail.example.com', truststore: 'mine' }])(
    'does not take a stored password to a server that it was not entered for: %j',
    (connection) =>
      given(created, withPassword)
        .when(configureImap(connection, linked))
        .thenRefused('SECRET_REBIND_REQUIRED', 'receiver', 'imap', 'identity', 'useSenderCredentials'),
  );
  it('needs a sender with a password', () => {
    given(created).when(configureImap({}, linked)).thenRefused('CONTRADICTION', 'receiver', 'imap', 'identity', 'useSenderCredentials');
    given(created, senderConfigured(smtpSender()))
      .when(configureImap({}, linked))
      .thenRefused('CONTRADICTION', 'receiver', 'imap', 'identity', 'useSenderCredentials');
  });
  it('has no user ID or password of its own', () => {
    given(created, withPassword)
      .when(configureImap({ host: 'mail.example.com' }, { ...linked, userId: 'x' }))
      .thenRefused('CONTRADICTION', 'receiver', 'imap', 'identity', 'userId');
    given(created, withPassword)
      .when(configureImap({ host: 'mail.example.com' }, { ...linked, password: entered('r1') }))
      .thenRefused('CONTRADICTION', 'receiver', 'imap', 'identity', 'password');
  });
  it('keeps its sender from being removed from under it', () =>
    given(created, withPassword, linkedReceiver)
      .when(asked({ type: 'RemoveSender' }))
      .thenRefused('IN_USE'));
  it("follows the sender's new password", () =>
    given(created, withPassword, linkedReceiver)
      .when(asked({ type: 'ChangeSenderPassword', password: entered('s2') }))
      .then({
        type: 'SenderPasswordChanged',
        data: { password: secret('s2', 2, 'smtp://mail.example.com:587?tls=required', 'imap://mail.example.com:993?tls=implicit') },
      }));
  it('has no password to change', () =>
    given(created, withPassword, linkedReceiver)
      .when(asked({ type: 'ChangeReceiverPassword', password: entered('r1') }))
      .thenRefused('CONTRADICTION', 'password'));
});

describe('the life of an account', () => {
  it('is renamed', () =>
    given(created)
      .when(asked({ type: 'RenameAccount', accountName: 'Sales EMEA' }))
      .then({ type: 'AccountRenamed', data: { accountName: 'Sales EMEA' } }));
  it('is not renamed to its own name', () =>
    given(created)
      .when(asked({ type: 'RenameAccount', accountName: 'Sales' }))
      .thenNothing());
  it('changes its provider', () =>
    given(created)
      .when(asked({ type: 'ChangeProvider', provider: 'google' }))
      .then({ type: 'ProviderChanged', data: { provider: 'google' } }));
  it('is disabled and enabled', () => {
    given(created)
      .when(asked({ type: 'DisableAccount' }))
      .then(disabled);
    given(created, disabled)
      .when(asked({ type: 'DisableAccount' }))
      .thenNothing();
    given(created, disabled)
      .when(asked({ type: 'EnableAccount' }))
      .then({ type: 'AccountEnabled', data: {} });
    given(created)
      .when(asked({ type: 'EnableAccount' }))
      .thenNothing();
  });
  it('is deleted, and restored as it was', () => {
    given(created)
      .when(asked({ type: 'DeleteAccount' }))
      .then(deleted);
    given(created, disabled, deleted)
      .when(asked({ type: 'RestoreAccount' }))
      .then({ type: 'AccountRestored', data: {} });
    const restored = [created, disabled, deleted, { type: 'AccountRestored', data: {} } as const].reduce(
      emailAccountDecider.evolve,
      emailAccountDecider.initialState,
    );
    expect(restored).toMatchObject({ status: 'disabled' });
  });
  it('takes no change while it is deleted', () =>
    given(created, deleted)
      .when(asked({ type: 'RenameAccount', accountName: 'X' }))
      .thenRefused('ACCOUNT_DELETED', 'accountId'));
  it('takes no change before it is there', () =>
    given()
      .when(asked({ type: 'RenameAccount', accountName: 'X' }))
      .thenRefused('NOT_FOUND', 'accountId'));
  it('takes no change after it was erased', () =>
    given(created, erased)
      .when(asked({ type: 'DeleteAccount' }))
      .thenRefused('NOT_FOUND', 'accountId'));
  it('is erased with a confirmation and a reason', () => {
    given(created)
      .when(asked({ type: 'EraseAccount', confirmation: 'Sales', reason: 'asked by its owner' }))
      .then(erased);
    given(created)
      .when(asked({ type: 'EraseAccount', confirmation: 'sales', reason: 'asked by its owner' }))
      .thenRefused('CONTRADICTION', 'confirmation');
    given(created)
      .when(asked({ type: 'EraseAccount', confirmation: 'Sales', reason: '  ' }))
      .thenRefused('REASON_REQUIRED', 'reason');
  });
  it('loses its sender and its receiver', () => {
    given(created, senderConfigured(smtpSender()))
      .when(asked({ type: 'RemoveSender' }))
      .then({ type: 'SenderRemoved', data: {} });
    given(created)
      .when(asked({ type: 'RemoveSender' }))
      .thenNothing();
    given(created, receiverConfigured(imapReceiver()))
      .when(asked({ type: 'RemoveReceiver' }))
      .then({ type: 'ReceiverRemoved', data: {} });
  });
});

describe('a revert', () => {
  const target = (...events: EmailAccountEvent[]) => events.reduce(emailAccountDecider.evolve, emailAccountDecider.initialState);
  const revert = (toVersion: number, before: EmailAccountEvent[], ...retained: string[]) =>
    asked({ type: 'RevertAccount', toVersion, target: target(...before), retainedSecrets: new Set(retained) });
  const first = senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint)));
  const moved = senderConfigured(smtpSender({ host: 'smtp.other.example' }, secret('s2', 2, 'smtp://smtp.other.example:587?tls=required')));

  it('brings name, provider and sections back', () =>
    given(created, first, { type: 'AccountRenamed', data: { accountName: 'New' } }, { type: 'SenderRemoved', data: {} })
      .when(revert(2, [created, first], 's1'))
      .then({ type: 'AccountRenamed', data: { accountName: 'Sales' } }, first));
  it('keeps a password that was rotated since, for it is still the right one', () =>
    given(created, first, { type: 'SenderPasswordChanged', data: { password: secret('s2', 2, smtpEndpoint) } })
      .when(revert(2, [created, first], 's1'))
      .thenNothing());
  it('takes the old password back with the old server, while it still exists', () =>
    given(created, first, moved)
      .when(revert(2, [created, first], 's1'))
      .then(first));
  it('marks the password as lost when it exists no more', () =>
    given(created, first, moved)
      .when(revert(2, [created, first]))
      .then(senderConfigured(smtpSender({}, 'lost'))));
  it('needs a version that there is', () =>
    given(created)
      .when(asked({ type: 'RevertAccount', toVersion: 9, target: null, retainedSecrets: new Set() }))
      .thenRefused('OUT_OF_RANGE', 'toVersion'));
  it('changes nothing when nothing changed', () =>
    given(created, first)
      .when(revert(2, [created, first], 's1'))
      .thenNothing());
});
