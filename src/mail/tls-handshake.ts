import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import type { TlsSession } from '../domain/email-account/connection-test.js';
import { certificatesOf, withoutOwnRoot } from './certificate-chain.js';
import { isUntrusted } from './classify-tls-error.js';
import type { Deadline } from './deadline.js';

export interface SecuredSocket {
  readonly socket: TLSSocket;
  readonly session: TlsSession;
}

/** A handshake that did not come to a trusted connection; `seen` is what it came to before the certificate was judged. */
export class HandshakeFailed extends Error {
  override readonly name = 'HandshakeFailed';
  constructor(
    override readonly cause: unknown,
    readonly seen: TlsSession | null,
  ) {
    super('The TLS handshake failed.', { cause });
  }
}

/**
 * Turns a connected socket into a TLS one. The certificate is always verified, for the host that the account names and not for the address that is connected to.
 * Not one byte of the mail protocol is sent before it was.
 * @throws {HandshakeFailed} with the chain, also of a server that is not trusted. @throws {ConnectionFailure} TIMEOUT, CANCELLED
 */
export async function secure(
  raw: Socket,
  host: string,
  secureContext: SecureContext,
  deadline: Deadline,
  limitMilliseconds = deadline.step,
): Promise<SecuredSocket> {
  const handshake: { seen: TlsSession | null } = { seen: null };
  const socket = deadline.keep(
    connect({
      socket: raw,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      secureContext,
      // Said here because it is stronger than an environment that switches verification off.
      rejectUnauthorized: true,
    }),
  );
  // The handshake is complete and the verdict not yet spoken: the last moment at which the chain of an untrusted server can be read.
  socket.prependListener('secure', () => {
    handshake.seen = sessionOf(socket);
  });
  const secured = new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('The connection was closed during the handshake.'), { code: 'ECONNRESET' })));
  });
  try {
    await deadline.within(
      secured.catch((error: unknown) => {
        const { seen } = handshake;
        throw new HandshakeFailed(error, seen && !isUntrusted(error) ? { ...seen, certificates: withoutOwnRoot(seen.certificates) } : seen);
      }),
      limitMilliseconds,
    );
    const { version, cipher, certificates } = handshake.seen ?? sessionOf(socket);
    return { socket, session: { version, cipher, trusted: true, certificates: withoutOwnRoot(certificates) } };
  } catch (error) {
    socket.destroy();
    raw.destroy();
    throw error;
  }
}

function sessionOf(socket: TLSSocket): TlsSession {
  return { version: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name, trusted: false, certificates: certificatesOf(socket) };
}
