import { pop3Problem, pop3ResponseCodeOf } from '../classify-pop3-response.js';
import { asPassword } from '../credentials.js';
import type { Deadline } from '../deadline.js';
import { pop3Endpoint } from '../endpoint.js';
import { ConnectionFailure, type FailureCode } from '../failure.js';
import { openMailConnection, type MailConnection } from '../mail-connection.js';
import type { MailboxSubject, PasswordCredentials } from '../mail-port.js';
import type { Road } from '../mail-settings.js';
import { farewellMilliseconds } from '../smtp-session.js';
import type { StageRun } from '../stage-run.js';
import { Pop3Client } from './pop3-client.js';
import { Pop3Refusal } from './pop3-connection.js';

/**
 * Connects and logs in. Whoever gets the client ends it with `quit`, `endPop3Session` or `close`.
 * @throws {StageFailed}
 */
export async function openPop3Session(subject: MailboxSubject, run: StageRun, road: Road, deadline: Deadline): Promise<Pop3Client> {
  const connection = await openMailConnection(pop3Endpoint(subject.settings.connection, subject.trust), run, road, deadline);
  return run.take('AUTHENTICATION', async () => {
    const client = await begin(connection, deadline);
    try {
      await logIn(client, asPassword(subject.credentials));
      return { value: client, message: 'The server accepts user ID and password.' };
    } catch (error) {
      client.close();
      throw pop3Failure(error, 'AUTHENTICATION_FAILED');
    }
  });
}

/** Says goodbye and closes. Nothing was to be deleted. */
export async function endPop3Session(client: Pop3Client, deadline: Deadline): Promise<void> {
  // Whatever the server says to a goodbye, the connection is closed.
  if (!client.isLost && !deadline.isOver) await client.quit(farewellMilliseconds).catch(() => undefined);
  client.close();
}

/** What is told of the mailbox, without reading a message. @throws {StageFailed} */
export async function examinePop3Mailbox(client: Pop3Client, run: StageRun): Promise<void> {
  await run.take('MAILBOX', async () => {
    try {
      const { messages } = await client.stat();
      return { value: null, message: `The mailbox has ${messages === 1 ? 'one message' : `${messages} messages`}.` };
    } catch (error) {
      throw pop3Failure(error, 'MAILBOX_NOT_FOUND');
    }
  });
}

async function begin({ socket }: MailConnection, deadline: Deadline): Promise<Pop3Client> {
  try {
    return await Pop3Client.on(socket, deadline);
  } catch (error) {
    throw pop3Failure(error, 'PROTOCOL_ERROR');
  }
}

/** @throws {ConnectionFailure} AUTHENTICATION_NOT_OFFERED, without having sent anything, where the server takes no password here. */
async function logIn(client: Pop3Client, { userId, password }: PasswordCredentials): Promise<void> {
  // USER and PASS are lines; SASL carries what a line cannot.
  const fitsLines = !/[\r\n\0 ]/.test(userId) && !/[\r\n\0]/.test(password.reveal());
  if (client.capability('USER') !== null && fitsLines) return client.logIn(userId, password);
  if (client.capability('SASL')?.some((mechanism) => mechanism.toUpperCase() === 'PLAIN'))
    return client.authenticate('PLAIN', Buffer.from(`\0${userId}\0${password.reveal()}`));
  throw new ConnectionFailure('AUTHENTICATION_NOT_OFFERED');
}

/** What an error of the client comes to: the response code decides before the command does, because not every refused login is about the password (RFC 3206). */
export function pop3Failure(error: unknown, refused: FailureCode): unknown {
  if (!(error instanceof Pop3Refusal)) return error;
  return new ConnectionFailure(pop3Problem(pop3ResponseCodeOf(error.line)) ?? refused, { serverResponse: error.line });
}
