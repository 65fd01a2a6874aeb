import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionTestStage } from '../../src/domain/email-account/connection-test.js';
import type { TlsVersion } from '../../src/domain/email-account/settings.js';
import type { MailSettings } from '../../src/mail/mail-settings.js';
import { failureIn, loopback, receiver, sender, stagesOf, type Security } from './accounts.js';
import { certificateAuthority } from './lab/certificate-authority.js';
import { closeFakeServers, fakeServer, imapServer, smtpServer, type FakeServer } from './lab/fake-server.js';
import { freePorts } from './lab/free-ports.js';

afterEach(closeFakeServers);

const authority = certificateAuthority('Test CA');
const day = 24 * 3_600_000;
const identity = (names: readonly string[], validity?: Parameters<typeof authority.issue>[1]) => {
  const { certificate, key } = authority.issue(names, validity);
  return { cert: certificate, key };
};
const good = identity(['127.0.0.1', 'localhost']);
const expired = identity(['127.0.0.1'], { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) });
const notYetValid = identity(['127.0.0.1'], { notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 2 * day) });
const wrongHost = identity(['other.example']);
const stranger = certificateAuthority('Strange CA').issue(['127.0.0.1']);
const untrusted = { cert: stranger.certificate, key: stranger.key };
const upTo11 = { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
const only12 = { ...good, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

/** Enough for a machine under load; servers that are silent on purpose cost a fraction of it each. */
const settings: MailSettings = { ...loopback, additionalRoots: [authority.certificate], deadlineMilliseconds: 15_000 };
const hurried: MailSettings = { ...settings, deadlineMilliseconds: 2_000 };
const impatient: MailSettings = { ...settings, deadlineMilliseconds: 400 };

type Protocol = 'smtp' | 'imap';

function test(
  protocol: Protocol,
  port: number,
  security: Security,
  minimumTlsVersion: TlsVersion = 'TLS_1_2',
  mail = settings,
): Promise<readonly ConnectionTestStage[]> {
  const account = { port, security, minimumTlsVersion };
  return stagesOf(protocol === 'smtp' ? { sender: sender(account) } : { receiver: receiver(account) }, mail);
}

const protocols = ['smtp', 'imap'] as const;
const servers = { smtp: smtpServer, imap: imapServer } as const;

const silent = () => fakeServer(() => undefined);
const closing = () => fakeServer((socket) => void socket.end());
const resetting = () => fakeServer((socket) => void socket.resetAndDestroy());
const saying = (text: string) => fakeServer((socket) => void socket.write(text));
const closingOnData = () => fakeServer((socket) => void socket.once('data', () => socket.end()));
const resettingOnData = (greeting: string) =>
  fakeServer((socket) => {
    // Speaks first, and takes it amiss when somebody else does: a TLS client sees a bare reset.
    const greet = setTimeout(() => socket.write(greeting), 50);
    socket.on('close', () => clearTimeout(greet)).once('data', () => socket.resetAndDestroy());
  });

describe.each(protocols)('%s: what answers, or does not', (protocol) => {
  const greeting = protocol === 'smtp' ? '220 fake\r\n' : '* OK fake\r\n';
  const other = protocol === 'smtp' ? '+OK POP3 ready\r\n' : '220 fake ESMTP\r\n';

  it.each<[string, () => Promise<FakeServer>, Security, string]>([
    ['closes at once', closing, 'DISABLED', 'GREETING CONNECTION_CLOSED'],
    ['speaks garbage', () => saying('\0\u0001garbage that is no protocol\r\n'), 'DISABLED', 'GREETING PROTOCOL_ERROR'],
    ['speaks another mail protocol', () => saying(other), 'REQUIRED', 'GREETING PROTOCOL_ERROR'],
    ['speaks HTTP', () => saying('HTTP/1.1 400 Bad Request\r\n\r\n'), 'DISABLED', 'GREETING PROTOCOL_ERROR'],
    ['never ends a line', () => saying('x'.repeat(20_000)), 'DISABLED', 'GREETING PROTOCOL_ERROR'],
    ['speaks clear text where TLS is expected', () => saying(greeting), 'IMPLICIT', 'TLS TLS_NOT_SPOKEN_ON_PORT'],
    ['resets who speaks TLS to its clear text', () => resettingOnData(greeting), 'IMPLICIT', 'TLS TLS_NOT_SPOKEN_ON_PORT'],
    [
      'has no cipher in common',
      () => servers[protocol]({ implicit: { ...only12, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } }),
      'IMPLICIT',
      'TLS TLS_HANDSHAKE_FAILED',
    ],
  ])('%s', async (_, start, security, failure) => {
    const { port } = await start();
    expect(failureIn(await test(protocol, port, security))).toBe(failure);
  });

  it.each<[string, () => Promise<FakeServer>, Security, string]>([
    ['says nothing', silent, 'DISABLED', 'GREETING TIMEOUT'],
    ['says nothing where STARTTLS is to come', silent, 'REQUIRED', 'GREETING TIMEOUT'],
    ['says nothing in the handshake', silent, 'IMPLICIT', 'TLS TIMEOUT'],
    [
      'says nothing after the greeting',
      () => servers[protocol]({ answers: { EHLO: '', CAPABILITY: '' } }),
      'REQUIRED',
      protocol === 'smtp' ? 'GREETING TIMEOUT' : 'STARTTLS TIMEOUT',
    ],
    ['says nothing to the password', () => servers[protocol]({ answers: { 'AUTH PLAIN': '', LOGIN: '' } }), 'DISABLED', 'AUTHENTICATION TIMEOUT'],
  ])('%s', async (_, start, security, failure) => {
    const { port } = await start();
    expect(failureIn(await test(protocol, port, security, 'TLS_1_2', impatient))).toBe(failure);
  });

  it('closes in the handshake, and says nothing otherwise', async () => {
    const { port } = await closingOnData();
    expect(failureIn(await test(protocol, port, 'IMPLICIT', 'TLS_1_2', hurried))).toBe('TLS TLS_HANDSHAKE_FAILED');
  });

  it('resets at once: before or after the connection counts as made', async () => {
    const { port } = await resetting();
    expect(failureIn(await test(protocol, port, 'REQUIRED'))).toMatch(/^(?:CONNECT|GREETING) CONNECTION_CLOSED$/);
  });

  it('expects TLS where clear text is spoken', async () => {
    const { port } = await servers[protocol]({ implicit: good });
    // The time it is waited for a greeting is a part of the deadline.
    expect(failureIn(await test(protocol, port, 'REQUIRED', 'TLS_1_2', hurried))).toBe('GREETING TLS_REQUIRED_ON_PORT');
  });

  it('listens on no such port', async () => {
    const [port = 0] = await freePorts(1);
    expect(failureIn(await test(protocol, port, 'IMPLICIT'))).toBe('CONNECT CONNECTION_REFUSED');
  });
});

describe.each(protocols)('%s: TLS', (protocol) => {
  it.each<[string, object, TlsVersion, string]>([
    ['a certificate of a private CA', untrusted, 'TLS_1_2', 'CERTIFICATE_UNTRUSTED'],
    ['an expired certificate', expired, 'TLS_1_2', 'CERTIFICATE_EXPIRED'],
    ['a certificate of the future', notYetValid, 'TLS_1_2', 'CERTIFICATE_NOT_YET_VALID'],
    ['a certificate for another host', wrongHost, 'TLS_1_2', 'CERTIFICATE_HOSTNAME_MISMATCH'],
    ['TLS 1.1 at most', upTo11, 'TLS_1_2', 'TLS_VERSION_TOO_LOW'],
    ['TLS 1.2 alone, and the account asks for 1.3', only12, 'TLS_1_3', 'TLS_VERSION_TOO_LOW'],
    ['TLS 1.1 at most, and the account allows that', upTo11, 'TLS_1_0', 'passed'],
    ['a good certificate', good, 'TLS_1_2', 'passed'],
  ])('%s', async (_, tls, minimum, code) => {
    const implicit = await servers[protocol]({ implicit: tls });
    expect(failureIn(await test(protocol, implicit.port, 'IMPLICIT', minimum))).toBe(code === 'passed' ? code : `TLS ${code}`);
    for (const security of ['REQUIRED', 'OPPORTUNISTIC'] as const) {
      const upgrading = await servers[protocol]({ offers: ['STARTTLS', 'AUTH PLAIN LOGIN'], startTls: tls });
      expect(failureIn(await test(protocol, upgrading.port, security, minimum))).toBe(code === 'passed' ? code : `STARTTLS ${code}`);
    }
  });

  it('shows the chain of a server that is not trusted, and offers no way around verification', async () => {
    const { port } = await servers[protocol]({ implicit: untrusted });
    const stages = await test(protocol, port, 'IMPLICIT');
    const failed = stages.find(({ outcome }) => outcome === 'FAILED');
    expect(failed?.tls).toMatchObject({ version: 'TLSv1.3', trusted: false });
    expect(failed?.tls?.certificates).toMatchObject([
      {
        subject: 'CN=127.0.0.1',
        issuer: 'CN=Strange CA',
        subjectAlternativeNames: ['IP Address:127.0.0.1'],
        isCertificateAuthority: false,
        pem: untrusted.cert,
      },
    ]);
    expect(failed?.tls?.certificates[0]?.fingerprintSha256).toMatch(/^[0-9A-F]{64}$/);
    for (const { message, hint } of stages)
      expect(`${message} ${hint}`).not.toMatch(/skip|ignore|disable|turn off|without (?:checking|verif)|allow (?:untrusted|self)|REJECT_UNAUTHORIZED/i);
    expect(failed?.hint).toContain('NODE_EXTRA_CA_CERTS');
  });

  it('says what the server speaks', async () => {
    const { port } = await servers[protocol]({ implicit: upTo11 });
    const failed = (await test(protocol, port, 'IMPLICIT')).find(({ outcome }) => outcome === 'FAILED');
    expect(failed?.message).toContain('TLSv1.1');
  });

  it('names the session of a trusted server', async () => {
    const { port } = await servers[protocol]({ implicit: good });
    const tls = (await test(protocol, port, 'IMPLICIT')).find(({ stage }) => stage === 'TLS')?.tls;
    expect(tls).toMatchObject({ version: 'TLSv1.3', trusted: true, certificates: [{ pem: good.cert }] });
    expect(tls?.cipher).toMatch(/^TLS_/);
  });

  it('is not begun with a truststore that does not exist', async () => {
    const implicit = await fakeServer((socket, { heard }) => void socket.on('data', (data) => heard(data.toString('latin1'))));
    const account = { port: implicit.port, security: 'IMPLICIT', truststore: 'plant-7' } as const;
    expect(failureIn(await stagesOf(protocol === 'smtp' ? { sender: sender(account) } : { receiver: receiver(account) }, settings))).toBe(
      'TLS TRUSTSTORE_MISSING',
    );
    expect(implicit.received()).toBe('');
  });
});

describe.each(protocols)('%s: STARTTLS', (protocol) => {
  const sentAnyPassword = (server: FakeServer) => /AUTH|LOGIN/i.test(server.received());

  it('not offered and required: nobody logs in', async () => {
    const server = await servers[protocol]();
    expect(failureIn(await test(protocol, server.port, 'REQUIRED'))).toBe('STARTTLS STARTTLS_NOT_OFFERED');
    expect(sentAnyPassword(server)).toBe(false);
  });

  it('not offered and not required: goes on in clear text, with a warning', async () => {
    const server = await servers[protocol]();
    const stages = await test(protocol, server.port, 'OPPORTUNISTIC');
    expect(failureIn(stages)).toBe('passed');
    expect(stages.find(({ stage }) => stage === 'STARTTLS')).toMatchObject({ outcome: 'WARNED', code: 'STARTTLS_NOT_OFFERED' });
    expect(sentAnyPassword(server)).toBe(true);
  });

  it('offered and refused: nobody logs in', async () => {
    for (const security of ['REQUIRED', 'OPPORTUNISTIC'] as const) {
      const server = await servers[protocol]({ offers: ['STARTTLS'], answers: { STARTTLS: protocol === 'smtp' ? '502 5.5.1 no' : '${tag} NO no' } });
      expect(failureIn(await test(protocol, server.port, security))).toBe('STARTTLS STARTTLS_NOT_OFFERED');
      expect(sentAnyPassword(server)).toBe(false);
    }
  });

  it('offered and not possible for now', async () => {
    const server = await servers[protocol]({
      offers: ['STARTTLS'],
      answers: { STARTTLS: protocol === 'smtp' ? '454 4.7.0 TLS not available' : '${tag} NO [UNAVAILABLE] not now' },
    });
    expect(failureIn(await test(protocol, server.port, 'REQUIRED'))).toBe('STARTTLS SERVER_TEMPORARILY_UNAVAILABLE');
  });

  it('with something put in before TLS: nobody logs in', async () => {
    const server = await servers[protocol]({
      offers: ['STARTTLS'],
      answers: {
        STARTTLS: (socket: Socket, line: string) =>
          void socket.write(protocol === 'smtp' ? '220 go\r\n250 put in\r\n' : `${line.split(' ')[0]} OK go\r\n* CAPABILITY IMAP4rev1\r\n`),
      },
    });
    expect(failureIn(await test(protocol, server.port, 'REQUIRED'))).toBe('STARTTLS PROTOCOL_ERROR');
    expect(sentAnyPassword(server)).toBe(false);
  });

  it('switched off: not used though offered', async () => {
    const server = await servers[protocol]({ offers: ['STARTTLS', 'AUTH PLAIN LOGIN'], startTls: good });
    const stages = await test(protocol, server.port, 'DISABLED');
    expect(failureIn(stages)).toBe('passed');
    expect(stages.map(({ stage }) => stage)).not.toContain('STARTTLS');
    expect(server.received()).not.toContain('STARTTLS');
  });
});

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
