/** Each field after its length in 4 bytes, so that no two lists of fields give the same bytes. */
export function lengthPrefixed(...fields: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(fields.reduce((length, field) => length + 4 + Buffer.byteLength(field), 0));
  let at = 0;
  for (const field of fields) {
    const length = bytes.write(field, at + 4);
    bytes.writeUInt32BE(length, at);
    at += 4 + length;
  }
  return bytes;
}
