const cr = 0x0d;
const lf = 0x0a;
const dot = 0x2e;
const lineStart = Buffer.from('\r\n.');

/** What was read last: text, a CR, a line's end (and so a line's start), a dot at a line's start, a dot and a CR there. */
type After = 'text' | 'cr' | 'start' | 'dot' | 'dot-cr';

/** What became of the bytes: decoded ones, and, once the end was there, what follows it. */
export interface Decoded {
  readonly chunks: readonly Buffer[];
  /** Null while the end has not come. */
  readonly rest: Buffer | null;
}

/**
 * A multi-line response (RFC 1939, section 3) without its dots, whatever way its bytes are cut. Lines end with CRLF and with nothing else: a message with a bare LF in
 * front of a dot must neither end the response nor lose the dot, for then what the message goes on with would pass for the server's words.
 */
export class BodyDecoder {
  #after: After = 'start';

  /** Takes time in proportion to the bytes, and answers one chunk at most: a server gains nothing by sending a dot in every line. */
  push(bytes: Buffer): Decoded {
    const chunks: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      switch (this.#after) {
        case 'start':
          if (bytes[at] === dot) {
            this.#after = 'dot';
            at++;
          } else this.#after = 'text';
          break;
        case 'dot':
          if (bytes[at] === cr) {
            this.#after = 'dot-cr';
            at++;
          } else this.#after = 'text';
          break;
        case 'dot-cr':
          if (bytes[at] === lf) return { chunks: together(chunks), rest: bytes.subarray(at + 1) };
          // The dot was stuffing; the CR behind it is text, and may be the one of a line's end.
          chunks.push(Buffer.from([cr]));
          this.#after = 'text';
          break;
        case 'cr':
          this.#after = bytes[at] === lf ? 'start' : 'text';
          if (this.#after === 'start') chunks.push(bytes.subarray(at, ++at));
          break;
        case 'text': {
          const found = bytes.indexOf(lineStart, at);
          const end = found < 0 ? bytes.length : found + 2;
          const text = bytes.subarray(at, end);
          chunks.push(text);
          at = end;
          const last = text[text.length - 1];
          this.#after = last === cr ? 'cr' : last === lf && text[text.length - 2] === cr ? 'start' : 'text';
          break;
        }
      }
    }
    return { chunks: together(chunks), rest: null };
  }
}

/** A chunk for each dotted line would cost a hundred times the bytes that are in it. */
function together(chunks: readonly Buffer[]): readonly Buffer[] {
  return chunks.length > 1 ? [Buffer.concat(chunks)] : chunks;
}
