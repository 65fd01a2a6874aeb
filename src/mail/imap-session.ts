import { ImapFlow } from 'imapflow';
import { errorCode, socketProblem } from './classify-network-error.js';
import { imapProblem } from './classify-imap-response.js';
import type { Deadline } from './deadline.js';
import { imapEndpoint } from './endpoint.js';
import { ConnectionFailure, type FailureCode } from './failure.js';
import { openMailConnection, type MailConnection } from './mail-connection.js';
import type { MailboxSubject } from './mail-port.js';
import { noteRefusal, noTokensTaken, refusedToken, takeAccessToken } from './oauth-login.js';
import type { Road } from './mail-settings.js';
import { farewellMilliseconds } from './smtp-session.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import type { StageRun } from './stage-run.js';

/**
 * Connects and logs in. Whoever gets the client ends it with `endImapSession`.
 * @throws {StageFailed}
 */
export async function openImapSession(subject: MailboxSubject, run: StageRun, road: Road, deadline: Deadline): Promise<ImapFlow> {
  const connection = await openMailConnection(imapEndpoint(subject.settings.connection, subject.trust), run, road, deadline);
  const { credentials } = subject;
  const token = credentials.kind === 'oauth' ? await takeAccessToken(credentials, run, deadline) : null;
  return run.take('AUTHENTICATION', async () => {
    const client = clientOn(connection, subject, token, deadline);
    try {
      await deadline.within(client.connect());
      return { value: client, message: token === null ? 'The server accepts user ID and password.' : 'The server accepts the access token.' };
    } catch (error) {
      const offered = token === null ? takesPasswords(client) : takesTokens(client);
      client.close();
      const failure =
        offered || isAnswered(error) ? loginFailure(error, token) : new ConnectionFailure('AUTHENTICATION_NOT_OFFERED', token === null ? {} : noTokensTaken);
      noteRefusal(failure, credentials, token);
      throw failure;
    }
  });
}

function loginFailure(error: unknown, token: SecretValue | null): unknown {
  const failure = imapFailure(error, 'AUTHENTICATION_FAILED');
  if (token === null || !(failure instanceof ConnectionFailure) || failure.code !== 'AUTHENTICATION_FAILED') return failure;
  return new ConnectionFailure('AUTHENTICATION_FAILED', { ...refusedToken, serverResponse: failure.serverResponse });
}

/** Opens the mailbox for reading alone (EXAMINE). @throws {StageFailed} */
export async function examineMailbox(client: ImapFlow, mailbox: string, run: StageRun, deadline: Deadline): Promise<void> {
  await run.take('MAILBOX', async () => {
    try {
      const { exists } = await deadline.within(client.mailboxOpen(mailbox, { readOnly: true }));
      return { value: null, message: `The mailbox ${mailbox} has ${exists === 1 ? 'one message' : `${exists} messages`}.` };
    } catch (error) {
      throw imapFailure(error, 'MAILBOX_NOT_FOUND');
    }
  });
}

/** Says goodbye and closes. */
export async function endImapSession(client: ImapFlow, deadline: Deadline): Promise<void> {
  // Whatever the server says to a goodbye, the connection is closed.
  if (client.usable && !deadline.isOver) await deadline.within(client.logout(), farewellMilliseconds).catch(() => undefined);
  client.close();
}

function clientOn({ socket, secure }: MailConnection, { settings, credentials }: MailboxSubject, token: SecretValue | null, deadline: Deadline): ImapFlow {
  // The deadline decides how long is waited; the library's own limits must not come before it.
  const patience = deadline.milliseconds * 2;
  const client = new ImapFlow({
    host: settings.connection.host,
    port: settings.connection.port,
    secure,
    // Settled before the library takes over. It must never go looking for it: what it would find in clear text could be anybody's word.
    doSTARTTLS: false,
    transport: {
      connect(_, onConnect) {
        setImmediate(onConnect);
        return socket;
      },
    },
    auth: { user: credentials.userId, ...(credentials.kind === 'password' ? { pass: credentials.password.reveal() } : { accessToken: token?.reveal() ?? '' }) },
    clientInfo: { name: 'Postledger', vendor: 'Postledger', 'support-url': '' },
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
  });
  // A lost connection also fails the command that waits for it, and there it is told.
  client.on('error', () => client.close());
  return client;
}

function takesTokens({ capabilities }: ImapFlow): boolean {
  return capabilities.has('AUTH=OAUTHBEARER') || capabilities.has('AUTH=XOAUTH2');
}

function takesPasswords({ capabilities }: ImapFlow): boolean {
  return capabilities.has('AUTH=PLAIN') || capabilities.has('AUTH=LOGIN') || !capabilities.has('LOGINDISABLED');
}

/** Whether the server itself said something, or the connection ended, in place of the library refusing to ask. */
function isAnswered(error: unknown): boolean {
  return error instanceof ConnectionFailure || 'responseStatus' in Object(error) || socketProblem(error) !== null;
}

interface ImapError extends Error {
  readonly responseStatus?: string;
  readonly serverResponseCode?: string;
  readonly response?: unknown;
  readonly reason?: unknown;
}

/** What an error of the library comes to: the response code decides before the command does, because not every refused login is about the password (RFC 5530). */
export function imapFailure(error: unknown, refused: FailureCode): unknown {
  if (!(error instanceof Error) || error instanceof ConnectionFailure) return error;
  const { responseStatus, serverResponseCode, response, reason } = error as ImapError;
  const code = errorCode(error);
  const text = [response, reason].find((said) => typeof said === 'string') ?? null;
  const serverResponse = typeof text === 'string' ? text : null;
  if (code === 'ETHROTTLE') return new ConnectionFailure('THROTTLED', { serverResponse });
  if (responseStatus === 'NO' || responseStatus === 'BAD')
    return new ConnectionFailure(imapProblem(serverResponseCode?.toUpperCase() ?? null) ?? refused, { serverResponse });
  const problem = socketProblem(error);
  // The library gives the reason of a BYE without its code, so it is not known whether that is for now or for good.
  if (problem === 'CONNECTION_CLOSED' && serverResponse !== null) return new ConnectionFailure('SERVER_REFUSED_SESSION', { serverResponse });
  if (problem !== null) return new ConnectionFailure(problem);
  if (/^(?:Parser|Unexpected|Missing|Invalid|Line|Literal|Response|TooMany|MAX_)/.test(code)) return new ConnectionFailure('PROTOCOL_ERROR');
  return error;
}
