import { isUtf8 } from 'node:buffer';
import { inspect } from 'node:util';

const shown = '[secret]';

/**
 * A password or another secret on its way through the program. Whatever prints it (templates, JSON, console, inspect, error messages) prints `[secret]`;
 * only {@link reveal} gives the text, at the one place that needs it.
 */
export class SecretValue {
  readonly #bytes: Buffer;

  /**
   * Takes a copy. The text may be empty; its length is for the caller to limit.
   * @throws {TypeError} when it is no valid Unicode (a lone surrogate, broken UTF-8): it could not be stored and read back unchanged.
   */
  constructor(secret: string | Buffer) {
    if (typeof secret === 'string' ? /\p{Surrogate}/u.test(secret) : !isUtf8(secret)) throw new TypeError('A secret must be valid Unicode text.');
    this.#bytes = typeof secret === 'string' ? Buffer.from(secret, 'utf8') : Buffer.from(secret);
  }

  /** The secret itself. Keep the result in a local variable, never in an object that lives on. */
  reveal(): string {
    return this.#bytes.toString('utf8');
  }

  /** The secret's UTF-8 bytes, a copy. */
  revealBytes(): Buffer {
    return Buffer.from(this.#bytes);
  }

  /** Overwrites the bytes held here; afterwards the value reads as NUL characters. Strings already revealed are out of reach. */
  erase(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [Symbol.toPrimitive](): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
