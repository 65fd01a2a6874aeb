import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { ClientCertificate } from '../domain/authentication-profile/settings.js';
import type { Problem } from '../domain/decider.js';
import type { SecretValue } from '../secret-store/secret-value.js';

const maximumLength = 65_536;
const certificateField = ['certificatePem'];
const keyField = ['privateKeyPem'];

/** What the text says of the application's certificate, or what is wrong with it. */
export function readCertificate(pem: string, now: Date): { readonly certificate: ClientCertificate } | { readonly problem: Problem } {
  if (pem.length > maximumLength)
    return { problem: { code: 'TOO_LONG', message: `A certificate has at most ${maximumLength} characters.`, field: certificateField } };
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem))
    return {
      problem: {
        code: 'PRIVATE_KEY_REFUSED',
        message: 'There is a private key in it, and certificates are shown to everybody. Enter it as privateKeyPem. If others have seen it, make a new one.',
        field: certificateField,
      },
    };
  if ((pem.match(/-----BEGIN CERTIFICATE-----/g) ?? []).length !== 1)
    return wrong("Enter the application's own certificate alone, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.");
  const read = certificateIn(pem);
  if (read === null) return wrong('The certificate cannot be read. Enter it as PEM, as it was issued.');
  const notAfter = new Date(read.validTo);
  if (notAfter <= now) return wrong(`The certificate expired on ${notAfter.toISOString().slice(0, 10)}. Enter one that is valid.`);
  const certificate = {
    pem: `${read.toString().trimEnd()}\n`,
    thumbprintSha256: read.fingerprint256.replaceAll(':', ''),
    subject: read.subject.replaceAll('\n', ', '),
    notBefore: new Date(read.validFrom).toISOString(),
    notAfter: notAfter.toISOString(),
  };
  return { certificate };
}

/** What is wrong with the key, by itself or beside the certificate; null when they can sign together. */
export function problemOfKey(privateKey: SecretValue, { pem }: ClientCertificate): Problem | null {
  const key = keyIn(privateKey);
  const problem = (message: string): Problem => ({ code: 'INVALID_CERTIFICATE', message, field: keyField });
  if (key === null) return problem('The private key cannot be read. Enter it as PEM (PKCS #8), unencrypted.');
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  const isStrong = (key.asymmetricKeyType === 'rsa' && modulusLength >= 2048) || (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1');
  if (!isStrong) return problem('The private key must be RSA of 2048 bits or more, or of the elliptic curve P-256. Make a new pair.');
  return new X509Certificate(pem).checkPrivateKey(key)
    ? null
    : problem('The private key is not the one of the certificate. Enter the two that belong together.');
}

function certificateIn(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    return unreadable(error);
  }
}

function keyIn(privateKey: SecretValue): KeyObject | null {
  try {
    return createPrivateKey(privateKey.reveal());
  } catch (error) {
    return unreadable(error);
  }
}

/** Whatever OpenSSL says of a text that it cannot read, the person is told in our words: it may quote the text. */
function unreadable(error: unknown): null {
  if (error instanceof Error) return null;
  throw error;
}

function wrong(message: string): { readonly problem: Problem } {
  return { problem: { code: 'INVALID_CERTIFICATE', message, field: certificateField } };
}
