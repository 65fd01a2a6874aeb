import { describe, expect, it } from 'vitest';
import type { ReceiverSubject, SenderSubject } from '../../src/mail/mail-port.js';
import { AccountPasswords } from '../../src/commands/test-subject.js';
import type { TestConnection } from '../../src/commands/email-account-inputs.js';
import { CommandRefused } from '../../src/domain/decider.js';
import type { SmtpSenderSettings } from '../../src/domain/email-account/settings.js';
import type { EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import { account, imap, linked, password, smtp } from './inputs.js';
import { call, sharedCommands } from './opened-commands.js';

const commands = sharedCommands();
let accounts = 0;

/** An account of its own for each test; what it is configured with. */
async function created(more: Parameters<typeof account>[0] = {}): Promise<string> {
  const accountId = `Bound-${++accounts}`;
  expect((await commands().accounts.create(call, account({ accountId, ...more }), {})).problems).toEqual([]);
  return accountId;
}
const test = (input: TestConnection) => commands().connectionTests.test(call, input, new AbortController().signal);
const lastTested = () => commands().tested.at(-1);
const refusedAt = (...field: string[]) => ({ problems: [{ code: 'SECRET_REBIND_REQUIRED', field }] });
const senderOf = (snapshot: EmailAccountSnapshot | null): SmtpSenderSettings => {
  const sender = snapshot?.account.sender;
  return sender?.kind === 'smtp' ? sender : expect.fail('The account has an SMTP sender.');
};

const elsewhere = [
  ['host', { host: 'mail.evil.example' }],
  ['port', { port: 2525 }],
  ['TLS mode', { startTls: 'OPPORTUNISTIC', port: 587 }],
  ['truststore', { truststore: 'evil-roots' }],
] as const;

/** The password that a server would have been shown. */
function shown(subject: SenderSubject | ReceiverSubject | null | undefined): string | undefined {
  return subject && 'credentials' in subject && subject.credentials?.kind === 'password' ? subject.credentials.password.reveal() : undefined;
}

describe('a stored password goes nowhere else', () => {
  it.each(elsewhere)("when the sender's %s is changed", async (_what, connection) => {
    const accountId = await created();
    const sender = smtp(undefined, connection);
    expect(await commands().accounts.configureSender(call, { accountId, sender }, {})).toMatchObject(refusedAt('sender', 'smtp', 'identity', 'password'));
    const tests = commands().tested.length;
    const drafted = await test({ accountId, draft: { sender }, directions: ['SENDER'] });
    expect(drafted).toMatchObject({ test: null, ...refusedAt('draft', 'sender', 'smtp', 'identity', 'password') });
    expect(commands().tested).toHaveLength(tests);
    expect(await commands().history.atVersion(accountId, 4)).toBeNull();
  });

  it.each(elsewhere)("when the receiver's %s is changed", async (_what, connection) => {
    const accountId = await created({ receiver: imap('receiver secret', { useTls: false, startTls: 'REQUIRED' }) });
    const receiver = imap(undefined, { useTls: false, startTls: 'REQUIRED', ...connection });
    const field = ['receiver', 'imap', 'identity', 'password'];
    expect(await commands().accounts.configureReceiver(call, { accountId, receiver }, {})).toMatchObject(refusedAt(...field));
    expect(await test({ accountId, draft: { receiver }, directions: ['RECEIVER'] })).toMatchObject(refusedAt('draft', ...field));
  });

  it('but stays where the server is the same, and a new one goes to the new server', async () => {
    const accountId = await created();
    const named = {
      ...smtp(undefined, { minimumTlsVersion: 'TLS_1_3' }),
      identity: { emailAddress: 'other@example.com', displayName: 'Other', userId: 'other' },
    };
    expect((await commands().accounts.configureSender(call, { accountId, sender: named }, {})).problems).toEqual([]);
    await test({ accountId, draft: { sender: smtp('entered for it', { host: 'smtp.example.org' }) }, directions: ['SENDER'] });
    expect(lastTested()?.sender).toMatchObject({ settings: { connection: { host: 'smtp.example.org' } } });
    expect(shown(lastTested()?.sender)).toBe('entered for it');
    await test({ accountId, directions: ['SENDER'] });
    expect(shown(lastTested()?.sender)).toBe('sender secret');
  });
});

describe('a receiver that uses the sender’s password', () => {
  const link = async (host: string, sender = smtp('sender secret')) => {
    const accountId = await created({ sender, receiver: null });
    return { accountId, changed: await commands().accounts.configureReceiver(call, { accountId, receiver: linked(host) }, {}) };
  };
  const field = ['receiver', 'imap', 'identity', 'useSenderCredentials'];

  it.each([
    ['is the same server', 'smtp.example.com', smtp('sender secret')],
    ['belongs to the same provider', 'imap.gmail.com', smtp('sender secret', { host: 'smtp.gmail.com' })],
  ])('gets it where it %s', async (_what, host, sender) => {
    const { accountId, changed } = await link(host, sender);
    expect(changed.problems).toEqual([]);
    await test({ accountId, directions: ['RECEIVER'] });
    expect(shown(lastTested()?.receiver)).toBe('sender secret');
  });

  it('of anybody else is refused, as a draft too', async () => {
    const { accountId, changed } = await link('imap.evil.example');
    expect(changed).toMatchObject(refusedAt(...field));
    expect(await test({ accountId, draft: { receiver: linked('imap.evil.example') } })).toMatchObject(refusedAt('draft', ...field));
  });

  it.each([
    ['in clear text', { useTls: false, startTls: 'DISABLED' }],
    ['perhaps in clear text', { useTls: false, startTls: 'OPPORTUNISTIC' }],
    ['under other CAs', { truststore: 'evil-roots' }],
  ] as const)('is refused %s, though the server is the same', async (_what, connection) => {
    const accountId = await created({ receiver: null });
    const receiver = linked('smtp.example.com', connection);
    expect(await commands().accounts.configureReceiver(call, { accountId, receiver }, {})).toMatchObject(refusedAt(...field));
  });

  it('gets a new one of the sender, which was entered for both', async () => {
    const accountId = await created({ sender: smtp('first'), receiver: linked('imap.elsewhere.example') });
    await test({ accountId, directions: ['RECEIVER'] });
    expect(shown(lastTested()?.receiver)).toBe('first');
    await commands().accounts.changeSenderPassword(call, { accountId, password: password('second') }, {});
    await test({ accountId });
    expect([shown(lastTested()?.sender), shown(lastTested()?.receiver)]).toEqual(['second', 'second']);
  });

  it('does not come back by a revert where the password of today was not entered for it', async () => {
    const accountId = await created({ sender: smtp('first'), receiver: linked('imap.elsewhere.example') });
    const { accounts } = commands();
    await accounts.configureReceiver(call, { accountId, receiver: imap('its own') }, {});
    await accounts.changeSenderPassword(call, { accountId, password: password('second') }, {});
    expect(await accounts.revert(call, { accountId, toVersion: 3 }, {})).toMatchObject({ entity: null, ...refusedAt('toVersion') });
  });
});

describe('a revert', () => {
  it('to another server brings back the password of then, never that of today', async () => {
    const accountId = await created();
    const { accounts } = commands();
    await accounts.configureSender(call, { accountId, sender: smtp('of today', { host: 'smtp.example.org' }) }, {});
    const { entity } = await accounts.revert(call, { accountId, toVersion: 3 }, {});
    expect(senderOf(entity)).toMatchObject({ connection: { host: 'smtp.example.com' }, password: { version: 1 } });
    await test({ accountId, directions: ['SENDER'] });
    expect(shown(lastTested()?.sender)).toBe('sender secret');
  });

  it('to a password that is destroyed leaves it to be entered again, and connects nowhere until then', async () => {
    const accountId = await created();
    const { accounts } = commands();
    await accounts.removeReceiver(call, { accountId }, {});
    const { entity } = await accounts.revert(call, { accountId, toVersion: 3 }, {});
    expect(entity?.account.receiver).toMatchObject({ password: 'lost' });
    const notReady = { test: null, problems: [{ code: 'NOT_READY', field: ['accountId'] }] };
    expect(await test({ accountId, directions: ['RECEIVER'] })).toMatchObject(notReady);
    await accounts.changeReceiverPassword(call, { accountId, password: password('entered again') }, {});
    await test({ accountId, directions: ['RECEIVER'] });
    expect(shown(lastTested()?.receiver)).toBe('entered again');
  });
});

it('what cannot be connected to is told of the place where it is mended: the draft, or else the account', async () => {
  const graph = { kind: 'microsoftGraph', identity: { userPrincipalName: 'a@example.com' }, connection: { authenticationProfile: 'contoso' } } as const;
  const notReady = (...field: string[]) => ({ test: null, problems: [{ code: 'NOT_READY', field }] });
  const accountId = await created({ sender: graph, receiver: imap(null) });
  expect(await test({ accountId, directions: ['SENDER'] })).toMatchObject(notReady('accountId'));
  expect(await test({ accountId, draft: { receiver: imap('entered') } })).toMatchObject(notReady('accountId'));
  expect(await test({ accountId, draft: { receiver: imap(undefined) }, directions: ['RECEIVER'] })).toMatchObject(
    notReady('draft', 'receiver', 'imap', 'identity', 'password'),
  );
  expect(await test({ draft: { sender: graph } })).toMatchObject(notReady('draft', 'sender', 'microsoftGraph', 'connection', 'authenticationProfile'));
  expect(await test({ draft: { sender: smtp(null, { authenticationProfile: 'contoso' }) } })).toMatchObject(
    notReady('draft', 'sender', 'smtp', 'connection', 'authenticationProfile'),
  );
  expect(await test({ accountId: await created({ sender: null, receiver: null }) })).toMatchObject(notReady('accountId'));
  expect(await test({ accountId, directions: ['SENDER'], draft: { sender: null } })).toMatchObject(notReady('accountId'));
});

describe('a password is opened', () => {
  it('for no endpoint that is not on its list, and for no list but the one it was sealed with', async () => {
    const accountId = await created();
    const sender = senderOf(await commands().history.atVersion(accountId, 3));
    const { password } = sender;
    if (password === null || password === 'lost') throw new Error('The sender has a password.');
    const passwords = new AccountPasswords(commands().secrets, accountId, new Map());
    const opening = (boundTo: readonly string[]) =>
      passwords
        .ofSender({ ...sender, connection: { ...sender.connection, host: 'smtp.evil.example' }, password: { ...password, boundTo } })
        .then(() => 'opened')
        .catch((error: unknown) => (error instanceof CommandRefused ? error.problems[0].code : 'fault'));
    const evil = 'smtp://smtp.evil.example:587?tls=required';
    expect(await opening(password.boundTo)).toBe('SECRET_REBIND_REQUIRED');
    expect(await opening([evil])).toBe('NOT_READY');
    expect(await opening([...password.boundTo, evil])).toBe('NOT_READY');
  });

  it('or the caller is told that it is lost, and what to do, by a test and a message alike', async () => {
    const accountId = await created();
    const { secrets, testMessages, sent } = commands();
    await secrets.destroy(accountId, [...(await secrets.listIds(accountId))]);
    const lost = (section: string) => [
      { code: 'NOT_READY', field: ['accountId'], message: expect.stringMatching(new RegExp(`^The ${section}'s.*Enter it again`)) as unknown },
    ];
    expect(await test({ accountId, directions: ['RECEIVER'] })).toMatchObject({ test: null, problems: lost('receiver') });
    const message = await testMessages.send(call, { accountId, to: 'bob@example.com' }, {}, new AbortController().signal);
    expect(message).toMatchObject({ messageId: null, problems: lost('sender') });
    expect(sent).toEqual([]);
  });
});
