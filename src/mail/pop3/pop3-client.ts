import type { Socket } from 'node:net';
import type { SecretValue } from '../../secret-store/secret-value.js';
import type { Deadline } from '../deadline.js';
import { identifiedMessages, linesOf, listedMessages, mailboxTotals, type IdentifiedMessage, type ListedMessage, type MailboxTotals } from './listings.js';
import { Pop3Connection, Pop3Refusal, type Expected } from './pop3-connection.js';
import { StreamedBody, WholeBody } from './response-bodies.js';

/** Lists of a mailbox with a million messages are this long. */
const longestList = 64 * 1_048_576;
const longestCapabilities = 65_536;
/** How many commands are under way where the server allows several (RFC 2449, section 6.6), unless said otherwise. */
const usualDepth = 32;

/** What came of one of several commands. */
export interface RetrievedMessage {
  readonly number: number;
  readonly message: Buffer;
}

/**
 * A POP3 session (RFC 1939) on a connected socket on which TLS is settled. What a server refuses is thrown as {@link Pop3Refusal}; every wait ends with the
 * deadline. Messages are deleted at {@link quit}: a session that is lost deletes nothing.
 */
export class Pop3Client {
  readonly #connection: Pop3Connection;
  /** By name in upper case (RFC 2449); null for a server that has none, or was not asked. */
  #capabilities: ReadonlyMap<string, readonly string[]> | null = null;
  #isStreaming = false;

  private constructor(
    socket: Socket,
    readonly deadline: Deadline,
    readonly pipelineDepth: number,
  ) {
    this.#connection = new Pop3Connection(socket);
  }

