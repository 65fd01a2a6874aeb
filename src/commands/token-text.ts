import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefix = 'postledger';
const pattern = /^postledger_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;

/**
 * An API token as text: `postledger_<id>_<256 random bits>_<checksum>`. The fixed prefix and the CRC-32 let secret scanners find a leaked one without false alarms,
 * and a mistyped one is told from an unknown one without a look-up.
 */
export function newTokenText(id: string, random: Buffer = randomBytes(32)): string {
  const body = `${prefix}_${id}_${base62(BigInt(`0x${random.toString('hex')}`), 43)}`;
  return `${body}_${checksum(body)}`;
}

/** The token's id; null when the text is no token, mistyped ones among them. */
export function idOfToken(text: string): string | null {
  const match = pattern.exec(text);
  const [, id, , check] = match ?? [];
  return id !== undefined && checksum(text.slice(0, -7)) === check ? id : null;
}

/** 12 characters that derive from a UUID. */
export function tokenIdOf(uuid: string): string {
  return base62(BigInt(`0x${uuid.replaceAll('-', '')}`) % 62n ** 12n, 12);
}

/** What is stored of a token: useless without the key, and a look at the log gives no token. */
export function verifierOf(text: string, key: Buffer): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

function checksum(body: string): string {
  let text = '';
  for (let rest = crc32(body); text.length < 6; rest = Math.floor(rest / 62)) text = `${digits[rest % 62] ?? ''}${text}`;
  return text;
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = `${digits[Number(rest % 62n)] ?? ''}${text}`;
  return text;
}
