import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SMTPConnectionCustomAuthContext, SMTPEnvelope } from 'nodemailer/lib/smtp-connection';
import type { SecretValue } from '../secret-store/secret-value.js';
import { socketProblem } from './classify-network-error.js';
import { clientName } from './client-name.js';
import type { Deadline } from './deadline.js';
import { smtpEndpoint } from './endpoint.js';
import { ConnectionFailure, type FailureCode } from './failure.js';
import { challengeReason, noteRefusal, noTokensTaken, refusedToken, takeAccessToken, tokenMechanism, tokenResponseOf } from './oauth-login.js';
import { openMailConnection, type MailConnection } from './mail-connection.js';
import type { SmtpSubject } from './mail-port.js';
import type { Road } from './mail-settings.js';
import { authenticationProblem, type SmtpReply } from './smtp-reply.js';
import type { StageRun } from './stage-run.js';

/** The library's way to hand a dialogue to somebody else is a method of authentication that it does not know itself; this one only lends its commands. */
const lendCommands = 'POSTLEDGER-COMMANDS';

/** How long a server is given to answer QUIT or LOGOUT; it is asked out of politeness. */
export const farewellMilliseconds = 500;

/** A logged-in SMTP session, for a test and for a message alike. */
export class SmtpSession {
  readonly #connection: SMTPConnection;
  readonly #lost: Promise<never>;
  #lent: ((context: SMTPConnectionCustomAuthContext) => void) | null = null;

