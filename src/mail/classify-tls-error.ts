import type { FailureCode } from './failure.js';
import { errorCode, socketProblem } from './classify-network-error.js';

const untrusted: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_CHAIN_TOO_LONG',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
]);

/** Whether verification found no trusted root at the end of the chain. */
export function isUntrusted(error: unknown): boolean {
  return untrusted.has(errorCode(error));
}

/** What a handshake's error says about the certificate; null when it says nothing about it. */
export function certificateProblem(error: unknown): FailureCode | null {
  const code = errorCode(error);
  if (untrusted.has(code)) return 'CERTIFICATE_UNTRUSTED';
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'CERTIFICATE_EXPIRED';
    case 'CERT_NOT_YET_VALID':
      return 'CERTIFICATE_NOT_YET_VALID';
    case 'CERT_REVOKED':
      return 'CERTIFICATE_REVOKED';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'ERR_TLS_CERT_ALTNAME_FORMAT':
    case 'HOSTNAME_MISMATCH':
      return 'CERTIFICATE_HOSTNAME_MISMATCH';
    default:
      return null;
  }
}

/** The server's answer is no TLS at all: the first bytes of clear text read as a record of an impossible version or length. */
export function isClearText(error: unknown): boolean {
  return /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|HTTPS_PROXY_REQUEST|RECORD_LAYER_FAILURE|NOT_TLS/.test(errorCode(error));
}

/** One of the two says that the other's version is none that it speaks. */
export function isAboutVersion(error: unknown): boolean {
  return /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|LEGACY_SIGALG|NO_PROTOCOLS_AVAILABLE/.test(errorCode(error));
}

/** The connection ended without a word of TLS, so it is not even known whether the other side speaks it. */
export function isWordless(error: unknown): boolean {
  return socketProblem(error) === 'CONNECTION_CLOSED';
}
