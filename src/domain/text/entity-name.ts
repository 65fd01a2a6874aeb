import { accepted, rejected, type Checked } from './checked.js';

/** An id or name that people give to an account, truststore or authentication profile: a letter, then up to 63 letters, digits or hyphens. Unique ignoring case. */
export function checkEntityName(text: string): Checked<string> {
  return /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(text)
    ? accepted(text)
    : rejected('INVALID_FORMAT', 'It must begin with a letter and go on with up to 63 letters (A to Z), digits or hyphens.');
}
