import type { Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { failureIn, sender, stagesOf } from './accounts.js';
import { closeFakeServers, smtpServer } from './lab/fake-server.js';
import { test } from './situations.js';

afterAll(closeFakeServers);

describe('SMTP: what a server refuses', () => {
  it.each<[string, Parameters<typeof smtpServer>[0], string]>([
    ['the session, for now', { greeting: '421 4.3.2 shutting down' }, 'GREETING SERVER_TEMPORARILY_UNAVAILABLE'],
    ['the session, because there are too many', { greeting: '421 4.7.0 Too many connections from your address' }, 'GREETING THROTTLED'],
    ['the session, for good', { greeting: '554 5.7.1 no service for you' }, 'GREETING SERVER_REFUSED_SESSION'],
    ['to be greeted, for now', { answers: { EHLO: '421 4.3.2 not now' } }, 'GREETING SERVER_TEMPORARILY_UNAVAILABLE'],
    ['the password', { answers: { 'AUTH PLAIN': '535 5.7.8 authentication failed' } }, 'AUTHENTICATION AUTHENTICATION_FAILED'],
    [
      'a password that is none for programs',
      { answers: { 'AUTH PLAIN': '534 5.7.9 Application-specific password required' } },
      'AUTHENTICATION AUTHENTICATION_FAILED',
    ],
    ['any login, for now', { answers: { 'AUTH PLAIN': '454 4.7.0 temporary authentication failure' } }, 'AUTHENTICATION SERVER_TEMPORARILY_UNAVAILABLE'],
    ['any login, because there were too many', { answers: { 'AUTH PLAIN': '421 4.7.0 too many login attempts' } }, 'AUTHENTICATION THROTTLED'],
    ['a login in clear text', { answers: { 'AUTH PLAIN': '538 5.7.11 encryption required' } }, 'AUTHENTICATION AUTHENTICATION_NOT_OFFERED'],
    ['to offer a login', { offers: [] }, 'AUTHENTICATION AUTHENTICATION_NOT_OFFERED'],
    ['to offer a login by password', { offers: ['AUTH XOAUTH2 GSSAPI'] }, 'AUTHENTICATION AUTHENTICATION_NOT_OFFERED'],
    ['to stay, in the login', { answers: { 'AUTH PLAIN': (socket: Socket) => void socket.destroy() } }, 'AUTHENTICATION CONNECTION_CLOSED'],
    ['to make sense', { answers: { 'AUTH PLAIN': 'what?' } }, 'AUTHENTICATION PROTOCOL_ERROR'],
    ['the sender', { answers: { MAIL: '550 5.1.8 sender not allowed' } }, 'SENDER SENDER_REFUSED'],
    ['the sender, for now', { answers: { MAIL: '451 4.3.0 try again' } }, 'SENDER SERVER_TEMPORARILY_UNAVAILABLE'],
    ['to stay, at the sender', { answers: { MAIL: (socket: Socket) => void socket.destroy() } }, 'SENDER CONNECTION_CLOSED'],
    ['the recipient', { answers: { RCPT: '550 5.1.1 no such user' } }, 'RECIPIENT RECIPIENT_REFUSED'],
    ['the recipient, for now', { answers: { RCPT: '450 4.2.0 greylisted' } }, 'RECIPIENT SERVER_TEMPORARILY_UNAVAILABLE'],
    [
      'the sender, once it hears of a recipient',
      { answers: { RCPT: '553 5.7.1 <a@b>: Sender address rejected: not owned by user alice' } },
      'RECIPIENT SENDER_REFUSED',
    ],
  ])('%s', async (_, script, failure) => {
    const { port } = await smtpServer(script);
    expect(failureIn(await test('smtp', port, 'DISABLED'))).toBe(failure);
  });

  it.each([
    ['SIZE 10485760', ', in messages of up to 10 MiB.'],
    ['SIZE 36700160', ', in messages of up to 35 MiB.'],
    ['SIZE 0', 'from alice@lab.test.'],
    ['SIZE', 'from alice@lab.test.'],
  ])('says how large a message may be: %s', async (size, said) => {
    const server = await smtpServer({ offers: ['AUTH PLAIN', size] });
    const stages = await stagesOf({ sender: sender({ port: server.port }) });
    expect(stages.find(({ stage }) => stage === 'SENDER')?.message.endsWith(said)).toBe(true);
  });

  it('sends no password that was not asked for', async () => {
    for (const offers of [[], ['AUTH XOAUTH2']]) {
      const server = await smtpServer({ offers });
      await test('smtp', server.port, 'DISABLED');
      expect(server.received()).not.toMatch(/AUTH/);
    }
  });

  it('nothing: asks for the envelope, takes it back and sends nothing', async () => {
    const server = await smtpServer();
    expect(failureIn(await stagesOf({ sender: sender({ port: server.port }), recipient: 'bob@lab.test' }))).toBe('passed');
    const commands = server
      .received()
      .split('\r\n')
      .filter((line) => !/^(?:EHLO|AUTH)/.test(line));
    expect(commands).toEqual(['MAIL FROM:<alice@lab.test>', 'RCPT TO:<bob@lab.test>', 'RSET', 'QUIT', '']);
  });

  it('is tried without a login for an account without a password', async () => {
    const server = await smtpServer();
    const stages = await stagesOf({ sender: sender({ port: server.port, password: null }) });
    expect(failureIn(stages)).toBe('passed');
    expect(stages.find(({ stage }) => stage === 'AUTHENTICATION')).toMatchObject({ outcome: 'SKIPPED', code: 'OK' });
    expect(server.received()).not.toContain('AUTH');
  });

  it('is talked to by HELO when it knows no EHLO, and gets no password then', async () => {
    const server = await smtpServer({ answers: { EHLO: '502 5.5.1 what?', HELO: '250 fake' } });
    expect(failureIn(await test('smtp', server.port, 'DISABLED'))).toBe('AUTHENTICATION AUTHENTICATION_NOT_OFFERED');
    expect(server.received()).not.toContain('AUTH');
    expect(failureIn(await test('smtp', server.port, 'REQUIRED'))).toBe('STARTTLS STARTTLS_NOT_OFFERED');
  });
});
