import type { Socket } from 'node:net';
import { socketProblem } from './classify-network-error.js';
import { ConnectionFailure } from './failure.js';

/** RFC 5321, section 4.5.3.1.5, allows 512 octets a line; a greeting with all capabilities of an IMAP server is longer. */
const longestLine = 8_192;
const longestInAll = 65_536;

/** Speaks to a server line by line, before a library takes the socket over. */
export class Conversation {
  #received = Buffer.alloc(0);
  #problem: Error | null = null;
  #wake: () => void = () => undefined;
  readonly #onData = (data: Buffer) => {
    this.#received = Buffer.concat([this.#received, data]);
    this.#wake();
  };
  readonly #onError = (error: Error) => this.#end(error);
  readonly #onEnd = () => this.#end(Object.assign(new Error('The server closed the connection.'), { code: 'ECONNRESET' }));

  constructor(readonly socket: Socket) {
    if (socket.errored) this.#problem = socket.errored;
    else if (socket.destroyed) this.#onEnd();
    socket.on('data', this.#onData).on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onEnd);
  }

  /**
   * The next line, without its end; invalid UTF-8 is replaced.
   * @throws {ConnectionFailure} CONNECTION_CLOSED, PROTOCOL_ERROR, and what else a socket can come to.
   */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf('\n');
      if (end >= 0 && end <= longestLine) {
        const line = this.#received.subarray(0, end).toString('utf8').replace(/\r$/, '');
        this.#received = this.#received.subarray(end + 1);
        return line;
      }
      const text = this.#received.toString('utf8');
      if (this.#received.length > longestLine)
        throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'The server sends a line without end.', serverResponse: text });
      if (this.#problem !== null)
        throw new ConnectionFailure(socketProblem(this.#problem) ?? 'CONNECTION_CLOSED', { serverResponse: text === '' ? null : text });
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Lines up to the first that ends the reply. @throws {ConnectionFailure} as `line` does. */
  async linesUntil(isLast: (line: string) => boolean): Promise<readonly string[]> {
    const lines: string[] = [];
    let length = 0;
    for (;;) {
      const line = await this.line();
      lines.push(line);
      length += line.length;
      if (isLast(line)) return lines;
      if (length > longestInAll)
        throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'The server sends a reply without end.', serverResponse: lines[0] ?? null });
    }
  }

  send(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  /** Stops listening, and answers what came and was not read. */
  release(): Buffer {
    this.socket.off('data', this.#onData).off('error', this.#onError).off('end', this.#onEnd).off('close', this.#onEnd);
    this.socket.pause();
    return this.#received;
  }

  #end(problem: Error): void {
    this.#problem ??= problem;
    this.#wake();
  }
}
