import type { Problem } from '../domain/decider.js';
import type { Certificate } from '../domain/email-account/connection-test.js';
import { certificateFacts } from './certificate-chain.js';

/** In characters: a hundred certificates of usual size do not fit, and no chain comes near. */
export const longestBundle = 65_536;

/** RFC 7468, section 2. A key of PuTTY is written in another way. */
const boundary = /-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----/;
const privateKey = /-{3,}\s{0,8}BEGIN[A-Z0-9 ]{0,64}PRIVATE KEY|PuTTY-User-Key-File/i;

/**
 * The certificates of a text in PEM form: one, a chain or a bundle, in the order in which they stand. Explanations between them are allowed, as programs write them (RFC 7468, section 5.2).
 * What is kept of each is made from the certificate itself: nothing else of the text is. No message repeats any of it.
 */
export function readCertificates(text: string): readonly Certificate[] | Problem {
  if (text.length > longestBundle)
    return { code: 'TOO_LONG', message: `It has more than ${longestBundle} characters. Enter the certificates that are needed, and those alone.`, field };
  if (privateKey.test(text))
    return {
      code: 'PRIVATE_KEY_REFUSED',
      message:
        'There is a private key in it, and certificates are shown to everybody: nothing of it was kept. Enter the certificates alone. If others have seen the key, have it replaced.',
      field,
    };
  const certificates: Certificate[] = [];
  // What comes between the boundaries, then direction and label of the next one, in turn.
  const [, ...parts] = text.split(boundary);
  for (let at = 0; at < parts.length; at += 6) {
    const [begin, label, body = '', end, sameLabel] = parts.slice(at, at + 5);
    if (begin !== 'BEGIN' || end !== 'END' || label !== sameLabel) return invalid('It is cut off, or its BEGIN and END lines do not belong together.');
    if (label !== 'CERTIFICATE') return invalid('There is something else in it than certificates.');
    const certificate = certificateIn(body);
    if (certificate === null) return invalid(`Certificate ${certificates.length + 1} in it cannot be read.`);
    certificates.push(certificate);
  }
  return certificates.length > 0 ? certificates : invalid('There is no certificate in it.');
}

const field = ['pem'];

function invalid(what: string): Problem {
  return {
    code: 'INVALID_CERTIFICATE',
    message: `${what} Enter certificates in PEM form, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, as they were issued.`,
    field,
  };
}

function certificateIn(body: string): Certificate | null {
  const base64 = body.replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  try {
    return certificateFacts(Buffer.from(base64, 'base64'));
  } catch (error) {
    // OpenSSL's own words are not passed on: they may quote the text.
    if (error instanceof Error) return null;
    throw error;
  }
}
