import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { erasureChanges, fieldChanges } from '../../src/domain/email-account/field-changes.js';
import type { SecretChange } from '../../src/domain/email-account/secret-change.js';
import type { Password } from '../../src/domain/email-account/settings.js';
import type { EmailAccountEvent } from '../../src/domain/email-account/events.js';
import { evolve, initialState, isPresent, type PresentAccount } from '../../src/domain/email-account/state.js';
import { created, imapEndpoint, imapReceiver, receiverConfigured, secret, senderConfigured, smtpEndpoint, smtpSender } from './accounts.js';

function after(...events: readonly EmailAccountEvent[]): PresentAccount {
  const account = events.reduce(evolve, initialState);
  if (!isPresent(account)) throw new Error('There is no account after these events.');
  return account;
}
const changed = (path: string, before: unknown, now: unknown) => ({ path, before, after: now, secret: false });
const password = (section: string, secretChange: SecretChange) => ({
  path: `${section}.identity.password`,
  before: null,
  after: null,
  secret: true,
  secretChange,
});

const withSender = after(created, senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint))));

describe('what changed in an account', () => {
  it('is all that a new one holds, in the order of the form', () =>
    expect(fieldChanges(null, after(created))).toEqual([
      changed('accountId', null, 'Sales'),
      changed('accountName', null, 'Sales'),
      changed('provider', null, 'custom'),
      changed('status', null, 'ACTIVE'),
    ]));

  it('names the fields of a new section as the API does, leaves out what is empty, and of the password tells no more than that it changed', () =>
    expect(fieldChanges(after(created), withSender)).toEqual([
      changed('sender.kind', null, 'SMTP'),
      changed('sender.identity.emailAddress', null, 'sales@example.com'),
      changed('sender.identity.userId', null, 'sales@example.com'),
      changed('sender.connection.host', null, 'smtp.example.com'),
      changed('sender.connection.port', null, 587),
      changed('sender.connection.useSmtps', null, false),
      changed('sender.connection.startTls', null, 'REQUIRED'),
      changed('sender.connection.minimumTlsVersion', null, 'TLS_1_2'),
      password('sender', 'SET'),
    ]));

  it('is what a removed section held', () =>
    expect(fieldChanges(withSender, after(created)).map(({ path, after: now }) => [path, now])).toEqual(
      fieldChanges(after(created), withSender).map(({ path }) => [path, null]),
    ));

  it('is the field alone that is different', () => {
    const moved = after(
      created,
      senderConfigured(smtpSender({ port: 2525, truststore: 'Own', authenticationProfile: 'Contoso' }, secret('s1', 1, smtpEndpoint))),
    );
    expect(fieldChanges(withSender, moved)).toEqual([
      changed('sender.connection.port', 587, 2525),
      changed('sender.connection.truststoreName', null, 'Own'),
      changed('sender.connection.authenticationProfileName', null, 'Contoso'),
    ]);
  });

  it('is a password that was replaced, cleared or lost, and none that was kept', () => {
    const given = (next: Parameters<typeof smtpSender>[1]) => fieldChanges(withSender, after(created, senderConfigured(smtpSender({}, next))));
    expect(given(secret('s2', 2, smtpEndpoint))).toEqual([password('sender', 'CHANGED')]);
    expect(given(null)).toEqual([password('sender', 'CLEARED')]);
    expect(given('lost')).toEqual([password('sender', 'LOST')]);
    expect(given(secret('s1', 1, smtpEndpoint))).toEqual([]);
  });

  it('is a password that was entered again, which is told apart from one with another value', () => {
    const given = (before: Password, now: Password) =>
      fieldChanges(after(created, senderConfigured(smtpSender({}, before))), after(created, senderConfigured(smtpSender({}, now))));
    const [first, second, third] = [secret('s1', 1, smtpEndpoint), secret('s2', 2, smtpEndpoint), secret('s3', 3, smtpEndpoint)];
    expect(given(first, { ...second, sameValueAs: 1 })).toEqual([password('sender', 'ENTERED_AGAIN')]);
    expect(given({ ...second, sameValueAs: 1 }, { ...third, sameValueAs: 1 })).toEqual([password('sender', 'ENTERED_AGAIN')]);
    expect(given(second, { ...third, sameValueAs: 1 })).toEqual([password('sender', 'CHANGED')]);
    expect(given('lost', second)).toEqual([password('sender', 'SET')]);
  });

  it("is the kind of a section, with what belongs to one kind alone, when the protocol changes: the receiver's too", () => {
    const imap = after(created, receiverConfigured(imapReceiver({}, secret('r1', 1, imapEndpoint))));
    const graph = after(created, {
      type: 'ReceiverConfigured',
      data: {
        receiver: { kind: 'microsoftGraph', identity: { userPrincipalName: 'inbox@contoso.example' }, connection: { authenticationProfile: 'Contoso' } },
      },
    });
    expect(fieldChanges(imap, graph)).toEqual([
      changed('receiver.kind', 'IMAP', 'MICROSOFT_GRAPH'),
      changed('receiver.identity.useSenderCredentials', false, null),
      changed('receiver.identity.userPrincipalName', null, 'inbox@contoso.example'),
      changed('receiver.identity.userId', 'sales@example.com', null),
      changed('receiver.connection.host', 'imap.example.com', null),
      changed('receiver.connection.port', 993, null),
      changed('receiver.connection.useTls', true, null),
      changed('receiver.connection.startTls', 'DISABLED', null),
      changed('receiver.connection.minimumTlsVersion', 'TLS_1_2', null),
      changed('receiver.connection.authenticationProfileName', null, 'Contoso'),
      changed('receiver.mailbox', 'INBOX', null),
      password('receiver', 'CLEARED'),
    ]);
  });

  it('is the status, and at an erasure the passwords that are destroyed: nothing else is told once more', () => {
    expect(
      fieldChanges(withSender, after(created, senderConfigured(smtpSender({}, secret('s1', 1, smtpEndpoint))), { type: 'AccountDeleted', data: {} })),
    ).toEqual([changed('status', 'ACTIVE', 'DELETED')]);
    expect(erasureChanges(withSender)).toEqual([changed('status', 'ACTIVE', null), password('sender', 'CLEARED')]);
  });

  it('never holds anything of a reference to a secret', () => {
    const senders = fc.constantFrom(null, secret('s-canary', 1, 'bound-canary'), secret('s2-canary', 2, 'bound-canary'), 'lost' as const);
    fc.assert(
      fc.property(senders, senders, (one, other) => {
        const changes = fieldChanges(after(created, senderConfigured(smtpSender({}, one))), after(created, receiverConfigured(imapReceiver({}, other))));
        expect(JSON.stringify(changes)).not.toMatch(/canary|boundTo|fingerprint|secretId|Erin/);
      }),
    );
  });
});