  /** Reads the greeting, which is the first thing on the socket, and what the server can do. @throws {Pop3Refusal} @throws {ConnectionFailure} */
  static async on(socket: Socket, deadline: Deadline, pipelineDepth = usualDepth): Promise<Pop3Client> {
    const client = new Pop3Client(socket, deadline, pipelineDepth);
    try {
      await deadline.within(client.#connection.expect({ command: 'greeting', body: null, answer: null }));
      await client.#readCapabilities();
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** The arguments of a capability; null where the server does not have it. A server without CAPA has USER and nothing else (RFC 2449, section 5). */
  capability(name: string): readonly string[] | null {
    if (this.#capabilities === null) return name === 'USER' ? [] : null;
    return this.#capabilities.get(name) ?? null;
  }

  /** USER and PASS. @throws {TypeError} for a user ID or password with a line break, which these commands cannot carry. */
  async logIn(userId: string, password: SecretValue): Promise<void> {
    await this.#ask(`USER ${userId}`);
    await this.#ask(`PASS ${password.reveal()}`);
    await this.#readCapabilities();
  }

  /**
   * AUTH (RFC 5034), with the response in a line of its own, as a command is limited to 255 octets and a token is longer.
   * @param response the initial response, not yet in base64.
   * @param afterRefusal what a second challenge is answered with, in which a server says why it refuses a token: then it ends the exchange (RFC 7628, section 3.2.3).
   */
  async authenticate(mechanism: string, response: Buffer, afterRefusal = ''): Promise<void> {
    const answers = [response.toString('base64'), afterRefusal];
    const challenges: string[] = [];
    const answer = (challenge: string) => {
      challenges.push(challenge);
      return answers.shift() ?? null;
    };
    try {
      await this.#ask(`AUTH ${mechanism}`, { body: null, answer });
    } catch (error) {
      throw error instanceof Pop3Refusal ? new Pop3Refusal(error.line, error.command, challenges.at(-1) ?? null) : error;
    }
    await this.#readCapabilities();
  }

  async stat(): Promise<MailboxTotals> {
    return mailboxTotals(await this.#ask('STAT'));
  }

  async list(): Promise<readonly ListedMessage[]> {
    return listedMessages(await this.#whole('LIST', longestList));
  }

  /** UIDL: by which a message is known from session to session. */
  async uniqueIds(): Promise<readonly IdentifiedMessage[]> {
    return identifiedMessages(await this.#whole('UIDL', longestList));
  }

  /** The header and so many lines of the text. */
  top(number: number, lineCount: number, maximumBytes: number): Promise<Buffer> {
    return this.#whole(`TOP ${number} ${lineCount}`, maximumBytes);
  }

  /**
   * RETR: one message, byte for byte, as it comes: memory does not grow with it. Nothing else can be asked before its end, and who stops reading before it ends the
   * session.
   */
  async *retrieve(number: number, maximumBytes: number): AsyncGenerator<Buffer, void> {
    const body = new StreamedBody(maximumBytes, () => this.#connection.resume());
    const failed: { error: Error | null } = { error: null };
    const whole = this.#send(`RETR ${number}`, { body, answer: null }).catch((error: unknown) => {
      failed.error = error instanceof Error ? error : new Error(String(error));
      body.end();
    });
    this.#isStreaming = true;
    try {
      for (;;) {
        const chunk = body.next();
        if (failed.error !== null) throw failed.error;
        if (chunk === null) break;
        if (chunk === 'later') await this.deadline.within(body.more());
        else yield chunk;
      }
      await whole;
    } finally {
      this.#isStreaming = false;
      if (body.isEnded) this.#connection.resume();
      else this.close();
    }
  }

  /** RETR for messages in this order, each as a whole. Where the server allows it several are asked for at once, and may be in memory at once. */
  retrieveAll(numbers: readonly number[], maximumBytes: number): AsyncGenerator<RetrievedMessage, void> {
    return this.#each(numbers, (number) => this.#started(`RETR ${number}`, maximumBytes));
  }

  /** TOP for messages in this order: the header and so many lines of the text of each. */
  topAll(numbers: readonly number[], lineCount: number, maximumBytes: number): AsyncGenerator<RetrievedMessage, void> {
    return this.#each(numbers, (number) => this.#started(`TOP ${number} ${lineCount}`, maximumBytes));
  }

  /** DELE. */
  async delete(number: number): Promise<void> {
    await this.#ask(`DELE ${number}`);
  }

  /** Takes all deletions of this session back. */
  async reset(): Promise<void> {
    await this.#ask('RSET');
  }

  async noop(): Promise<void> {
    await this.#ask('NOOP');
  }

  /** Ends the session and makes its deletions real. @throws {Pop3Refusal} some could not be made. */
  async quit(limitMilliseconds = this.deadline.step): Promise<void> {
    try {
      await this.deadline.within(this.#send('QUIT'), limitMilliseconds);
    } finally {
      this.#connection.close();
    }
  }

  /** Closes without a word. Nothing is deleted. */
  close(): void {
    this.#connection.close();
  }

  get isLost(): boolean {
    return this.#connection.isLost;
  }

  async *#each(numbers: readonly number[], ask: (number: number) => Promise<Buffer>): AsyncGenerator<RetrievedMessage, void> {
    const depth = this.capability('PIPELINING') === null ? 1 : this.pipelineDepth;
    const underway: { readonly number: number; readonly message: Promise<Buffer> }[] = [];
    const first = async (): Promise<RetrievedMessage | null> => {
      const next = underway.shift();
      return next ? { number: next.number, message: await this.deadline.within(next.message) } : null;
    };
    for (const number of numbers) {
      const message = ask(number);
      // Whoever stops reading early does not wait for it any more.
      message.catch(() => undefined);
      underway.push({ number, message });
      if (underway.length < depth) continue;
      const answered = await first();
      if (answered) yield answered;
    }
    for (let answered = await first(); answered; answered = await first()) yield answered;
  }

  async #readCapabilities(): Promise<void> {
    try {
      const listed = linesOf(await this.#whole('CAPA', longestCapabilities)).map((line) => line.trim().split(/\s+/));
      this.#capabilities = new Map(listed.map(([name = '', ...values]) => [name.toUpperCase(), values]));
    } catch (error) {
      if (!(error instanceof Pop3Refusal)) throw error;
      this.#capabilities = null;
    }
  }

  #ask(line: string, expected?: Omit<Expected, 'command'>): Promise<string> {
    return this.deadline.within(this.#send(line, expected));
  }

  #whole(line: string, maximumBytes: number): Promise<Buffer> {
    return this.deadline.within(this.#started(line, maximumBytes));
  }

  async #started(line: string, maximumBytes: number): Promise<Buffer> {
    const body = new WholeBody(maximumBytes);
    await this.#send(line, { body, answer: null });
    return body.bytes;
  }

  /** @throws {RangeError} while a message is being read: the answer would come after its end, and who waits for it would not read on. */
  async #send(line: string, expected?: Omit<Expected, 'command'>): Promise<string> {
    if (this.#isStreaming) throw new RangeError('A message is being read from this session. Read it to its end first.');
    return this.#connection.ask(line, expected);
  }
}
