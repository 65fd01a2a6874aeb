// Both are pure functions of their text: they look at no network and no configuration.
import { isIP, isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { accepted, rejected, type Checked } from './checked.js';
import { hasForbiddenCharacter } from './forbidden-characters.js';

const maximumName = 253; // RFC 1035, section 2.3.4: 255 octets, of which the first length and the root take two
const maximumTyped = 1024;
const wrong = 'It is neither a host name nor an IP address. Write it as mail.example.com, 192.0.2.1 or 2001:db8::1, without protocol, brackets or port.';

/**
 * A server's host: a name of letters, digits and hyphens (RFC 1123, section 2.1), internationalised labels as A-labels (RFC 5891), or a canonical IP address.
 * Names are stored in lower case, IPv6 addresses compressed (RFC 5952). What a resolver would take for an address though it does not look like one (`127.1`, `0x7f000001`) is refused.
 */
export function checkHost(text: string): Checked<string> {
  if (text === '') return rejected('REQUIRED', 'The host is empty. Write a host name or an IP address.');
  if (text.length > maximumTyped) return rejected('TOO_LONG', `The host is too long: a host name has at most ${maximumName} characters.`);
  if (isIP(text) === 4) return accepted(text);
  if (isIPv6(text)) return text.includes('%') ? rejected('INVALID_FORMAT', wrong) : accepted(new URL(`http://[${text}]`).hostname.slice(1, -1));
  return checkDomain(text, wrong);
}

/** A name that the conversion to A-labels leaves as it is, but for its case; nearly all are. What may be read as a number, or is an A-label already, goes through it. */
const plainName = /^(?!.*xn--)[A-Za-z0-9.-]*[A-Za-z-][A-Za-z0-9-]*$/i;

/** A domain name as it is stored: A-labels in lower case. A name of one label is allowed: there are internal hosts like `localhost` and `mailhub`. */
export function checkDomain(text: string, message: string): Checked<string> {
  if (hasForbiddenCharacter(text))
    return rejected('FORBIDDEN_CHARACTER', 'The host has a control character, a line break or an invisible character. Type it anew rather than pasting it.');
  const name = text.normalize('NFC');
  // The conversion would cut at `/`, decode `%61` and map look-alikes (`ﬁ`, `①`, `。`) instead of refusing them; what is stored would not be what was typed.
  if (!/^[A-Za-z0-9.\-\u{80}-\u{10FFFF}]+$/u.test(name) || name.includes('。') || name.normalize('NFKC') !== name) return rejected('INVALID_FORMAT', message);
  const ascii = plainName.test(name) ? name.toLowerCase() : domainToASCII(name).toLowerCase();
  if (ascii.length > maximumName) return rejected('TOO_LONG', `A host name has at most ${maximumName} characters.`);
  const labels = ascii.split('.');
  // A last label of digits or of hexadecimal form is read as part of an IPv4 address (WHATWG URL, section 3.5).
  const looksLikeAddress = /^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '');
  return !looksLikeAddress && labels.every(isHostLabel) ? accepted(ascii) : rejected('INVALID_FORMAT', message);
}

export function isIpAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** @param port a TCP port: a whole number from 1 to 65535. */
export function checkPort(port: number): Checked<number> {
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? accepted(port) : rejected('OUT_OF_RANGE', 'A port is a whole number from 1 to 65535.');
}

function isHostLabel(label: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label) && (!label.startsWith('xn--') || isALabel(label));
}

/** Whether it decodes to something that is encoded back the same way. What does not is a forgery; some versions of the conversion let it pass as it is, others refuse it. */
function isALabel(label: string): boolean {
  const decoded = domainToUnicode(label);
  return !decoded.startsWith('xn--') && domainToASCII(decoded) === label;
}
