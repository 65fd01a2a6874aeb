import { accepted, rejected, type Checked } from './checked.js';
import { hasForbiddenCharacter } from './forbidden-characters.js';
import { checkDomain } from './host.js';

const maximumLocalPart = 64; // octets, RFC 5321, section 4.5.3.1.1
const maximumAddress = 254; // octets, RFC 5321, section 4.5.3.1.3 less the angle brackets
const wrong = 'It is no email address. Write it as name@example.com, without a display name, quotation marks or comments.';

/** RFC 5322's atext, and letters beyond ASCII (RFC 6531, section 3.3). */
const dotAtom = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;

/**
 * A mailbox as it goes on the wire: dot-atom local part, domain as A-labels (RFC 5321, section 4.1.2). Quoted local parts, comments and address literals are refused;
 * the local part is kept as typed, never folded or normalised for compatibility, for `＠` must not become `@`.
 */
export function checkEmailAddress(text: string): Checked<string> {
  if (text === '') return rejected('REQUIRED', 'The email address is empty.');
  if (text.length > 1024) return rejected('TOO_LONG', `An email address has at most ${maximumAddress} octets.`);
  if (hasForbiddenCharacter(text))
    return rejected(
      'FORBIDDEN_CHARACTER',
      'The email address has a control character, a line break or an invisible character. Type it anew rather than pasting it.',
    );
  const at = text.lastIndexOf('@');
  const localPart = text.slice(0, Math.max(at, 0));
  if (at < 1 || !dotAtom.test(localPart)) return rejected('INVALID_FORMAT', wrong);
  if (octets(localPart) > maximumLocalPart) return rejected('TOO_LONG', `The part before the @ has at most ${maximumLocalPart} octets.`);
  const domain = checkDomain(text.slice(at + 1), wrong);
  if (!domain.ok) return domain;
  const address = `${localPart}@${domain.value}`;
  return octets(address) > maximumAddress ? rejected('TOO_LONG', `An email address has at most ${maximumAddress} octets.`) : accepted(address);
}

const encoder = new TextEncoder();

function octets(text: string): number {
  return encoder.encode(text).length;
}
