import type { Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { SecretValue } from '../../../src/secret-store/secret-value.js';
import { canary, failureIn, receiver, stagesOf } from '../accounts.js';
import { closeFakeServers, pop3Server } from '../lab/fake-server.js';
import { test } from '../situations.js';

afterAll(closeFakeServers);

const withoutCapa = { CAPA: '-ERR unknown command' } as const;

describe('POP3: what a server refuses', () => {
  it.each<[string, Parameters<typeof pop3Server>[0], string]>([
    ['the session', { greeting: '-ERR go away' }, 'GREETING SERVER_REFUSED_SESSION'],
    ['the session, for good', { greeting: '-ERR [SYS/PERM] closed' }, 'GREETING SERVER_REFUSED_SESSION'],
    ['the session, for now', { greeting: '-ERR [SYS/TEMP] not now' }, 'GREETING SERVER_TEMPORARILY_UNAVAILABLE'],
    ['the session, by words alone', { greeting: '-ERR too many connections from your address' }, 'GREETING THROTTLED'],
    ['the password', { answers: { PASS: '-ERR [AUTH] wrong' } }, 'AUTHENTICATION AUTHENTICATION_FAILED'],
    ['the password, without saying so', { answers: { PASS: '-ERR invalid password' } }, 'AUTHENTICATION AUTHENTICATION_FAILED'],
    ['the password, by SASL', { offers: ['SASL PLAIN'], answers: { 'AUTH PLAIN': '+ ', AGFS: '-ERR [AUTH] wrong' } }, 'AUTHENTICATION AUTHENTICATION_FAILED'],
    ['a user that it does not know', { answers: { USER: '-ERR never heard of alice' } }, 'AUTHENTICATION AUTHENTICATION_FAILED'],
    ['any login, for now', { answers: { PASS: '-ERR [SYS/TEMP] later' } }, 'AUTHENTICATION SERVER_TEMPORARILY_UNAVAILABLE'],
    ['a second session', { answers: { PASS: '-ERR [IN-USE] locked' } }, 'AUTHENTICATION SERVER_TEMPORARILY_UNAVAILABLE'],
    ['a second session, in the words of RFC 1939', { answers: { PASS: '-ERR maildrop already locked' } }, 'AUTHENTICATION SERVER_TEMPORARILY_UNAVAILABLE'],
    ['a login so soon', { answers: { PASS: '-ERR [LOGIN-DELAY] wait' } }, 'AUTHENTICATION THROTTLED'],
    ['this user', { answers: { PASS: '-ERR [SYS/PERM] Your account is not enabled for POP access.' } }, 'AUTHENTICATION PERMISSION_MISSING'],
    ['every way to log in by password', { offers: ['SASL XOAUTH2'] }, 'AUTHENTICATION AUTHENTICATION_NOT_OFFERED'],
    [
      'a login in clear text, when it comes',
      { answers: { ...withoutCapa, USER: '-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.' } },
      'AUTHENTICATION AUTHENTICATION_NOT_OFFERED',
    ],
    ['to stay, in the login', { answers: { PASS: (socket: Socket) => void socket.destroy() } }, 'AUTHENTICATION CONNECTION_CLOSED'],
    ['to make sense, in the login', { answers: { PASS: '250 ok' } }, 'AUTHENTICATION PROTOCOL_ERROR'],
    ['to let go of a login', { offers: ['SASL PLAIN'], answers: { 'AUTH PLAIN': '+ ', AGFS: '+ ', '*': '+ ' } }, 'AUTHENTICATION PROTOCOL_ERROR'],
    ['the mailbox', { answers: { STAT: '-ERR no mailbox' } }, 'MAILBOX MAILBOX_NOT_FOUND'],
    ['the mailbox, for now', { answers: { STAT: '-ERR [SYS/TEMP] broken' } }, 'MAILBOX SERVER_TEMPORARILY_UNAVAILABLE'],
    ['to say how many messages there are', { answers: { STAT: '+OK welcome' } }, 'MAILBOX PROTOCOL_ERROR'],
  ])('%s', async (_, script, failure) => {
    const { port } = await pop3Server(script);
    expect(failureIn(await test('pop3', port, 'DISABLED'))).toBe(failure);
  });

  it('nothing: says how many messages there are, and reads and deletes none', async () => {
    const server = await pop3Server();
    const stages = await test('pop3', server.port, 'DISABLED');
    expect(failureIn(stages)).toBe('passed');
    expect(stages.at(-1)).toMatchObject({ stage: 'MAILBOX', outcome: 'PASSED', message: 'The mailbox has 3 messages.' });
    expect(server.received()).toMatch(/USER alice@lab\.test\r\nPASS .*\r\n(?:.*\r\n)*STAT\r\nQUIT\r\n$/);
    expect(server.received()).not.toMatch(/RETR|DELE|TOP/);
  });

  it('a second session: says that it is not about the password', async () => {
    const { port } = await pop3Server({ answers: { PASS: '-ERR [IN-USE] locked' } });
    expect((await test('pop3', port, 'DISABLED')).find(({ outcome }) => outcome === 'FAILED')).toMatchObject({
      message: 'Another session has the mailbox open, and this server lets one in at a time. This says nothing about user ID and password.',
      serverResponse: '-ERR [IN-USE] locked',
    });
  });

  it('a password, and says it back: nobody is shown it', async () => {
    const { port } = await pop3Server({ answers: { PASS: (socket: Socket, line: string) => void socket.write(`-ERR [AUTH] not ${line}\r\n`) } });
    const stages = await test('pop3', port, 'DISABLED');
    expect(failureIn(stages)).toBe('AUTHENTICATION AUTHENTICATION_FAILED');
    expect(JSON.stringify(stages)).toContain('[secret]');
    expect(JSON.stringify(stages)).not.toContain(JSON.stringify(canary).slice(1, -1));
  });
});

describe('POP3: how somebody logs in', () => {
  /** What came with the login, and whether anybody was let in. */
  async function login(offers: readonly string[], userId: string, password: string) {
    const server = await pop3Server({ offers, answers: { 'AUTH PLAIN': '+ ' } });
    const account = receiver({ kind: 'pop3', port: server.port });
    const stages = await stagesOf({ receiver: { ...account, credentials: { kind: 'password', userId, password: new SecretValue(password) } } });
    const lines = server.received().split('\r\n');
    return { failure: failureIn(stages), sent: lines.filter((line) => !/^(?:CAPA|STAT|QUIT|)$/.test(line)) };
  }
  const plain = (userId: string, password: string) => ['AUTH PLAIN', Buffer.from(`\0${userId}\0${password}`).toString('base64')];

  it.each<[string, readonly string[], string, string, readonly string[]]>([
    ['by USER and PASS', ['USER', 'SASL PLAIN'], 'DOMAIN\\alice', 'p w', ['USER DOMAIN\\alice', 'PASS p w']],
    ['by SASL where there is no USER', ['SASL LOGIN PLAIN'], 'alice', 'secret', plain('alice', 'secret')],
    ['by SASL where a letter is none of ASCII', ['USER', 'SASL PLAIN'], 'alice', 'geheimnisvöll', plain('alice', 'geheimnisvöll')],
    ['by SASL where the user ID has a space', ['USER', 'SASL PLAIN'], 'alice smith', 'secret', plain('alice smith', 'secret')],
    ['by USER and PASS where there is nothing else', ['USER'], 'alice smith', 'secret', ['USER alice smith', 'PASS secret']],
  ])('%s', async (_, offers, userId, password, sent) => {
    expect(await login(offers, userId, password)).toEqual({ failure: 'passed', sent });
  });

  it.each([
    ['a line break', ['USER'], 'alice\r\nDELE 1', 'secret'],
    ['a line break in the password', ['USER'], 'alice', 'secret\r\nDELE 1'],
    ['a NUL, which parts user ID and password in SASL', ['SASL PLAIN'], 'alice', 'secret\0x'],
  ])('not at all with %s: nothing is sent', async (_, offers, userId, password) => {
    expect(await login(offers, userId, password)).toEqual({ failure: 'AUTHENTICATION AUTHENTICATION_FAILED', sent: [] });
  });

  it('not at all where no password is taken: nothing is sent', async () => {
    expect(await login(['SASL XOAUTH2 GSSAPI'], 'alice', 'secret')).toEqual({ failure: 'AUTHENTICATION AUTHENTICATION_NOT_OFFERED', sent: [] });
  });
});

describe('POP3: a login with an access token', () => {
  const token = 'ya29.a-token-that-nobody-may-see';

  async function login(script: Parameters<typeof pop3Server>[0]) {
    const server = await pop3Server(script);
    const refused: string[] = [];
    const accessTokens = {
      profile: 'office',
      current: () => Promise.resolve(new SecretValue(token)),
      refused: (given: SecretValue) => void refused.push(given.reveal()),
    };
    const account = receiver({ kind: 'pop3', port: server.port });
    const stages = await stagesOf({ receiver: { ...account, credentials: { kind: 'oauth', userId: 'alice@lab.test', accessTokens } } });
    return { stages, refused, lines: server.received().split('\r\n') };
  }
  const sent = (response: string) => Buffer.from(response).toString('base64');
  const xoauth2 = sent(`user=alice@lab.test\u0001auth=Bearer ${token}\u0001\u0001`);

  it('sends it in a line of its own, as it is longer than a command may be', async () => {
    const { stages, refused, lines } = await login({ offers: ['USER', 'SASL PLAIN XOAUTH2'], answers: { 'AUTH XOAUTH2': '+ ' } });
    expect(failureIn(stages)).toBe('passed');
    expect(stages.map(({ stage }) => stage)).toEqual(['DNS', 'CONNECT', 'GREETING', 'TOKEN', 'AUTHENTICATION', 'MAILBOX']);
    expect(lines.slice(lines.indexOf('AUTH XOAUTH2'), lines.indexOf('AUTH XOAUTH2') + 2)).toEqual(['AUTH XOAUTH2', xoauth2]);
    expect(refused).toEqual([]);
  });

  it.each([
    ['XOAUTH2', ''],
    ['OAUTHBEARER', sent('\u0001')],
  ])('by %s: refused with a reason, the exchange is ended, and whoever keeps the tokens hears of it', async (mechanism, acknowledgement) => {
    const challenges = ['+ ', '+ eyJzdGF0dXMiOiI0MDAifQ==', '-ERR [AUTH] no'];
    const answer = (socket: Socket) => void socket.write(`${challenges.shift() ?? '-ERR no'}\r\n`);
    const { stages, refused, lines } = await login({
      offers: [`SASL ${mechanism}`],
      answers: { [`AUTH ${mechanism}`]: answer, CAPA: `+OK\r\nSASL ${mechanism}\r\n.`, QUIT: '+OK', '': answer },
    });
    expect(failureIn(stages)).toBe('AUTHENTICATION AUTHENTICATION_FAILED');
    expect(stages.find(({ outcome }) => outcome === 'FAILED')).toMatchObject({
      message: 'The server refuses the access token.',
      serverResponse: '-ERR [AUTH] no (status 400)',
    });
    expect(lines[lines.indexOf(`AUTH ${mechanism}`) + 2]).toBe(acknowledgement);
    expect(refused).toEqual([token]);
  });

  it('is not made where the server takes none: nothing is sent', async () => {
    const { stages, refused, lines } = await login({ offers: ['USER', 'SASL PLAIN'] });
    expect(failureIn(stages)).toBe('AUTHENTICATION AUTHENTICATION_NOT_OFFERED');
    expect(refused).toEqual([]);
    expect(lines.filter((line) => /^(?:AUTH|USER|PASS)/.test(line))).toEqual([]);
  });

  it('is not shown where the server says it back, and a server in trouble spoils no token', async () => {
    const { stages, refused } = await login({ offers: ['SASL XOAUTH2'], answers: { 'AUTH XOAUTH2': `-ERR [SYS/TEMP] later, ${token} ${xoauth2}` } });
    expect(failureIn(stages)).toBe('AUTHENTICATION SERVER_TEMPORARILY_UNAVAILABLE');
    expect(refused).toEqual([]);
    expect(JSON.stringify(stages)).toContain('[secret]');
    expect(JSON.stringify(stages)).not.toContain(token);
    expect(JSON.stringify(stages)).not.toContain(xoauth2);
  });
});
