import type { Socket } from 'node:net';
import type { SecretValue } from '../../secret-store/secret-value.js';
import type { Deadline } from '../deadline.js';
import { Pop3Connection, Pop3Refusal, StreamedBody, WholeBody, type Expected } from './pop3-connection.js';

/** Lists of a mailbox with a million messages are this long. */
const longestList = 64 * 1_048_576;
const longestCapabilities = 65_536;
/** How many commands are under way where the server allows several. */
const pipelineDepth = 32;

export interface ListedMessage {
  /** 1 for the first; holds for this session alone. */
  readonly number: number;
  /** In bytes, as the server counts. */
  readonly size: number;
}

export interface IdentifiedMessage {
  readonly number: number;
  /** 1 to 70 printable characters that stay the same from session to session (RFC 1939, section 7). */
  readonly uniqueId: string;
}

/**
 * A POP3 session (RFC 1939) on a connected socket on which TLS is settled. What a server refuses is thrown as {@link Pop3Refusal}; every wait ends with the
 * deadline. Messages are deleted at {@link quit}: a session that is lost deletes nothing.
 */
export class Pop3Client {
  readonly #connection: Pop3Connection;
  /** By name in upper case (RFC 2449); null for a server that has none, or was not asked. */
  #capabilities: ReadonlyMap<string, readonly string[]> | null = null;

  private constructor(
    socket: Socket,
    readonly deadline: Deadline,
  ) {
    this.#connection = new Pop3Connection(socket);
  }

  /** Reads the greeting, which is the first thing on the socket, and what the server can do. @throws {Pop3Refusal} @throws {ConnectionFailure} */
  static async on(socket: Socket, deadline: Deadline): Promise<Pop3Client> {
    const client = new Pop3Client(socket, deadline);
    await deadline.within(client.#connection.expect({ command: 'greeting', body: null, answer: null }));
    await client.#readCapabilities();
    return client;
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
   */
  async authenticate(mechanism: string, response: Buffer): Promise<void> {
    // A second challenge tells why it was refused (RFC 7628, section 3.2.3): an empty answer lets the server say so.
    let isSent = false;
    const answer = () => {
      const line = isSent ? '' : response.toString('base64');
      isSent = true;
      return line;
    };
    await this.#ask(`AUTH ${mechanism}`, { body: null, answer });
    await this.#readCapabilities();
  }

  async stat(): Promise<{ readonly messages: number; readonly bytes: number }> {
    const [, messages, bytes] = /^\+OK (\d+) (\d+)/i.exec(await this.#ask('STAT')) ?? [];
    return { messages: Number(messages ?? 0), bytes: Number(bytes ?? 0) };
  }

  async list(): Promise<readonly ListedMessage[]> {
    return lines(await this.#whole('LIST', longestList)).flatMap((line) => {
      const [, number, size] = /^(\d+) (\d+)/.exec(line) ?? [];
      return number === undefined ? [] : [{ number: Number(number), size: Number(size) }];
    });
  }

  async uniqueIds(): Promise<readonly IdentifiedMessage[]> {
    return lines(await this.#whole('UIDL', longestList)).flatMap((line) => {
      const [, number, uniqueId = ''] = /^(\d+) ([\x21-\x7e]+)/.exec(line) ?? [];
      return number === undefined ? [] : [{ number: Number(number), uniqueId }];
    });
  }

  /** The header and so many lines of the text. */
  top(number: number, lineCount: number, maximumBytes: number): Promise<Buffer> {
    return this.#whole(`TOP ${number} ${lineCount}`, maximumBytes);
  }

  /** One message, byte for byte, as it comes: memory does not grow with it. Nothing else may be asked before its end. */
  async *retrieve(number: number, maximumBytes: number): AsyncGenerator<Buffer, void> {
    const body = new StreamedBody(maximumBytes, () => this.#connection.resume());
    const failed: { error: Error | null } = { error: null };
    const whole = this.#connection.ask(`RETR ${number}`, { body, answer: null }).catch((error: unknown) => {
      failed.error = error instanceof Error ? error : new Error(String(error));
      body.end();
    });
    for (;;) {
      const chunk = body.next();
      if (failed.error !== null) throw failed.error;
      if (chunk === null) break;
      if (chunk === 'later') await this.deadline.within(body.more());
      else yield chunk;
    }
    await whole;
  }

  /** Messages in this order, each as a whole, with several commands under way where the server allows it. */
  async *retrieveAll(numbers: readonly number[], maximumBytes: number): AsyncGenerator<{ readonly number: number; readonly message: Buffer }, void> {
    const depth = this.capability('PIPELINING') === null ? 1 : pipelineDepth;
    const underway: { readonly number: number; readonly message: Promise<Buffer> }[] = [];
    for (const number of numbers) {
      const message = this.#started(`RETR ${number}`, maximumBytes);
      // Whoever stops reading early does not wait for it any more.
      message.catch(() => undefined);
      underway.push({ number, message });
      if (underway.length >= depth) yield* this.#first(underway);
    }
    while (underway.length > 0) yield* this.#first(underway);
  }

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
      await this.deadline.within(this.#connection.ask('QUIT'), limitMilliseconds);
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

  async *#first(
    underway: { readonly number: number; readonly message: Promise<Buffer> }[],
  ): AsyncGenerator<{ readonly number: number; readonly message: Buffer }, void> {
    const first = underway.shift();
    if (first) yield { number: first.number, message: await this.deadline.within(first.message) };
  }

  async #readCapabilities(): Promise<void> {
    try {
      const listed = lines(await this.#whole('CAPA', longestCapabilities)).map((line) => line.trim().split(/\s+/));
      this.#capabilities = new Map(listed.map(([name = '', ...values]) => [name.toUpperCase(), values]));
    } catch (error) {
      if (!(error instanceof Pop3Refusal)) throw error;
      this.#capabilities = null;
    }
  }

  #ask(line: string, expected?: Omit<Expected, 'command'>): Promise<string> {
    return this.deadline.within(this.#connection.ask(line, expected));
  }

  #whole(line: string, maximumBytes: number): Promise<Buffer> {
    return this.deadline.within(this.#started(line, maximumBytes));
  }

  async #started(line: string, maximumBytes: number): Promise<Buffer> {
    const body = new WholeBody(maximumBytes);
    await this.#connection.ask(line, { body, answer: null });
    return body.bytes;
  }
}

function lines(body: Buffer): readonly string[] {
  return body
    .toString('latin1')
    .split('\r\n')
    .filter((line) => line !== '');
}
