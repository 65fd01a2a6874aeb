import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import type { ConnectionSettings, Endpoint } from '../event-store/kurrentdb/connection-string.js';
import { codeOf, connected } from './store-check-connection.js';
import type { StoreProblem, StoreProblemCode } from './store-check-finding.js';
import { hostOf } from './store-node-request.js';

type Problem = Pick<StoreProblem, 'code' | 'message'>;

/** What is wrong with the server's TLS or its certificate; null when nothing is. The socket is connected and has carried nothing. */
export async function handshakeProblem(
  { certificateAuthority }: ConnectionSettings,
  endpoint: Endpoint,
  socket: Socket,
  step: number,
): Promise<Problem | null> {
  const host = hostOf(endpoint);
  let shown: PeerCertificate | undefined;
  const secured = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(certificateAuthority && { ca: certificateAuthority }),
    rejectUnauthorized: true,
  });
  // Before the verdict is spoken: the last moment at which the certificate of an untrusted server can be read.
  secured.prependListener('secure', () => (shown = secured.getPeerCertificate()));
  try {
    await connected(secured, 'secureConnect', step);
    return null;
  } catch (error) {
    return certificateProblem(codeOf(error), host, shown, certificateAuthority !== undefined);
  } finally {
    secured.destroy();
  }
}

function certificateProblem(code: string, host: string, shown: PeerCertificate | undefined, hasAuthority: boolean): Problem {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return {
        code: 'STORE_CERTIFICATE_EXPIRED',
        message: `The server's certificate, or one above it, has expired${until(shown)}. Give the server a new one; POST /admin/reloadconfig makes it take it without a restart.`,
      };
    case 'CERT_NOT_YET_VALID':
      return {
        code: 'STORE_CERTIFICATE_NOT_YET_VALID',
        message: `The server's certificate is valid from ${shown?.valid_from ?? 'a later time'} on. Correct the clocks, or the certificate.`,
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        code: 'STORE_CERTIFICATE_WRONG_HOST',
        message: `The server's certificate is not for ${host} but for ${shown?.subjectaltname ?? 'no host'}. Connect by a name that it holds, or give the server a certificate with this one.`,
      };
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_SIGNATURE_FAILURE':
    case 'CERT_UNTRUSTED':
    case 'INVALID_CA':
      return {
        code: 'STORE_CERTIFICATE_UNTRUSTED',
        message: `The server's certificate was issued by "${issuer(shown)}", which is not ${hasAuthority ? 'an authority in the file of tlsCaFile' : 'an authority that Node.js knows'}. Name the right one: tlsCaFile=/path/to/ca.crt.`,
      };
    case 'ETIMEDOUT':
      return { code: 'STORE_UNREACHABLE', message: 'The server takes the connection and does not answer the TLS handshake: it may be frozen or overloaded.' };
    default:
      return {
        code: 'STORE_TLS_MISSING',
        message: `The TLS handshake failed (${code}): the server speaks no TLS, or another version of it. A server without TLS, for development, takes ?tls=false.`,
      };
  }
}

/** Whether a TLS server is there, of whatever certificate. */
export async function speaksTls(endpoint: Endpoint, step: number): Promise<boolean> {
  const socket = connectTls({ host: hostOf(endpoint), port: endpoint.port, rejectUnauthorized: true });
  try {
    await connected(socket, 'secureConnect', step);
    return true;
  } catch (error) {
    const { code } = certificateProblem(codeOf(error), '', undefined, false);
    const certificates: readonly StoreProblemCode[] = [
      'STORE_CERTIFICATE_UNTRUSTED',
      'STORE_CERTIFICATE_EXPIRED',
      'STORE_CERTIFICATE_NOT_YET_VALID',
      'STORE_CERTIFICATE_WRONG_HOST',
    ];
    return certificates.includes(code);
  } finally {
    socket.destroy();
  }
}

function until(certificate: PeerCertificate | undefined): string {
  return certificate?.valid_to === undefined ? '' : ` (it was valid until ${certificate.valid_to})`;
}

function issuer(certificate: PeerCertificate | undefined): string {
  const { CN, O } = (certificate?.issuer ?? {}) as Partial<Record<'CN' | 'O', string>>;
  return CN ?? O ?? 'an unnamed authority';
}
