import type { Problems } from '../email-account/problems.js';
import { checkHost, checkPort } from '../text/host.js';

/** How a server gets to TLS. */
export type ServerTls = 'TLS' | 'SMTP_STARTTLS' | 'IMAP_STARTTLS' | 'POP3_STLS';

/** A server that shows its certificates to whoever asks. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: ServerTls;
}

/** As somebody wrote it, which may be no such server. */
export interface WrittenServer {
  readonly host: string;
  readonly port: number;
  readonly security: ServerTls | 'NONE';
}

/** The server as it is connected to; null with what is wrong with it in `problems`. */
export function checkedServer({ host, port, security }: WrittenServer, problems: Problems): MailServer | null {
  const [checkedHost, checkedPort] = [checkHost(host), checkPort(port)];
  problems.take(checkedHost, ['host'], '');
  problems.take(checkedPort, ['port'], 0);
  if (security === 'NONE') problems.add('CONTRADICTION', 'Without TLS a server shows no certificate. Say how the connection gets to TLS.', ['security']);
  return checkedHost.ok && checkedPort.ok && security !== 'NONE' ? { host: checkedHost.value, port: checkedPort.value, security } : null;
}

/** For people: `mail.example.com:143 (IMAP_STARTTLS)`. */
export function serverInWords({ host, port, security }: MailServer): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port} (${security})`;
}