  constructor(
    { socket, secure }: MailConnection,
    subject: SmtpSubject,
    readonly deadline: Deadline,
  ) {
    const { host, port } = subject.settings.connection;
    // The deadline decides how long is waited; the library's own limits must not come before it.
    const patience = deadline.milliseconds * 2;
    this.#connection = new SMTPConnection({
      connection: socket,
      host,
      port,
      secure,
      secured: secure,
      ignoreTLS: true,
      name: clientName(socket),
      logger: false,
      connectionTimeout: patience,
      greetingTimeout: patience,
      socketTimeout: patience,
      customAuth: { [lendCommands]: (context) => this.#lent?.(context) },
    });
    this.#lost = new Promise((_, reject) => {
      this.#connection.on('error', reject);
      this.#connection.on('end', () => reject(new ConnectionFailure('CONNECTION_CLOSED')));
    });
    // It rejects at the end of every session, and whoever waits for a reply just then hears of it.
    this.#lost.catch(() => undefined);
  }

  /** The EHLO of the session. */
  async begin(): Promise<void> {
    await this.#reply<void>((done) => this.#connection.connect((error) => done(error ?? null, undefined)));
  }

  /** @throws {ConnectionFailure} AUTHENTICATION_NOT_OFFERED, without having sent anything, where the server takes no password here. */
  async logIn(user: string, password: SecretValue): Promise<void> {
    const { authMethods } = this.#commands();
    if (!authMethods.some((method) => method === 'PLAIN' || method === 'LOGIN' || method === 'CRAM-MD5'))
      throw new ConnectionFailure('AUTHENTICATION_NOT_OFFERED');
    await this.#reply((done) => this.#connection.login({ user, pass: password.reveal() }, done));
  }

  /**
   * By SASL (RFC 4954, 7628), in a dialogue of our own: the library would ask for new tokens by itself.
   * @throws {ConnectionFailure} AUTHENTICATION_NOT_OFFERED, without having sent anything, where the server takes no token here.
   */
  async logInWithToken(userId: string, token: SecretValue, server: { readonly host: string; readonly port: number }): Promise<void> {
    const mechanism = tokenMechanism(this.#commands().authMethods);
    if (mechanism === null) throw new ConnectionFailure('AUTHENTICATION_NOT_OFFERED', noTokensTaken);
    const response = Buffer.from(tokenResponseOf(mechanism, userId, token, server)).toString('base64');
    const first = await this.command(`AUTH ${mechanism} ${response}`);
    // A challenge tells why it was refused; it has to be answered before the server says so by its code.
    const reply = first.code === 334 ? await this.command(mechanism === 'XOAUTH2' ? '' : 'AQ==') : first;
    if (first.code === 235) return;
    const reason = challengeReason(first.text.replace(/^334[ -]?/, ''));
    const code = authenticationProblem(reply);
    throw new ConnectionFailure(code, {
      ...(code === 'AUTHENTICATION_FAILED' ? refusedToken : {}),
      serverResponse: reason === null ? reply.text : `${reply.text} (${reason})`,
    });
  }

  /** One command and its reply, whatever that is. */
  async command(line: string): Promise<SmtpReply> {
    const { status, response } = await this.#wait(this.#commands().sendCommand(line));
    return { code: status, text: response };
  }

  get extensions(): readonly string[] {
    return this.#commands().extensions;
  }

  /** In bytes, as the server announced it (RFC 1870); null where it names no limit. */
  get largestMessage(): number | null {
    const { maxAllowedSize } = this.#commands();
    return typeof maxAllowedSize === 'number' && maxAllowedSize > 0 ? maxAllowedSize : null;
  }

  /** Sends a message. Answers what the server said to it; throws what the library throws. */
  async send(envelope: SMTPEnvelope, message: Buffer): Promise<string> {
    const { response } = await this.#reply<{ response: string }>((done) => this.#connection.send(envelope, message, done));
    return response;
  }

  /** Says goodbye and closes. */
  async end(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#connection.once('end', resolve));
    if (!this.#connection.destroyed && !this.deadline.isOver) {
      this.#connection.quit();
      await Promise.race([this.deadline.within(closed, farewellMilliseconds), this.#lost]).catch(() => undefined);
    }
    this.#connection.close();
  }

  #commands(): SMTPConnectionCustomAuthContext {
    let lent: SMTPConnectionCustomAuthContext | null = null;
    this.#lent = (context) => (lent = context);
    this.#connection.login({ method: lendCommands }, () => undefined);
    if (lent === null) throw new ConnectionFailure('CONNECTION_CLOSED');
    return lent;
  }

  #reply<Result>(ask: (done: (error: Error | null, result?: Result) => void) => void): Promise<Result> {
    return this.#wait(new Promise<Result>((resolve, reject) => ask((error, result) => (error ? reject(error) : resolve(result as Result)))));
  }

  #wait<Result>(work: Promise<Result>): Promise<Result> {
    return this.deadline.within(Promise.race([work, this.#lost]));
  }
}

/**
 * Connects and logs in. The session begins in the AUTHENTICATION stage, which is skipped for an account without a password.
 * @throws {StageFailed}
 */
export async function openSmtpSession(subject: SmtpSubject, run: StageRun, road: Road, deadline: Deadline): Promise<SmtpSession> {
  const connection = await openMailConnection(smtpEndpoint(subject.settings.connection, subject.trust), run, road, deadline);
  const { credentials } = subject;
  const token = credentials?.kind === 'oauth' ? await takeAccessToken(credentials, run, deadline) : null;
  return run.take('AUTHENTICATION', async () => {
    const session = new SmtpSession(connection, subject, deadline);
    try {
      await session.begin();
      if (credentials === null) return { value: session, outcome: 'SKIPPED', message: 'The account has no password: it sends without logging in.' };
      if (credentials.kind === 'password') {
        await session.logIn(credentials.userId, credentials.password);
        return { value: session, message: 'The server accepts user ID and password.' };
      }
      if (token !== null) await session.logInWithToken(credentials.userId, token, subject.settings.connection);
      return { value: session, message: 'The server accepts the access token.' };
    } catch (error) {
      await session.end();
      const failure = smtpFailure(error, authenticationProblem);
      noteRefusal(failure, credentials, token);
      throw failure;
    }
  });
}

/** What an error of the library comes to: the server's reply decides, where there is one. */
export function smtpFailure(error: unknown, problemOf: (reply: SmtpReply) => FailureCode): unknown {
  if (!(error instanceof Error) || error instanceof ConnectionFailure) return error;
  const { code, response, responseCode } = error as Error & { readonly code?: string; readonly response?: string; readonly responseCode?: number };
  if (typeof responseCode === 'number' && responseCode >= 400 && typeof response === 'string')
    return new ConnectionFailure(problemOf({ code: responseCode, text: response }), { serverResponse: response });
  if (code === 'EPROTOCOL' || typeof response === 'string') return new ConnectionFailure('PROTOCOL_ERROR', { serverResponse: response ?? null });
  if (code === 'EAUTH') return new ConnectionFailure('AUTHENTICATION_FAILED');
  const problem = socketProblem(error);
  return problem === null ? error : new ConnectionFailure(problem);
}
