import type { SmtpSenderSettings } from '../domain/email-account/settings.js';
import { ConnectionFailure } from './failure.js';
import { envelopeProblem } from './smtp-reply.js';
import type { SmtpSession } from './smtp-session.js';
import type { StageRun } from './stage-run.js';

/**
 * Asks whether the server would take a message from the account for the recipient, and takes the question back (RSET). Nothing is sent.
 * @throws {StageFailed}
 */
export async function checkEnvelope(session: SmtpSession, { identity }: SmtpSenderSettings, recipient: string, run: StageRun): Promise<void> {
  await run.take('SENDER', async () => {
    const international = [identity.emailAddress, recipient].some((address) => /[^\p{ASCII}]/u.test(address)) && session.extensions.includes('SMTPUTF8');
    const reply = await session.command(`MAIL FROM:${path(identity.emailAddress)}${international ? ' SMTPUTF8' : ''}`);
    if (reply.code !== 250) throw new ConnectionFailure(envelopeProblem(reply, 'SENDER_REFUSED'), { serverResponse: reply.text });
    return {
      value: null,
      message: `The server lets the account send from ${identity.emailAddress}${sizeInWords(session.largestMessage)}.`,
      serverResponse: reply.text,
    };
  });
  await run.take('RECIPIENT', async () => {
    const reply = await session.command(`RCPT TO:${path(recipient)}`);
    if (reply.code !== 250 && reply.code !== 251) throw new ConnectionFailure(envelopeProblem(reply, 'RECIPIENT_REFUSED'), { serverResponse: reply.text });
    await session.command('RSET');
    return { value: null, message: `The server takes mail for ${recipient}. Nothing was sent.`, serverResponse: reply.text };
  });
}

/** Binary megabytes, as servers are configured in them. */
function sizeInWords(bytes: number | null): string {
  return bytes === null ? '' : `, in messages of up to ${(bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 })} MiB`;
}

/** @throws {TypeError} for what would end the command early. Addresses were checked long before they come here. */
function path(address: string): string {
  if (/[\s<>\p{Cc}]/u.test(address)) throw new TypeError('The address cannot be put into an SMTP command.');
  return `<${address}>`;
}
