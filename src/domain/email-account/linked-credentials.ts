import { providersOfHost } from '../provider/catalogue.js';
import { receiverEndpoint } from './endpoint.js';
import type { MailboxReceiverSettings, SecretReference, SmtpSenderSettings } from './settings.js';

/**
 * Whether the sender's stored password may go to a receiver that uses the sender's credentials: it was entered for that endpoint as well, or the receiver is the same
 * server, or both servers belong to one provider of the catalogue — and the connection is one on which nobody else can read or answer (TLS is certain, CAs are the same).
 * Anything else would let whoever may edit an account send its password to a server of their own.
 */
export function mayUseSenderPassword(password: SecretReference, sender: SmtpSenderSettings, receiver: MailboxReceiverSettings): boolean {
  if (password.boundTo.includes(receiverEndpoint(receiver))) return true;
  const { host, useTls, startTls, truststore } = receiver.connection;
  const encrypted = useTls || startTls === 'REQUIRED';
  const senderEncrypted = sender.connection.useSmtps || sender.connection.startTls === 'REQUIRED';
  const sameServer = host === sender.connection.host;
  const sameProvider = providersOfHost(host).some((provider) => providersOfHost(sender.connection.host).includes(provider));
  return (
    (sameServer || sameProvider) && (encrypted || (sameServer && !senderEncrypted)) && (truststore === null || truststore === sender.connection.truststore)
  );
}
