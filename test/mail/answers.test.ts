import { afterAll, describe, expect, it } from 'vitest';
import { failureIn, type Security } from './accounts.js';
import { closeFakeServers, fakeServer, type FakeServer } from './lab/fake-server.js';
import { freePorts } from './lab/free-ports.js';
import { good, hurried, impatient, only12, protocols, servers, test } from './situations.js';

afterAll(closeFakeServers);

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
  const greeting = { smtp: '220 fake\r\n', imap: '* OK fake\r\n', pop3: '+OK fake\r\n' }[protocol];
  const other = protocol === 'smtp' ? '+OK POP3 ready\r\n' : '220 fake ESMTP\r\n';

  it.each<[string, () => Promise<FakeServer>, Security, string]>([
    ['closes at once', closing, 'DISABLED', 'GREETING CONNECTION_CLOSED'],
    ['speaks garbage', () => saying('\0\u0001garbage that is no protocol\r\n'), 'DISABLED', 'GREETING PROTOCOL_ERROR'],
    ['speaks another mail protocol', () => saying(other), 'REQUIRED', 'GREETING PROTOCOL_ERROR'],
    ['speaks HTTP', () => saying('HTTP/1.1 400 Bad Request\r\n\r\n'), 'DISABLED', 'GREETING PROTOCOL_ERROR'],
    ['never ends a line', () => saying('x'.repeat(20_000)), 'DISABLED', 'GREETING PROTOCOL_ERROR'],
    ['speaks clear text where TLS is expected', () => saying(greeting), 'IMPLICIT', 'TLS TLS_NOT_SPOKEN_ON_PORT'],
    ['resets who speaks TLS to its clear text', () => resettingOnData(greeting), 'IMPLICIT', 'TLS TLS_NOT_SPOKEN_ON_PORT'],
  ])('%s', async (_, start, security, failure) => {
    const { port } = await start();
    expect(failureIn(await test(protocol, port, security))).toBe(failure);
  });

  it.concurrent.each<[string, () => Promise<FakeServer>, Security, string]>([
    ['says nothing', silent, 'DISABLED', 'GREETING TIMEOUT'],
    ['says nothing where STARTTLS is to come', silent, 'REQUIRED', 'GREETING TIMEOUT'],
    ['says nothing in the handshake', silent, 'IMPLICIT', 'TLS TIMEOUT'],
    [
      'says nothing after the greeting',
      () => servers[protocol]({ answers: { EHLO: '', CAPABILITY: '', CAPA: '' } }),
      'REQUIRED',
      protocol === 'smtp' ? 'GREETING TIMEOUT' : 'STARTTLS TIMEOUT',
    ],
    ['says nothing to the password', () => servers[protocol]({ answers: { 'AUTH PLAIN': '', LOGIN: '', PASS: '' } }), 'DISABLED', 'AUTHENTICATION TIMEOUT'],
  ])('%s', async (_, start, security, failure) => {
    const { port } = await start();
    expect(failureIn(await test(protocol, port, security, 'TLS_1_2', impatient))).toBe(failure);
  });

  it.concurrent.each<[string, () => Promise<FakeServer>]>([
    ['closes in the handshake', closingOnData],
    ['has no cipher in common', () => servers[protocol]({ implicit: { ...only12, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } })],
  ])('%s, and says nothing otherwise', async (_, start) => {
    const { port } = await start();
    expect(failureIn(await test(protocol, port, 'IMPLICIT', 'TLS_1_2', hurried))).toBe('TLS TLS_HANDSHAKE_FAILED');
  });

  it('resets at once: before or after the connection counts as made', async () => {
    const { port } = await resetting();
    expect(failureIn(await test(protocol, port, 'REQUIRED'))).toMatch(/^(?:CONNECT|GREETING) CONNECTION_CLOSED$/);
  });

  it.concurrent('expects TLS where clear text is spoken', async () => {
    const { port } = await servers[protocol]({ implicit: good });
    // The time it is waited for a greeting is a part of the deadline.
    expect(failureIn(await test(protocol, port, 'REQUIRED', 'TLS_1_2', hurried))).toBe('GREETING TLS_REQUIRED_ON_PORT');
  });

  it('listens on no such port', async () => {
    const [port = 0] = await freePorts(1);
    expect(failureIn(await test(protocol, port, 'IMPLICIT'))).toBe('CONNECT CONNECTION_REFUSED');
  });
});
