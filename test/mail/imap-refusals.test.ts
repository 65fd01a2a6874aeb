import type { Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { failureIn } from './accounts.js';
import { closeFakeServers, imapServer } from './lab/fake-server.js';
import { test } from './situations.js';

afterAll(closeFakeServers);

describe('IMAP: what a server refuses', () => {
  it.each<[string, Parameters<typeof imapServer>[0], string]>([
    ['the session', { greeting: '* BYE go away' }, 'GREETING SERVER_REFUSED_SESSION'],
    ['the session, for now', { greeting: '* BYE [UNAVAILABLE] not now' }, 'GREETING SERVER_TEMPORARILY_UNAVAILABLE'],
    ['to have a login', { greeting: '* PREAUTH welcome' }, 'GREETING PROTOCOL_ERROR'],
    ['the password', { answers: { LOGIN: '${tag} NO [AUTHENTICATIONFAILED] wrong' } }, 'AUTHENTICATION AUTHENTICATION_FAILED'],
    ['the password, without saying so', { answers: { LOGIN: '${tag} NO wrong' } }, 'AUTHENTICATION AUTHENTICATION_FAILED'],
    [
      'the password, by SASL',
      { offers: ['AUTH=PLAIN'], answers: { AUTHENTICATE: '${tag} NO [AUTHENTICATIONFAILED] wrong' } },
      'AUTHENTICATION AUTHENTICATION_FAILED',
    ],
    ['any login, for now', { answers: { LOGIN: '${tag} NO [UNAVAILABLE] later' } }, 'AUTHENTICATION SERVER_TEMPORARILY_UNAVAILABLE'],
    ['one more login', { answers: { LOGIN: '${tag} NO [LIMIT] too many' } }, 'AUTHENTICATION SERVER_TEMPORARILY_UNAVAILABLE'],
    ['this user', { answers: { LOGIN: '${tag} NO [AUTHORIZATIONFAILED] not you' } }, 'AUTHENTICATION PERMISSION_MISSING'],
    ['a login in clear text', { offers: ['LOGINDISABLED'] }, 'AUTHENTICATION AUTHENTICATION_NOT_OFFERED'],
    ['a login in clear text, when it comes', { answers: { LOGIN: '${tag} NO [PRIVACYREQUIRED] no' } }, 'AUTHENTICATION AUTHENTICATION_NOT_OFFERED'],
    ['to stay, in the login', { answers: { LOGIN: (socket: Socket) => void socket.destroy() } }, 'AUTHENTICATION CONNECTION_CLOSED'],
    ['to stay, and says why', { answers: { LOGIN: '* BYE [UNAVAILABLE] shutting down' } }, 'AUTHENTICATION SERVER_REFUSED_SESSION'],
    ['the mailbox', { answers: { EXAMINE: '${tag} NO no such mailbox' } }, 'MAILBOX MAILBOX_NOT_FOUND'],
    ['the right to it', { answers: { EXAMINE: '${tag} NO [NOPERM] not yours' } }, 'MAILBOX PERMISSION_MISSING'],
    ['the mailbox, for now', { answers: { EXAMINE: '${tag} NO [INUSE] locked' } }, 'MAILBOX SERVER_TEMPORARILY_UNAVAILABLE'],
  ])('%s', async (_, script, failure) => {
    const { port } = await imapServer(script);
    expect(failureIn(await test('imap', port, 'DISABLED'))).toBe(failure);
  });

  it('nothing: opens the mailbox for reading alone', async () => {
    const server = await imapServer();
    const stages = await test('imap', server.port, 'DISABLED');
    expect(failureIn(stages)).toBe('passed');
    expect(stages.at(-1)).toMatchObject({ stage: 'MAILBOX', outcome: 'PASSED', message: 'The mailbox INBOX has 3 messages.' });
    expect(server.received()).toMatch(/EXAMINE INBOX/);
    expect(server.received()).not.toMatch(/SELECT/);
  });

  it('sends no password where logins are off', async () => {
    const server = await imapServer({ offers: ['LOGINDISABLED'] });
    await test('imap', server.port, 'DISABLED');
    expect(server.received()).not.toMatch(/ LOGIN | AUTHENTICATE /);
  });
});
