import type { ConnectionTestStage } from '../../src/domain/email-account/connection-test.js';
import type { TlsVersion } from '../../src/domain/email-account/settings.js';
import type { MailboxSubject, SmtpSubject } from '../../src/mail/mail-port.js';
import type { MailSettings } from '../../src/mail/mail-settings.js';
import { loopback, receiver, sender, stagesOf, type Security } from './accounts.js';
import { certificateAuthority } from './lab/certificate-authority.js';
import { imapServer, pop3Server, smtpServer } from './lab/fake-server.js';

const authority = certificateAuthority('Test CA');
const day = 24 * 3_600_000;
const identity = (names: readonly string[], validity?: Parameters<typeof authority.issue>[1]) => {
  const { certificate, key } = authority.issue(names, validity);
  return { cert: certificate, key };
};
export const good = identity(['127.0.0.1', 'localhost']);
export const expired = identity(['127.0.0.1'], { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) });
export const notYetValid = identity(['127.0.0.1'], { notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 2 * day) });
export const wrongHost = identity(['other.example']);
const stranger = certificateAuthority('Strange CA').issue(['127.0.0.1']);
export const untrusted = { cert: stranger.certificate, key: stranger.key };
export const upTo11 = { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
export const only12 = { ...good, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
/** Enough for a machine under load; servers that are silent on purpose cost a fraction of it each. */
export const settings: MailSettings = { ...loopback, additionalRoots: [authority.certificate], deadlineMilliseconds: 15_000 };
export const hurried: MailSettings = { ...settings, deadlineMilliseconds: 1_600 };
export const impatient: MailSettings = { ...settings, deadlineMilliseconds: 1_200 };

export type Protocol = 'smtp' | 'imap' | 'pop3';

export function test(
  protocol: Protocol,
  port: number,
  security: Security,
  minimumTlsVersion: TlsVersion = 'TLS_1_2',
  mail = settings,
): Promise<readonly ConnectionTestStage[]> {
  const account = { port, security, minimumTlsVersion };
  return stagesOf(subjectOf(protocol, account), mail);
}

/** An account of the protocol alone. */
export function subjectOf(protocol: Protocol, account: Parameters<typeof sender>[0]): { readonly sender: SmtpSubject } | { readonly receiver: MailboxSubject } {
  return protocol === 'smtp' ? { sender: sender(account) } : { receiver: receiver({ ...account, kind: protocol }) };
}

export const protocols = ['smtp', 'imap', 'pop3'] as const;
export const servers = { smtp: smtpServer, imap: imapServer, pop3: pop3Server } as const;
/** How a server offers STARTTLS. */
export const startTlsOffer = { smtp: 'STARTTLS', imap: 'STARTTLS', pop3: 'STLS' } as const;
/** How a server lets people in by password, beside what its protocol has anyway. */
export const passwordOffers = { smtp: ['AUTH PLAIN LOGIN'], imap: [], pop3: ['USER'] } as const;
