import { accepted, rejected, type Checked } from '../text/checked.js';

/** A SHA-256 fingerprint as it is kept: 64 upper-case hex digits. Taken as other programs write it, with colons and in lower case. */
export function checkFingerprint(text: string): Checked<string> {
  const digits = text.length <= 200 ? text.replaceAll(/[:\s]/g, '').toUpperCase() : '';
  return /^[0-9A-F]{64}$/.test(digits)
    ? accepted(digits)
    : rejected('INVALID_FORMAT', 'It is no SHA-256 fingerprint. Write its 64 hex digits as fingerprintSha256 shows them; colons between them are allowed.');
}
