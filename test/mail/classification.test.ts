import { describe, expect, it } from 'vitest';
import { diagnosisCodes } from '../../src/domain/email-account/connection-test.js';
import { resolutionProblem, socketProblem } from '../../src/mail/classify-network-error.js';
import { certificateProblem, isAboutVersion, isClearText } from '../../src/mail/classify-tls-error.js';
import { failureOf } from '../../src/mail/failure-of.js';
import { meanings } from '../../src/mail/meanings.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';

const failed = (code: string) => Object.assign(new Error('it failed'), { code });

describe('errors of the system that no server on loopback brings about', () => {
  it.each([
    ['EHOSTUNREACH', 'HOST_UNREACHABLE'],
    ['ENETUNREACH', 'HOST_UNREACHABLE'],
    ['EADDRNOTAVAIL', 'HOST_UNREACHABLE'],
    ['EPERM', 'HOST_UNREACHABLE'],
    ['ETIMEDOUT', 'TIMEOUT'],
    ['ECONNRESET', 'CONNECTION_CLOSED'],
    ['EPIPE', 'CONNECTION_CLOSED'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'TLS_HANDSHAKE_FAILED'],
    ['ESOMETHING', null],
  ])('%s', (code, problem) => {
    expect(socketProblem(failed(code))).toBe(problem);
  });

  it('keep the code of the system where a library puts its own over it', () => {
    expect(socketProblem(Object.assign(failed('ESOCKET'), { originalCode: 'ECONNREFUSED' }))).toBe('CONNECTION_REFUSED');
  });

  it.each([
    ['ENOTFOUND', 'DNS_FAILED'],
    ['EAI_NODATA', 'DNS_FAILED'],
    ['EAI_AGAIN', 'DNS_TEMPORARY'],
    ['ETIMEOUT', 'DNS_TEMPORARY'],
    ['ECONNRESET', null],
  ])('%s of a look-up', (code, problem) => {
    expect(resolutionProblem(failed(code))).toBe(problem);
  });
});

describe('errors of TLS', () => {
  it.each([
    ['CERT_REVOKED', 'CERTIFICATE_REVOKED'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'CERTIFICATE_UNTRUSTED'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERTIFICATE_UNTRUSTED'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERTIFICATE_UNTRUSTED'],
    ['CERT_NOT_YET_VALID', 'CERTIFICATE_NOT_YET_VALID'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'CERTIFICATE_HOSTNAME_MISMATCH'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', null],
  ])('%s about the certificate', (code, problem) => {
    expect(certificateProblem(failed(code))).toBe(problem);
  });

  it.each([
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', true, false],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', true, false],
    ['ERR_SSL_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED', true, false],
    ['ERR_SSL_WRONG_VERSION_NUMBER', false, true],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', false, true],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', false, false],
  ])('%s about the version: %s, about clear text: %s', (code, version, clearText) => {
    expect(isAboutVersion(failed(code))).toBe(version);
    expect(isClearText(failed(code))).toBe(clearText);
  });
});

describe('an error that no rule knows', () => {
  it('is UNKNOWN, in its own words but without secrets', () => {
    const { code, message } = failureOf(failed('ENEW hunter-2'), [new SecretValue('hunter-2')]);
    expect(code).toBe('UNKNOWN');
    expect(message).toContain('ENEW [secret] it failed');
  });
});

describe('every code', () => {
  it.each(diagnosisCodes)('%s says what is the matter and what to do', (code) => {
    const { message, hint } = meanings[code];
    expect(message).toMatch(/^[A-Z].*\.$/);
    expect(hint ?? 'None.').toMatch(/^[A-Z].*\.$/);
    expect(hint === null).toBe(code === 'OK' || code === 'CANCELLED');
    expect(`${message} ${hint}`).not.toMatch(/skip|ignore|self-signed|without (?:checking|verif)/i);
  });
});
