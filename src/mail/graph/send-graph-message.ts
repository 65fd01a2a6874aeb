import type { Deadline } from '../deadline.js';
import { failureOf } from '../failure-of.js';
import type { GraphSenderSubject, SendingResult, TestMessage } from '../mail-port.js';
import type { Road } from '../mail-settings.js';
import { shownServerText } from '../server-text.js';
import { composeTestMessage } from '../test-message.js';
import { graphClientFor } from './graph-way.js';
import { sendMail } from './send-mail.js';

/** Sends through an account, and ends the deadline. What Graph refuses is a result and no exception. */
export async function sendGraphMessage(sender: GraphSenderSubject, message: TestMessage, road: Road, deadline: Deadline): Promise<SendingResult> {
  const { userPrincipalName, replyTo } = sender.settings.identity;
  try {
    const mime = await composeTestMessage({ identity: { emailAddress: userPrincipalName, displayName: null, replyTo } }, message);
    const { status, requestId } = await sendMail(graphClientFor(sender, road, deadline), { mime, attachments: [] }, deadline.signal);
    return {
      outcome: 'PASSED',
      code: 'OK',
      message: `Microsoft Graph took the message for ${message.to}.`,
      hint: null,
      serverResponse: shownServerText(`${status}${requestId === null ? '' : ` (request-id ${requestId})`}`, []),
    };
  } catch (error) {
    const { code, message: why, hint, serverResponse } = failureOf(error, []);
    return { outcome: 'FAILED', code, message: why, hint, serverResponse: shownServerText(serverResponse, []) };
  } finally {
    deadline.end();
  }
}
