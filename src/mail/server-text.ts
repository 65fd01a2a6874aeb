import type { SecretValue } from '../secret-store/secret-value.js';

const longest = 200;
const hidden = '[secret]';

/** What a server said, fit to be stored and shown: no control or invisible characters, no secret in any form it was sent in, at most 200 characters. Null for nothing. */
export function shownServerText(text: string | null, secrets: readonly SecretValue[]): string | null {
  if (text === null) return null;
  const shown = withoutSecrets(printable(text), secrets);
  return shown === '' ? null : shown.slice(0, longest).replace(/\p{Surrogate}$/u, '');
}

/** One line without control, formatting and separator characters. */
export function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .normalize('NFC');
}

/** Every occurrence of a secret replaced, as it is, quoted, in base64 (also within a longer text, as AUTH PLAIN sends it), hexadecimal or URL encoding. Takes time in proportion to the text. */
function withoutSecrets(text: string, secrets: readonly SecretValue[]): string {
  let result = text;
  for (const secret of secrets) {
    const plain = secret.reveal();
    const bytes = secret.revealBytes();
    const forms = [
      plain,
      printable(plain),
      printable(bytes.toString('latin1')),
      plain.replace(/["\\]/g, String.raw`\$&`),
      encodeURIComponent(plain),
      bytes.toString('hex'),
    ]
      .filter((form) => form !== '')
      .sort((one, other) => other.length - one.length);
    for (const form of forms) result = result.replaceAll(new RegExp(form.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'giu'), hidden);
    const encoded = base64Forms(bytes);
    result = result.replaceAll(/[A-Za-z0-9+/_=-]+/g, (run) => (encoded.some((form) => run.includes(form)) ? hidden : run));
  }
  return result;
}

/** How the bytes look in base64 and base64url at each of the three places they can have within a group, without the digits that their neighbours share. */
function base64Forms(bytes: Buffer): readonly string[] {
  const shortest = 3;
  const cores = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6)),
  );
  const whole = bytes.toString('base64');
  return [whole, ...cores].filter((form) => form.length >= shortest).flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
