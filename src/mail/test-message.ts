import MailComposer from 'nodemailer/lib/mail-composer';
import type { SmtpSenderSettings } from '../domain/email-account/settings.js';
import type { TestMessage } from './mail-port.js';

/** Whose name a message bears. */
export interface WrittenBy {
  readonly identity: Pick<SmtpSenderSettings['identity'], 'emailAddress' | 'displayName' | 'replyTo'>;
}

/** A short text that says it is a test, as it goes over the wire (RFC 5322). It asks not to be answered by programs (RFC 3834). */
export async function composeTestMessage({ identity }: WrittenBy, { to, messageId, accountId }: TestMessage): Promise<Buffer> {
  const { emailAddress, displayName, replyTo } = identity;
  const composer = new MailComposer({
    from: { name: displayName ?? '', address: emailAddress },
    ...(replyTo === null ? {} : { replyTo: { name: '', address: replyTo } }),
    to: { name: '', address: to },
    subject: `Test of the email account ${accountId}`,
    messageId,
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: [
      `This is a test message of the email account ${accountId}, sent by Postledger.`,
      'Somebody wanted to see whether mail of this account arrives. It does.',
      'There is nothing to do, and nothing to answer.',
      '',
    ].join('\n'),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}
