import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** A mail server spoken to with nothing in between: what a client is measured against. Over TLS from the start. */
export class RawDialogue {
  /** The end of what was said: answers end with their last line. */
  #tail = '';
  #wake: (() => void) | null = null;

  private constructor(readonly socket: TLSSocket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#tail = (this.#tail + text).slice(-1_000);
      this.#wake?.();
    });
    socket.on('close', () => this.#wake?.());
  }

  static async open(port: number, authority: string): Promise<RawDialogue> {
    const socket = connect({ host: '127.0.0.1', port, ca: [authority], minVersion: 'TLSv1.2' });
    const dialogue = new RawDialogue(socket);
    await once(socket, 'secureConnect');
    return dialogue;
  }

  /** Sends a line and waits for the answer that the pattern ends. */
  async ask(line: string, end: RegExp): Promise<void> {
    this.socket.write(`${line}\r\n`);
    return this.until(end);
  }

  async until(end: RegExp): Promise<void> {
    while (!end.test(this.#tail)) {
      if (this.socket.destroyed) throw new Error(`The server closed the connection after: ${this.#tail.slice(-200)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#tail = '';
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The last line of an SMTP reply. */
export const smtpReplyEnd = /^\d{3} .*\r\n$/m;

/** RFC 4616. */
export function saslPlain(user: string, password: string): string {
  return Buffer.from(`\0${user}\0${password}`).toString('base64');
}
