import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';

/** A text that should hold secrets of a webhook does not. The message is one line that says what to do, and holds nothing of the text. */
export class WebhookSecretRefused extends Error {
  override readonly name = 'WebhookSecretRefused';
}

const howToMakeOne = 'one is made by: echo "whsec_$(openssl rand -base64 32)"';

/** The secrets that a receiver may know us by, as Standard Webhooks 1.0.0 has them: whatever prints this prints no secret. */
export class WebhookSecrets {
  readonly #keys: readonly Buffer[];

  private constructor(keys: readonly Buffer[]) {
    this.#keys = keys;
  }

  /**
   * Takes `whsec_<base64 of 24 to 64 bytes>`, several separated by spaces or commas. `source` names where the text came from, for messages.
   * @throws {WebhookSecretRefused}
   */
  static parse(text: string, source: string): WebhookSecrets {
    const written = text.split(/[\s,]+/).filter((each) => each !== '');
    if (written.length === 0) throw new WebhookSecretRefused(`${source}: it is empty; ${howToMakeOne}.`);
    return new WebhookSecrets(
      written.map((each, index) => {
        const encoded = each.startsWith('whsec_') ? each.slice('whsec_'.length) : null;
        const key = Buffer.from(encoded ?? '', 'base64');
        if (encoded === null || key.length < 24 || key.length > 64 || withoutPadding(key.toString('base64')) !== withoutPadding(encoded))
          throw new WebhookSecretRefused(`${source}: secret ${index + 1} is not whsec_ and then base64 of 24 to 64 bytes; ${howToMakeOne}.`);
        return key;
      }),
    );
  }

  /** The header `webhook-signature`: one signature for each secret, so that a receiver may know either while they change. */
  signatures(id: string, seconds: number, body: string): string {
    const signed = `${id}.${seconds}.${body}`;
    return this.#keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' ');
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

function withoutPadding(encoded: string): string {
  return encoded.replace(/={1,2}$/, '');
}
