import { passwordsIn } from './credentials.js';
import { Deadline } from './deadline.js';
import { ConnectionFailure, type FailureCode } from './failure.js';
import { failureOf } from './failure-of.js';
import { sendGraphMessage } from './graph/send-graph-message.js';
import { roadOf, type MailSettings } from './mail-settings.js';
import type { SendMail, SmtpSubject, TestMessage } from './mail-port.js';
import { shownServerText } from './server-text.js';
import { envelopeProblem, isTemporary, temporaryProblem, type SmtpReply } from './smtp-reply.js';
import { openSmtpSession, smtpFailure, type SmtpSession } from './smtp-session.js';
import { StageFailed, StageRun } from './stage-run.js';
import { composeTestMessage } from './test-message.js';

/** After these nobody knows whether the server has taken the message. */
const undecided: ReadonlySet<FailureCode> = new Set(['TIMEOUT', 'CANCELLED', 'CONNECTION_CLOSED', 'UNKNOWN']);

/** Sends through an account. A server that refuses, or cannot be reached, is a result and no exception. */
export function messageSender(settings: MailSettings): SendMail {
  const road = roadOf(settings);
  return async (sender, message, signal) => {
    const deadline = new Deadline(road.deadlineMilliseconds, signal);
    if (!isSmtp(sender)) return sendGraphMessage(sender, message, road, deadline);
    const secrets = passwordsIn(sender.credentials);
    // The stages are those of a connection test; only the one that fails is told.
    const run = new StageRun('SENDER', [], sender.settings.connection.port, secrets, () => undefined);
    try {
      const session = await openSmtpSession(sender, run, road, deadline);
      const response = await sendOver(session, sender, message);
      return {
        outcome: 'PASSED',
        code: 'OK',
        message: `The server took the message for ${message.to}.`,
        hint: null,
        serverResponse: shownServerText(response, secrets),
      };
    } catch (error) {
      const { code, message, hint, serverResponse } = error instanceof StageFailed ? error.stage : failureOf(error, secrets);
      return { outcome: 'FAILED', code, message, hint, serverResponse: shownServerText(serverResponse, secrets) };
    } finally {
      deadline.end();
    }
  };
}

function isSmtp(sender: Parameters<SendMail>[0]): sender is SmtpSubject {
  return sender.settings.kind === 'smtp';
}

async function sendOver(session: SmtpSession, { settings, credentials }: SmtpSubject, message: TestMessage): Promise<string> {
  const text = await composeTestMessage(settings, message);
  try {
    return await session.send({ from: settings.identity.emailAddress, to: [message.to], size: text.length }, text);
  } catch (error) {
    const failure = failureOf(smtpFailure(error, problemOf(error)), passwordsIn(credentials));
    throw undecided.has(failure.code) ? undecidedAfter(failure) : failure;
  } finally {
    await session.end();
  }
}

/** By the command that was refused. A refused text is the server's last word on the message as a whole. */
function problemOf(error: unknown): (reply: SmtpReply) => FailureCode {
  const { command } = Object(error) as { readonly command?: unknown };
  switch (command) {
    case 'MAIL FROM':
      return (reply) => envelopeProblem(reply, 'SENDER_REFUSED');
    case 'RCPT TO':
      return (reply) => envelopeProblem(reply, 'RECIPIENT_REFUSED');
    default:
      return (reply) => (isTemporary(reply) ? temporaryProblem(reply) : 'PERMISSION_MISSING');
  }
}

function undecidedAfter({ code, message, serverResponse }: ConnectionFailure): ConnectionFailure {
  return new ConnectionFailure(code, {
    message: `${message} It is not known whether the server took the message.`,
    hint: 'Look whether it arrived before you send it again.',
    serverResponse,
  });
}
