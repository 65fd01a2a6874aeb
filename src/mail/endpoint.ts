import type { ReceiverConnectionSettings, SmtpConnectionSettings, StartTls, TlsVersion } from '../domain/email-account/settings.js';
import { imapOpening, smtpOpening, type Opening } from './opening.js';

/** Where a connection goes and how it gets to TLS, whatever the protocol. */
export interface Endpoint {
  readonly opening: Opening;
  readonly host: string;
  readonly port: number;
  readonly security: 'IMPLICIT' | StartTls;
  readonly minimumTlsVersion: TlsVersion;
  readonly truststore: string | null;
}

export function smtpEndpoint({ useSmtps, startTls, ...connection }: SmtpConnectionSettings): Endpoint {
  return { ...connection, opening: smtpOpening, security: useSmtps ? 'IMPLICIT' : startTls };
}

export function imapEndpoint({ useTls, startTls, ...connection }: ReceiverConnectionSettings): Endpoint {
  return { ...connection, opening: imapOpening, security: useTls ? 'IMPLICIT' : startTls };
}
