/** Just enough of DER (X.690) to write certificates. */
export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export const sequence = (...contents: readonly Buffer[]) => element(0x30, ...contents);
export const set = (...contents: readonly Buffer[]) => element(0x31, ...contents);
export const octetString = (content: Buffer) => element(0x04, content);
export const bitString = (content: Buffer, unusedBits = 0) => element(0x03, Buffer.from([unusedBits]), content);
export const utf8String = (text: string) => element(0x0c, Buffer.from(text));
export const boolean = (value: boolean) => element(0x01, Buffer.from([value ? 0xff : 0]));
/** A number that is already positive in two's complement: its first bit is 0. */
export const integer = (bytes: Buffer) => element(0x02, bytes);
/** Generalized time; RFC 5280 wants it from 2050 on only, and every reader takes it. */
export const time = (date: Date) => element(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(number: number): readonly number[] {
  const digits = [number & 0x7f];
  for (let left = number >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}
