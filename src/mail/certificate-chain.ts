import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Certificate } from '../domain/email-account/connection-test.js';
import { printable } from './server-text.js';

/** No real chain is longer; a server may send any number. */
const longest = 10;

/** The certificates of a handshake, the server's own first. Where verification found a root of ours at the end, that is among them, whether the server sent it or not. */
export function certificatesOf(socket: TLSSocket): readonly Certificate[] {
  const certificates: Certificate[] = [];
  // Typed as always there, and null when the server sent none.
  let next: DetailedPeerCertificate | null = socket.getPeerCertificate(true);
  while (next?.raw && certificates.length < longest) {
    const certificate = certificateFacts(next.raw);
    if (certificate === null || certificates.some(({ fingerprintSha256 }) => fingerprintSha256 === certificate.fingerprintSha256)) break;
    certificates.push(certificate);
    next = next.issuerCertificate;
  }
  return certificates;
}

/** Without the root, which verification adds from what is trusted here. */
export function withoutOwnRoot(certificates: readonly Certificate[]): readonly Certificate[] {
  const last = certificates.at(-1);
  return certificates.length > 1 && last?.subject === last?.issuer ? certificates.slice(0, -1) : certificates;
}

/** Null for one whose dates cannot be read. @throws what OpenSSL says of bytes that are no certificate. */
export function certificateFacts(der: Buffer): Certificate | null {
  const certificate = new X509Certificate(der);
  const [notBefore, notAfter] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  if (Number.isNaN(notBefore.getTime()) || Number.isNaN(notAfter.getTime())) return null;
  return {
    fingerprintSha256: certificate.fingerprint256.replaceAll(':', ''),
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    subjectAlternativeNames: alternativeNames(certificate.subjectAltName),
    serialNumber: certificate.serialNumber,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    isCertificateAuthority: certificate.ca,
    pem: certificate.toString(),
  };
}

/** `CN=mail.example.com, O=Example`; empty for a certificate that names nobody but by its alternative names. */
function distinguishedName(lines: string | undefined): string {
  return (lines ?? '')
    .split('\n')
    .map(printable)
    .filter((line) => line !== '')
    .join(', ');
}

/** `DNS:mail.example.com`, `IP Address:192.0.2.1`. A name that holds a comma is quoted. */
function alternativeNames(list: string | undefined): readonly string[] {
  return [...(list ?? '').matchAll(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/gu)].map(([name]) => printable(name)).filter((name) => name !== '');
}
