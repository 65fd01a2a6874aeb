import type { SecretValue } from '../../secret-store/secret-value.js';
import { pop3LoginProblem, pop3Problem, pop3ResponseCodeOf } from '../classify-pop3-response.js';
import type { Deadline } from '../deadline.js';
import { pop3Endpoint } from '../endpoint.js';
import { ConnectionFailure, type FailureCode } from '../failure.js';
import { openMailConnection, type MailConnection } from '../mail-connection.js';
import type { MailboxSubject, PasswordCredentials } from '../mail-port.js';
import { challengeReason, noteRefusal, noTokensTaken, refusedToken, takeAccessToken, tokenMechanism, tokenResponseOf } from '../oauth-login.js';
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
  const { credentials } = subject;
  const token = credentials.kind === 'oauth' ? await takeAccessToken(credentials, run, deadline) : null;
  return run.take('AUTHENTICATION', async () => {
    const client = await begin(connection, deadline);
    try {
      if (credentials.kind === 'password') await logIn(client, credentials);
      else if (token !== null) await logInWithToken(client, credentials.userId, token, subject.settings.connection);
      return { value: client, message: `The server accepts ${token === null ? 'user ID and password' : 'the access token'}.` };
    } catch (error) {
      client.close();
      const failure = error instanceof Pop3Refusal ? refusal(error, pop3LoginProblem(error.line, error.command)) : error;
      noteRefusal(failure, credentials, token);
      const isTokenRefused = error instanceof Pop3Refusal && failure instanceof ConnectionFailure && failure.code === 'AUTHENTICATION_FAILED' && token !== null;
      throw isTokenRefused ? tokenRefusal(error) : failure;
    }
  });
}

/** @throws {ConnectionFailure} AUTHENTICATION_NOT_OFFERED, without having sent anything, where the server takes no token here. */
async function logInWithToken(client: Pop3Client, userId: string, token: SecretValue, server: { readonly host: string; readonly port: number }): Promise<void> {
  const mechanism = tokenMechanism(client.capability('SASL') ?? []);
  if (mechanism === null) throw new ConnectionFailure('AUTHENTICATION_NOT_OFFERED', noTokensTaken);
  // RFC 7628, section 3.2.3: a refusal is acknowledged by a control-A; XOAUTH2 wants an empty line.
  await client.authenticate(mechanism, Buffer.from(tokenResponseOf(mechanism, userId, token, server)), mechanism === 'XOAUTH2' ? '' : 'AQ==');
}

function tokenRefusal({ line, challenge }: Pop3Refusal): ConnectionFailure {
  const reason = challengeReason(challenge ?? '');
  return new ConnectionFailure('AUTHENTICATION_FAILED', { ...refusedToken, serverResponse: reason === null ? line : `${line} (${reason})` });
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
      throw error instanceof Pop3Refusal && pop3Problem(error.line) === null
        ? new ConnectionFailure('MAILBOX_NOT_FOUND', closedMailbox(error))
        : pop3Failure(error, 'MAILBOX_NOT_FOUND');
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

/**
 * By USER and PASS, which every server has that takes passwords, or by SASL where these cannot carry the login (RFC 6856, section 2.2, wants it for what is not ASCII).
 * @throws {ConnectionFailure} AUTHENTICATION_NOT_OFFERED, without having sent anything, where the server takes no password here.
 */
async function logIn(client: Pop3Client, { userId, password }: PasswordCredentials): Promise<void> {
  const login = `${userId}${password.reveal()}`;
  const hasPlain = client.capability('SASL')?.some((mechanism) => mechanism.toUpperCase() === 'PLAIN') ?? false;
  const hasUser = client.capability('USER') !== null;
  if (!hasPlain && !hasUser) throw new ConnectionFailure('AUTHENTICATION_NOT_OFFERED');
  if (login.includes('\0') || (!hasPlain && /[\r\n]/.test(login))) throw new ConnectionFailure('AUTHENTICATION_FAILED', uncarried);
  const isPlainBetter = / /.test(userId) || /[^\x20-\x7e]/.test(login);
  if (hasPlain && (isPlainBetter || !hasUser)) return client.authenticate('PLAIN', Buffer.from(`\0${userId}\0${password.reveal()}`), '*');
  return client.logIn(userId, password);
}

const uncarried = { message: 'The user ID or the password holds a control character, which POP3 cannot carry. Neither was sent.', hint: 'Enter both again.' };

/** What an error of the client comes to: the response code decides before the command does, because not every refusal is about what was asked (RFC 3206). */
export function pop3Failure(error: unknown, refused: FailureCode): unknown {
  return error instanceof Pop3Refusal ? refusal(error, pop3Problem(error.line) ?? refused) : error;
}

function refusal({ line }: Pop3Refusal, code: FailureCode): ConnectionFailure {
  const serverResponse = line;
  switch (pop3ResponseCodeOf(line)) {
    case 'IN-USE':
      return new ConnectionFailure(code, {
        message: 'Another session has the mailbox open, and this server lets one in at a time. This says nothing about user ID and password.',
        hint: 'Wait until the other session has ended. If it stays so, find out which other program reads this mailbox by POP3.',
        serverResponse,
      });
    case 'LOGIN-DELAY':
      return new ConnectionFailure(code, { message: 'The server wants more time between two logins to this mailbox.', serverResponse });
    case null:
    default:
      return new ConnectionFailure(code, { serverResponse });
  }
}

function closedMailbox({ line }: Pop3Refusal) {
  return {
    message: 'The server lets the user in and does not open the mailbox.',
    hint: "Its response says why, if it does. Ask the server's operator.",
    serverResponse: line,
  };
}
