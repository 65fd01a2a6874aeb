import { afterEach, describe, expect, it } from 'vitest';
import { mailServerProbe } from '../../src/discovery/mail-server-probe.js';
import type { ProbedServer } from '../../src/discovery/means.js';
import { closeFakeServers, fakeServer, imapServer, pop3Server, smtpServer } from '../mail/lab/fake-server.js';
import { freePorts } from '../mail/lab/free-ports.js';
import { good, hurried, settings, untrusted, upTo11, wrongHost } from '../mail/situations.js';

afterEach(closeFakeServers);

const probe = (server: Omit<ProbedServer, 'host'>, mail = settings, milliseconds?: number) =>
  mailServerProbe(mail, milliseconds)({ ...server, host: '127.0.0.1' }, new AbortController().signal);

describe('the probe of a mail server', () => {
  it.each([
    ['SMTP', smtpServer],
    ['IMAP', imapServer],
    ['POP3', pop3Server],
  ] as const)('sees %s greet over TLS from the start, shows no credential and hangs up', async (protocol, start) => {
    const server = await start({ implicit: good });
    expect(await probe({ protocol, port: server.port, security: 'TLS' })).toBe('VERIFIED');
    await server.allClosed();
    expect(server.received()).toMatch(/^(?:EHLO \S+\s+)?$/);
  });

  it.each([
    ['SMTP', 'SMTP_STARTTLS', () => smtpServer({ offers: ['STARTTLS'], startTls: good })],
    ['IMAP', 'IMAP_STARTTLS', () => imapServer({ offers: ['STARTTLS'], startTls: good })],
    ['POP3', 'POP3_STLS', () => pop3Server({ offers: ['STLS'], startTls: good })],
  ] as const)('sees %s get to TLS by %s', async (protocol, security, start) => {
    expect(await probe({ protocol, port: (await start()).port, security })).toBe('VERIFIED');
  });

  it.each([
    ['of an unknown CA', untrusted],
    ['for another host', wrongHost],
  ])('does not trust a certificate %s, and tells that from no server', async (_what, implicit) => {
    expect(await probe({ protocol: 'IMAP', port: (await imapServer({ implicit })).port, security: 'TLS' })).toBe('UNTRUSTED');
  });

  it.each([
    ['clear text where STARTTLS is not offered', 'IMAP_STARTTLS', () => imapServer()],
    ['another protocol', 'TLS', () => smtpServer({ implicit: good })],
    ['TLS 1.1 at most', 'TLS', () => imapServer({ implicit: upTo11 })],
    ['nothing but hanging up', 'TLS', () => fakeServer((socket) => void socket.end())],
  ] as const)('takes %s for no IMAP server', async (_what, security, start) => {
    expect(await probe({ protocol: 'IMAP', port: (await start()).port, security })).toBe('ABSENT');
  });

  it('sees nobody on a port where nobody listens, and gives up on a silent one', async () => {
    const [port = 0] = await freePorts(1);
    expect(await probe({ protocol: 'IMAP', port, security: 'TLS' })).toBe('ABSENT');
    const silent = await fakeServer((socket) => void socket.resume());
    expect(await probe({ protocol: 'SMTP', port: silent.port, security: 'TLS' }, hurried, 200)).toBe('ABSENT');
    await silent.allClosed();
  });

  it('goes nowhere where egress forbids it', async () => {
    const server = await imapServer({ implicit: good });
    expect(await probe({ protocol: 'IMAP', port: server.port, security: 'TLS' }, { ...settings, egress: { allowLoopback: false } })).toBe('ABSENT');
    expect(server.connections()).toBe(0);
  });
});
