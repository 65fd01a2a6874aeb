import type { Readable } from 'node:stream';
import type { AllStreamResolvedEvent, AllStreamSubscription, ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import type { ClientInUse } from './connection.js';
import { DeadlineMissed } from './errors.js';

/** What the server sends, in the order in which it was sent. */
export type Message =
  { readonly kind: 'event'; readonly resolved: ResolvedEvent } | { readonly kind: 'checkpoint'; readonly position: bigint } | { readonly kind: 'caughtUp' };
type Mark = Exclude<Message, { kind: 'event' }>;

/** What the client gives out for a read or a subscription. */
export type ClientStream = StreamingRead<ResolvedEvent> | StreamingRead<AllStreamResolvedEvent> | AllStreamSubscription;

/**
 * A read or a subscription of the client, taken message by message at the reader's own pace.
 *
 * The client hands checkpoints and "caught up" over as soon as it sees them, while events before them may still wait in its buffer: taken as they come, a checkpoint would be
 * ahead of events that nobody has seen. So each of them is kept until as many events were taken as were there before it.
 */
export class Messages {
  readonly #stream: Readable;
  readonly #cancel: () => Promise<void>;
  readonly #marks: { readonly after: number; message: Mark }[] = [];
  readonly #forget: () => void;
  #taken = 0;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #interrupted = false;
  #wake: () => void = () => undefined;

  /** @param open starts it; what is no event is to be given to `mark`. */
  constructor(client: ClientInUse, open: (mark: (message: Mark) => void) => ClientStream) {
    const opened = open((message) => this.#mark(message));
    this.#cancel = () => ('unsubscribe' in opened ? opened.unsubscribe() : opened.cancel());
    this.#stream = opened;
    this.#stream.on('caughtUp', () => this.#mark({ kind: 'caughtUp' }));
    this.#stream.on('readable', () => this.#wake());
    this.#stream.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    // Stays for ever: the client may report an error long after the reader has left, and without a listener that would end the process.
    this.#stream.on('error', (error) => this.#fail(error));
    this.#forget = client.onRetired((reason) => this.#fail(reason));
  }

  /**
   * The next message; undefined at the end, or when it was interrupted.
   * @throws {DeadlineMissed} nothing came for so long. It may be asked again.
   * @throws the client's error, after all that came before it.
   */
  async next(milliseconds: number): Promise<Message | undefined> {
    for (;;) {
      if (this.#interrupted) return undefined;
      const message = this.#ready();
      if (message || this.#ended) return message;
      if (this.#failure) throw this.#failure.error;
      await this.#news(milliseconds);
    }
  }

  /** Ends it for its reader, whatever is still there. */
  interrupt(): void {
    this.#interrupted = true;
    this.#wake();
  }

  /** Stops it. What it says afterwards is heard by nobody. */
  leave(): void {
    this.#forget();
    // It can only fail because the stream never began, and that `next` has told.
    this.#cancel().catch((error: unknown) => this.#fail(error));
    this.#stream.destroy();
  }

  #ready(): Message | undefined {
    const [mark] = this.#marks;
    if (mark && mark.after <= this.#taken) {
      this.#marks.shift();
      return mark.message;
    }
    const resolved = this.#stream.read() as ResolvedEvent | null;
    if (resolved === null) return undefined;
    this.#taken++;
    return { kind: 'event', resolved };
  }

  #news(milliseconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let waiting = true;
      // When this process itself stood still, what came meanwhile waits in the socket and the timer is first: one more look at the sockets before it counts.
      const timer = setTimeout(() => setImmediate(() => waiting && reject(new DeadlineMissed())), milliseconds);
      this.#wake = () => {
        waiting = false;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #mark(message: Mark): void {
    const after = this.#taken + this.#stream.readableLength;
    const last = this.#marks.at(-1);
    // A reader who is slow needs the last of several checkpoints only.
    if (last?.after === after && last.message.kind === message.kind) last.message = message;
    else this.#marks.push({ after, message });
    this.#wake();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }
}
