import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/domain/email-account/connection-test.js';
import { longestBundle, readCertificates } from '../../src/mail/certificate-bundle.js';
import { certificateAuthority } from './lab/certificate-authority.js';

const authority = certificateAuthority('Plant 7 Root');
const server = authority.issue(['mail.plant7.example', '192.0.2.7']);
const pair = authority.certificate + server.certificate;

function read(text: string): readonly Certificate[] {
  const certificates = readCertificates(text);
  if ('code' in certificates) throw new Error(`refused: ${certificates.code} ${certificates.message}`);
  return certificates;
}
function refusal(text: string): string {
  const problem = readCertificates(text);
  if (!('code' in problem)) throw new Error(`taken: ${problem.length} certificates`);
  expect(problem.field).toEqual(['pem']);
  return problem.code;
}

describe('certificates in PEM form', () => {
  it('are one, or a chain in its order, with what people compare them by', () => {
    expect(read(authority.certificate)).toHaveLength(1);
    const [root, own] = read(pair);
    expect(root).toMatchObject({ subject: 'CN=Plant 7 Root', issuer: 'CN=Plant 7 Root', isCertificateAuthority: true });
    expect(own).toMatchObject({
      subject: 'CN=mail.plant7.example',
      issuer: 'CN=Plant 7 Root',
      subjectAlternativeNames: ['DNS:mail.plant7.example', 'IP Address:192.0.2.7'],
      isCertificateAuthority: false,
    });
    const der = Buffer.from(server.certificate.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    expect(own?.fingerprintSha256).toBe(createHash('sha256').update(der).digest('hex').toUpperCase());
    expect(Date.parse(own?.notAfter ?? '')).toBeGreaterThan(Date.parse(own?.notBefore ?? ''));
  });

  it.each([
    ['with line ends of Windows', pair.replaceAll('\n', '\r\n')],
    ['in one line each', pair.replaceAll('\n', '')],
    ['with blanks around the lines', pair.replaceAll('\n', '  \n\t')],
    [
      'with explanations between them',
      `Bag Attributes\n    friendlyName: büro\nsubject=CN = x\n${authority.certificate}\n# and the server's: - -- ---\n${server.certificate}end`,
    ],
  ])('are read %s', (_how, text) => {
    expect(read(text).map(({ fingerprintSha256 }) => fingerprintSha256)).toEqual(read(pair).map(({ fingerprintSha256 }) => fingerprintSha256));
  });

  it('are kept as they are encoded, and nothing else of the text', () => {
    const [kept] = read(`secret note\n${authority.certificate}another`);
    expect(kept?.pem).toBe(new X509Certificate(authority.certificate).toString());
  });

  it.each([
    ['nothing', ''],
    ['words', 'no certificate at all'],
    ['boundaries alone', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----'],
    ['what is no base64', '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----'],
    ['what is no certificate', `-----BEGIN CERTIFICATE-----\n${Buffer.from('garbage').toString('base64')}\n-----END CERTIFICATE-----`],
    ['a certificate that is cut off', server.certificate.slice(0, -60)],
    ['a certificate without its second half', server.certificate.replace(/(?<=-----\n[\s\S]{200})[\s\S]*(?=\n-----END)/, '')],
    ['a good one and a broken one', authority.certificate + server.certificate.replace('MII', 'MIJ')],
    ['an end before the beginning', `-----END CERTIFICATE-----\n${authority.certificate}`],
    ['boundaries of two kinds', authority.certificate.replace('END CERTIFICATE', 'END X509 CRL')],
    ['a public key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['a request', authority.certificate.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST')],
    ['a key that poses as a certificate', server.key.replaceAll('PRIVATE KEY', 'CERTIFICATE')],
  ])('are not found in %s', (_what, text) => expect(refusal(text)).toBe('INVALID_CERTIFICATE'));

  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  it.each([
    ['PKCS #8', server.key],
    ['PKCS #1', rsa.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['an encrypted one', rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString()],
    ['OpenSSH', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----'],
    ['one that is cut off', server.key.slice(0, 80)],
    ['PuTTY', 'PuTTY-User-Key-File-3: ssh-rsa'],
  ])('beside a private key (%s) are refused with it, wherever it stands, and it is not said back', (_what, key) => {
    for (const text of [key, server.certificate + key, key + server.certificate, `note\n${key}\n${pair}`]) {
      expect(refusal(text)).toBe('PRIVATE_KEY_REFUSED');
      expect(JSON.stringify(readCertificates(text))).not.toContain(key.trim().slice(-25));
    }
  });

  it('are refused unread where the text is too long', () => {
    expect(refusal('x'.repeat(longestBundle + 1))).toBe('TOO_LONG');
    expect(refusal(pair.repeat(1_000_000 / pair.length))).toBe('TOO_LONG');
    expect(refusal('-----BEGIN CERTIFICATE-----'.repeat(longestBundle / 27))).toBe('INVALID_CERTIFICATE');
  });
});
