import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { messageSender } from '../../src/mail/message-sender.js';
import type { MailSettings } from '../../src/mail/mail-settings.js';
import type { SmtpSubject } from '../../src/mail/mail-port.js';
import { loopback, sender } from './accounts.js';
import { closeFakeServers, smtpServer } from './lab/fake-server.js';
import { freePorts } from './lab/free-ports.js';

afterEach(closeFakeServers);

const message = { to: 'bob@lab.test', messageId: '<7f1c@lab.test>', accountId: 'orders' };
const send = (account: SmtpSubject, settings: MailSettings = loopback, signal = new AbortController().signal) =>
  messageSender(settings)(account, message, signal);

function named(account: SmtpSubject, identity: Partial<SmtpSubject['settings']['identity']>): SmtpSubject {
  return { ...account, settings: { ...account.settings, identity: { ...account.settings.identity, ...identity } } };
}

describe('sending', () => {
  it('hands over a short message that says what it is', async () => {
    const server = await smtpServer({ answers: { DATA: '354 go on' } });
    const result = await send(named(sender({ port: server.port }), { displayName: 'Örders, "all"', replyTo: 'help@lab.test' }));
    expect(result).toMatchObject({ outcome: 'PASSED', code: 'OK', hint: null, serverResponse: '250 2.0.0 taken' });
    const [envelope = '', text = ''] = server.received().split('DATA\r\n');
    expect(envelope).toMatch(/MAIL FROM:<alice@lab\.test>.*\r\nRCPT TO:<bob@lab\.test>\r\n$/s);
    const headers = text.slice(0, text.indexOf('\r\n\r\n'));
    expect(headers).toMatch(/^From: =\?UTF-8\?Q\?.*<alice@lab\.test>$/m);
    expect(headers).toMatch(/^Reply-To: help@lab\.test$/m);
    expect(headers).toMatch(/^To: bob@lab\.test$/m);
    expect(headers).toMatch(/^Subject: Test of the email account orders$/m);
    expect(headers).toMatch(/^Message-ID: <7f1c@lab\.test>$/m);
    expect(headers).toMatch(/^Date: \w{3}, \d/m);
    expect(headers).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect(headers).toMatch(/^Content-Type: text\/plain/m);
  });

  it.each<[string, Parameters<typeof smtpServer>[0], string]>([
    ['the session', { greeting: '554 5.7.1 no' }, 'SERVER_REFUSED_SESSION'],
    ['the password', { answers: { 'AUTH PLAIN': '535 5.7.8 wrong' } }, 'AUTHENTICATION_FAILED'],
    ['a login, for now', { answers: { 'AUTH PLAIN': '454 4.7.0 later' } }, 'SERVER_TEMPORARILY_UNAVAILABLE'],
    ['to offer a login', { offers: [] }, 'AUTHENTICATION_NOT_OFFERED'],
    ['the sender', { answers: { MAIL: '550 5.7.1 not you' } }, 'SENDER_REFUSED'],
    ['the recipient', { answers: { RCPT: '550 5.1.1 unknown' } }, 'RECIPIENT_REFUSED'],
    ['the recipient, for now', { answers: { RCPT: '450 4.2.0 greylisted' } }, 'SERVER_TEMPORARILY_UNAVAILABLE'],
    ['to hear more', { answers: { DATA: '554 5.7.1 no' } }, 'PERMISSION_MISSING'],
  ])('to a server that refuses %s fails', async (_, script, code) => {
    const { port } = await smtpServer(script);
    expect(await send(sender({ port }))).toMatchObject({ outcome: 'FAILED', code });
  });

  it('to nobody fails', async () => {
    const [port = 0] = await freePorts(1);
    expect(await send(sender({ port }))).toMatchObject({ outcome: 'FAILED', code: 'CONNECTION_REFUSED', serverResponse: null });
  });

  it('goes nowhere that it may not', async () => {
    const { port, connections } = await smtpServer();
    expect(await send(sender({ port }), { egress: { allowLoopback: false } })).toMatchObject({ outcome: 'FAILED', code: 'EGRESS_DENIED' });
    expect(connections()).toBe(0);
  });

  it('sends nothing where STARTTLS is required and missing', async () => {
    const server = await smtpServer();
    expect(await send(sender({ port: server.port, security: 'REQUIRED' }))).toMatchObject({ outcome: 'FAILED', code: 'STARTTLS_NOT_OFFERED' });
    expect(server.received()).not.toMatch(/AUTH|MAIL|DATA/);
  });

  it('says that it is not known whether a message was taken when the connection is lost in it', async () => {
    const { port } = await smtpServer({
      answers: { DATA: (socket: Socket) => void socket.end('354 go on\r\n') },
    });
    const result = await send(sender({ port }));
    expect(result).toMatchObject({ outcome: 'FAILED', code: 'CONNECTION_CLOSED' });
    expect(result.message).toContain('not known whether the server took the message');
  });

  it('ends at its deadline and when its caller cancels, and closes the connection', async () => {
    const first = await smtpServer({ answers: { MAIL: '' } });
    expect(await send(sender({ port: first.port }), { ...loopback, deadlineMilliseconds: 800 })).toMatchObject({ outcome: 'FAILED', code: 'TIMEOUT' });
    await first.allClosed();
    const caller = new AbortController();
    const second = await smtpServer({ answers: { MAIL: () => caller.abort() } });
    expect(await send(sender({ port: second.port }), loopback, caller.signal)).toMatchObject({ outcome: 'FAILED', code: 'CANCELLED' });
    await second.allClosed();
  });
});
