import { retryAfterMilliseconds } from '../mail/retry-after.js';
import { deliveryOfAnswer, deliveryWithoutAnswer, type Delivery } from './delivery.js';
import type { WebhookMessage } from './messages.js';
import type { WebhookSecrets } from './webhook-secrets.js';

export interface WebhookReceiverSettings {
  /** May hold a secret in its path or query: it is in no message. */
  readonly url: string;
  readonly secrets: WebhookSecrets;
  /** The one way out. */
  readonly fetch: typeof globalThis.fetch;
  /** How long an answer may take, from the connection to the end of its body. */
  readonly timeoutMilliseconds: number;
  readonly program: string;
  readonly now: () => Date;
}

/** Of an answer so much is read, which leaves its connection for the next request. What it says is not looked at. */
const mostRead = 16_384; // bytes

/** Where messages go, by Standard Webhooks 1.0.0. */
export class WebhookReceiver {
  constructor(readonly settings: WebhookReceiverSettings) {}

  /** Sends the message once. Never throws for what the network or the receiver does; `signal` ends it, with an answer that means nothing. */
  async deliver({ id, body }: WebhookMessage, signal: AbortSignal): Promise<Delivery> {
    const { url, secrets, fetch, timeoutMilliseconds, program, now } = this.settings;
    const seconds = Math.floor(now().getTime() / 1_000);
    const ending = new Ending(signal, timeoutMilliseconds);
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': `Postledger/${program}`,
          'webhook-id': id,
          'webhook-timestamp': String(seconds),
          'webhook-signature': secrets.signatures(id, seconds, body),
        },
        body,
        redirect: 'manual',
        signal: ending.signal,
      });
      const delivery = deliveryOfAnswer(answer.status, retryAfterMilliseconds(answer.headers.get('retry-after'), now()));
      // Its status was all there was to know: a body that breaks off changes nothing.
      await discardBody(answer).catch(() => undefined);
      return delivery;
    } catch (error) {
      return deliveryWithoutAnswer(error);
    } finally {
      ending.release();
    }
  }
}

/** Ends one request, by the caller or when time is up. Of `AbortSignal.any` something stays with a signal that lives as long as the service, for each request. */
class Ending {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #end = () => this.#controller.abort(this.caller.reason);

  constructor(
    readonly caller: AbortSignal,
    milliseconds: number,
  ) {
    this.#timer = setTimeout(() => this.#controller.abort(new DOMException('There was no answer in time.', 'TimeoutError')), milliseconds);
    caller.addEventListener('abort', this.#end);
    if (caller.aborted) this.#end();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  release(): void {
    clearTimeout(this.#timer);
    this.caller.removeEventListener('abort', this.#end);
  }
}

async function discardBody({ body }: Response): Promise<void> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  let read = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    read += value.length;
    if (read > mostRead) return reader.cancel();
  }
}
