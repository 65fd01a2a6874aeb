/** What takes a multi-line response, chunk by chunk. */
export interface BodyTaker {
  readonly maximumBytes: number;
  /** False makes the server wait until the connection is resumed. */
  take(chunk: Buffer): boolean;
  end(): void;
}

/** How much of a streamed message lies in memory before the server is made to wait. */
const bufferedBytes = 1_048_576;
/** What a chunk takes beside its bytes, or so: a server may send them one by one. */
const chunkOverhead = 200;
/** So many chunks are made one. */
const chunksTogether = 1_024;

/** A body as a whole, for what is small. */
export class WholeBody implements BodyTaker {
  readonly #chunks: Buffer[] = [];
  #latest: Buffer[] = [];

  constructor(readonly maximumBytes: number) {}

  take(chunk: Buffer): boolean {
    this.#latest.push(chunk);
    if (this.#latest.length >= chunksTogether) this.#gather();
    return true;
  }

  end(): void {
    this.#gather();
  }

  /** In memory of its own, so that it does not keep what came with it. */
  get bytes(): Buffer {
    const [first, ...more] = this.#chunks;
    return first !== undefined && more.length === 0 ? first : Buffer.concat(this.#chunks);
  }

  #gather(): void {
    this.#chunks.push(Buffer.concat(this.#latest));
    this.#latest = [];
  }
}

/** A body as it comes, in memory that does not grow with it. */
export class StreamedBody implements BodyTaker {
  #chunks: Buffer[] = [];
  #buffered = 0;
  #isEnded = false;
  #wake: () => void = () => undefined;

  constructor(
    readonly maximumBytes: number,
    readonly resume: () => void,
  ) {}

  take(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length + chunkOverhead;
    this.#wake();
    return this.#buffered < bufferedBytes;
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** All that has come and was not taken yet; null after the last. */
  next(): Buffer | null | 'later' {
    const [first, ...more] = this.#chunks;
    if (first === undefined) return this.#isEnded ? null : 'later';
    this.#chunks = [];
    this.#buffered = 0;
    this.resume();
    return more.length === 0 ? first : Buffer.concat([first, ...more]);
  }

  /** Resolves when there may be more. */
  more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
