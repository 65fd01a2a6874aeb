import { accepted, rejected, type Checked } from '../text/checked.js';
import { hasForbiddenCharacter } from '../text/forbidden-characters.js';

const maximumLength = 2048;

/** The address of an endpoint as it is stored and as secrets are bound to it: https, or http to this very machine (RFC 6749, section 3.2; RFC 8252, section 8.3). */
export function checkEndpointAddress(text: string): Checked<string> {
  if (text === '') return rejected('REQUIRED', 'The address is empty. Write it as https://login.example.com/token.');
  if (text.length > maximumLength) return rejected('TOO_LONG', `The address is too long: at most ${maximumLength} characters.`);
  if (hasForbiddenCharacter(text) || text.includes(' '))
    return rejected('FORBIDDEN_CHARACTER', 'The address has a space, a control character or an invisible character. Type it anew rather than pasting it.');
  const url = parsed(text);
  if (url === null || url.hostname === '' || url.username !== '' || url.password !== '' || text.includes('#') || !/^https?:$/.test(url.protocol))
    return rejected('INVALID_FORMAT', 'It is no address of an endpoint. Write it as https://login.example.com/token, without user, password or fragment.');
  if (url.protocol === 'http:' && !isThisMachine(url.hostname))
    return rejected('INVALID_FORMAT', 'What goes there is secret: the address must begin with https. Only an endpoint on this very machine may do with http.');
  return accepted(url.href);
}

function parsed(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
