import type { MailboxReceiverSettings, ReceiverConnectionSettings, SmtpConnectionSettings } from './settings.js';

/**
 * What a stored password is bound to: protocol, host, port, TLS mode and truststore in one canonical text, e.g. `smtp://mail.example.com:587?tls=required&truststore=plant-7`.
 * A change of any of them makes it another endpoint. The TLS floor is no part of it.
 */
export type Endpoint = string;

export function senderEndpoint(connection: SmtpConnectionSettings): Endpoint {
  return endpoint('smtp', connection, connection.useSmtps ? 'implicit' : connection.startTls.toLowerCase());
}

export function receiverEndpoint(receiver: MailboxReceiverSettings): Endpoint {
  return endpoint(receiver.kind, receiver.connection, receiver.connection.useTls ? 'implicit' : receiver.connection.startTls.toLowerCase());
}

function endpoint(
  protocol: string,
  connection: Pick<SmtpConnectionSettings | ReceiverConnectionSettings, 'host' | 'port' | 'truststore'>,
  tls: string,
): Endpoint {
  const host = connection.host.includes(':') ? `[${connection.host}]` : connection.host;
  return `${protocol}://${host.toLowerCase()}:${connection.port}?tls=${tls}${connection.truststore === null ? '' : `&truststore=${connection.truststore.toLowerCase()}`}`;
}
