import { describe, expect, it } from 'vitest';
import { receiverEndpoint, senderEndpoint } from '../../src/domain/email-account/endpoint.js';
import { imapReceiver, smtpSender } from './accounts.js';

const of = (change: Parameters<typeof smtpSender>[0]) => senderEndpoint(smtpSender(change).connection);

describe('the endpoint that a password is bound to', () => {
  it.each([
    ['STARTTLS required', {}, 'smtp://smtp.example.com:587?tls=required'],
    ['STARTTLS where offered', { port: 25, startTls: 'OPPORTUNISTIC' }, 'smtp://smtp.example.com:25?tls=opportunistic'],
    ['clear text', { port: 25, startTls: 'DISABLED' }, 'smtp://smtp.example.com:25?tls=disabled'],
    ['TLS from the start', { port: 465, useSmtps: true, startTls: 'DISABLED' }, 'smtp://smtp.example.com:465?tls=implicit'],
    ['an IPv6 address', { host: '2001:db8::1' }, 'smtp://[2001:db8::1]:587?tls=required'],
    ['a truststore, ignoring case as its name does', { truststore: 'Plant-7' }, 'smtp://smtp.example.com:587?tls=required&truststore=plant-7'],
  ] as const)('with %s is written %s', (_what, change, text) => expect(of(change)).toBe(text));

  it('is another one for IMAP, POP3 and SMTP on one host and port', () => {
    const imap = imapReceiver({ host: 'mail.example.com', port: 993 });
    expect(receiverEndpoint(imap)).toBe('imap://mail.example.com:993?tls=implicit');
    expect(receiverEndpoint({ ...imap, kind: 'pop3' })).toBe('pop3://mail.example.com:993?tls=implicit');
    expect(of({ host: 'mail.example.com', port: 993, useSmtps: true })).toBe('smtp://mail.example.com:993?tls=implicit');
  });

  it('stays the same with another TLS floor or profile', () => expect(of({ minimumTlsVersion: 'TLS_1_3', authenticationProfile: 'corp' })).toBe(of({})));
});
