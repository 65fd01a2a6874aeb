import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Passwords that occur nowhere else: wherever one turns up, it has leaked. */
export const canaries = Array.from({ length: 29 }, (_, n) => `Kanarie-${n}-ü~%&"/+${(0x9e3779b97f4a7c15n * BigInt(n + 1)).toString(36)}`);

/** How a leaked secret may look: as it is, escaped, base64 at any of three offsets, URL-encoded, hex, and as SMTP and IMAP put it on the wire. */
export function shapesOf(secret: string): readonly string[] {
  const base64At = (offset: number) => {
    const encoded = Buffer.from(`${'x'.repeat(offset)}${secret}`)
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(Math.ceil((offset * 8) / 6), -1);
  };
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    Buffer.from(secret).toString('hex'),
    base64At(0),
    base64At(1),
    base64At(2),
  ];
}

/** Every file below the directory that holds one of the texts. */
export async function filesWith(directory: string, texts: readonly string[]): Promise<{ readonly searched: number; readonly found: readonly string[] }> {
  const entries = (await readdir(directory, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  const found: string[] = [];
  for (const { parentPath, name } of entries) {
    const content = await readFile(join(parentPath, name));
    if (texts.some((text) => content.includes(text))) found.push(name);
  }
  return { searched: entries.length, found };
}
