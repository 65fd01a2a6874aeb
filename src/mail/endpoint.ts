import type { ReceiverConnectionSettings, SmtpConnectionSettings, StartTls, TlsVersion } from '../domain/email-account/settings.js';
import type { TrustedRoots } from './mail-port.js';
import { imapOpening, pop3Opening, smtpOpening, type Opening } from './opening.js';

/** Where a connection goes and how it gets to TLS, whatever the protocol. */
export interface Endpoint {
  readonly opening: Opening;
  readonly host: string;
  readonly port: number;
  readonly security: 'IMPLICIT' | StartTls;
  readonly minimumTlsVersion: TlsVersion;
  readonly truststore: string | null;
  /** What the truststore holds; null where none is named, or there is none of the name. */
  readonly trust: TrustedRoots | null;
}

export function smtpEndpoint({ useSmtps, startTls, ...connection }: SmtpConnectionSettings, trust: TrustedRoots | null): Endpoint {
  return { ...connection, trust, opening: smtpOpening, security: useSmtps ? 'IMPLICIT' : startTls };
}

export function imapEndpoint({ useTls, startTls, ...connection }: ReceiverConnectionSettings, trust: TrustedRoots | null): Endpoint {
  return { ...connection, trust, opening: imapOpening, security: useTls ? 'IMPLICIT' : startTls };
}

export function pop3Endpoint({ useTls, startTls, ...connection }: ReceiverConnectionSettings, trust: TrustedRoots | null): Endpoint {
  return { ...connection, trust, opening: pop3Opening, security: useTls ? 'IMPLICIT' : startTls };
}
