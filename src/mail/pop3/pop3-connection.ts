import type { Socket } from 'node:net';
import { socketProblem } from '../classify-network-error.js';
import { ConnectionFailure } from '../failure.js';
import { BodyDecoder } from './body-decoder.js';
import type { BodyTaker } from './response-bodies.js';

/** RFC 2449, section 4, allows 512 octets; what servers say of a token that they refuse is longer. */
const longestLine = 8_192;

/** The server said -ERR. */
export class Pop3Refusal extends Error {
  override readonly name = 'Pop3Refusal';
  constructor(
    /** The whole line. */
    readonly line: string,
    /** The verb alone: its arguments may be secret. */
    readonly command: string,
    /** What the server told before, in a challenge (RFC 7628, section 3.2.2). */
    readonly challenge: string | null = null,
  ) {
    super(`The server refused ${command}.`);
  }
}

/** How a response is read. */
export interface Expected {
  readonly command: string;
  /** What takes a multi-line response, chunk by chunk; null where the response is one line. */
  readonly body: BodyTaker | null;
  /** What to answer to a continuation (RFC 5034, section 4), null to one too many; null where none may come. */
  readonly answer: ((challenge: string) => string | null) | null;
}

interface Waiting extends Expected {
  resolve(line: string): void;
  reject(error: Error): void;
  bytes: number;
}

/** Responses in the order of their commands, of which several may be under way (RFC 2449, section 6.6). Bytes are taken as they come, however they are cut. */
export class Pop3Connection {
  readonly #waiting: Waiting[] = [];
  #line = Buffer.alloc(0);
  #decoder: BodyDecoder | null = null;
  #lost: Error | null = null;

  constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => this.#read(bytes));
    socket.on('error', (error) => this.#lose(error));
    const closed = () => this.#lose(new ConnectionFailure('CONNECTION_CLOSED'));
    socket.on('end', closed).on('close', closed);
    if (socket.destroyed) closed();
    socket.resume();
  }

  /** The greeting, or whatever else comes unasked. */
  expect(expected: Expected): Promise<string> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => this.#waiting.push({ ...expected, resolve, reject, bytes: 0 }));
  }

  /**
   * Sends a command; answers the status line once it came, with the body if there is one.
   * @throws {Pop3Refusal} @throws {ConnectionFailure} CONNECTION_CLOSED, PROTOCOL_ERROR @throws {TypeError} for what would end the command early.
   */
  ask(line: string, expected: Omit<Expected, 'command'> = { body: null, answer: null }): Promise<string> {
    if (/[\r\n\0]/.test(line)) throw new TypeError('A POP3 command cannot hold a line break.');
    const response = this.expect({ ...expected, command: line.split(' ')[0] ?? '' });
    if (!this.#lost) this.socket.write(`${line}\r\n`);
    return response;
  }

  resume(): void {
    this.socket.resume();
  }

  close(): void {
    this.#lose(new ConnectionFailure('CONNECTION_CLOSED'));
    this.socket.destroy();
  }

  get isLost(): boolean {
    return this.#lost !== null;
  }

  #read(bytes: Buffer): void {
    let rest: Buffer | null = bytes;
    while (rest !== null && rest.length > 0 && !this.#lost) rest = this.#decoder ? this.#readBody(this.#decoder, rest) : this.#readLine(rest);
  }

  #readLine(bytes: Buffer): Buffer | null {
    const end = bytes.indexOf('\n');
    this.#line = Buffer.concat([this.#line, end < 0 ? bytes : bytes.subarray(0, end)]);
    if (this.#line.length > longestLine) {
      this.#break('The server sends a line without end.', this.#line.toString('utf8'));
      return null;
    }
    if (end < 0) return null;
    const line = this.#line.toString('utf8').replace(/\r$/, '');
    this.#line = Buffer.alloc(0);
    this.#respond(line);
    return bytes.subarray(end + 1);
  }

  #respond(line: string): void {
    const [first] = this.#waiting;
    if (!first) return this.#break('The server says something that nobody asked for.', line);
    if (/^\+OK\b/i.test(line)) {
      if (first.body) {
        this.#decoder = new BodyDecoder();
        return;
      }
      this.#waiting.shift();
      first.resolve(line);
    } else if (/^-ERR\b/i.test(line)) {
      this.#waiting.shift();
      first.reject(new Pop3Refusal(line, first.command));
    } else {
      const answer = /^\+(?: |$)/.test(line) ? (first.answer?.(line.slice(2)) ?? null) : null;
      if (answer === null) this.#break('What answers does not speak POP3.', line);
      else this.socket.write(`${answer}\r\n`);
    }
  }

  #readBody(decoder: BodyDecoder, bytes: Buffer): Buffer | null {
    const [first] = this.#waiting;
    if (!first?.body) return null;
    const { chunks, rest } = decoder.push(bytes);
    for (const chunk of chunks) {
      first.bytes += chunk.length;
      if (first.bytes > first.body.maximumBytes) {
        this.#break(`What the server sends is larger than ${first.body.maximumBytes.toLocaleString('en')} bytes.`, null);
        return null;
      }
      if (!first.body.take(chunk)) this.socket.pause();
    }
    if (rest === null) return null;
    this.#decoder = null;
    this.#waiting.shift();
    first.body.end();
    first.resolve('+OK');
    return rest;
  }

  #break(message: string, serverResponse: string | null): void {
    this.#lose(new ConnectionFailure('PROTOCOL_ERROR', { message, serverResponse }));
    this.socket.destroy();
  }

  #lose(error: Error): void {
    if (this.#lost) return;
    this.#lost = error instanceof ConnectionFailure ? error : new ConnectionFailure(socketProblem(error) ?? 'CONNECTION_CLOSED');
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#lost);
  }
}
