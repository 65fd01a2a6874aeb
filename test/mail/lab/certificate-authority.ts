import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bitString, boolean, element, integer, objectIdentifier, octetString, sequence, set, time, utf8String } from './der.js';

/** A certificate with its key, as servers want them. */
export interface Identity {
  readonly certificate: string; // PEM
  readonly key: string; // PEM
}

export interface CertificateAuthority {
  readonly certificate: string; // PEM
  /** A CA whose certificate is issued by this one. */
  subordinate(commonName: string): CertificateAuthority;
  /** @param names host names and IP addresses. Valid from an hour ago for a year, unless said otherwise. */
  issue(names: readonly string[], validity?: { readonly notBefore?: Date; readonly notAfter?: Date }): Identity;
}

const hour = 3_600_000;
const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

/** A CA of its own for tests, as a plant or an office has one: nobody trusts it unless told to (RFC 5280). */
export function certificateAuthority(commonName: string, superior: { readonly name: Buffer; readonly key: KeyObject } | null = null): CertificateAuthority {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = name(commonName);
  const certificate = signed(superior?.key ?? root.privateKey, {
    issuer: superior?.name ?? issuer,
    subject: issuer,
    publicKey: root.publicKey,
    notBefore: new Date(Date.now() - hour),
    notAfter: new Date(Date.now() + 24 * 365 * hour),
    extensions: [extension('2.5.29.19', true, sequence(boolean(true))), extension('2.5.29.15', true, bitString(Buffer.from([0x06]), 1))],
  });
  return {
    certificate,
    subordinate: (subordinateName) => certificateAuthority(subordinateName, { name: issuer, key: root.privateKey }),
    issue(names, { notBefore = new Date(Date.now() - hour), notAfter = new Date(Date.now() + 24 * 365 * hour) } = {}) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const alternativeNames = sequence(...names.map(generalName));
      return {
        certificate: signed(root.privateKey, {
          issuer,
          subject: name(names[0] ?? 'nobody'),
          publicKey,
          notBefore,
          notAfter,
          extensions: [extension('2.5.29.17', false, alternativeNames), extension('2.5.29.37', false, sequence(objectIdentifier('1.3.6.1.5.5.7.3.1')))],
        }),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

function signed(
  key: KeyObject,
  facts: {
    readonly issuer: Buffer;
    readonly subject: Buffer;
    readonly publicKey: KeyObject;
    readonly notBefore: Date;
    readonly notAfter: Date;
    readonly extensions: readonly Buffer[];
  },
): string {
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([0x4d]), randomBytes(15)])),
    ecdsaWithSha256,
    facts.issuer,
    sequence(time(facts.notBefore), time(facts.notAfter)),
    facts.subject,
    facts.publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...facts.extensions)),
  );
  const certificate = sequence(toBeSigned, ecdsaWithSha256, bitString(sign('sha256', toBeSigned, key)));
  return `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function name(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName))));
}

function generalName(host: string): Buffer {
  return isIP(host) === 4 ? element(0x87, Buffer.from(host.split('.').map(Number))) : element(0x82, Buffer.from(host));
}

function extension(identifier: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(identifier), ...(critical ? [boolean(true)] : []), octetString(value));
}
