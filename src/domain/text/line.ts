import { accepted, rejected, type Checked } from './checked.js';
import { hasForbiddenCharacter, hasForbiddenCharacterInParagraph } from './forbidden-characters.js';

export interface LineRule {
  /** How a sentence about it begins: `The account name`. */
  readonly label: string;
  /** In characters (code points). */
  readonly maximum: number;
}

/** One line of text, in Unicode normalisation form C: not blank, not too long, nothing invisible in it. */
export function checkLine(text: string, { label, maximum }: LineRule): Checked<string> {
  return lineFault(text, label, maximum) ?? accepted(text.normalize('NFC'));
}

/** Text of several lines, which may be empty; otherwise as {@link checkLine}. */
export function checkParagraph(text: string, { label, maximum }: LineRule): Checked<string> {
  if (hasForbiddenCharacterInParagraph(text)) return invisible(label);
  return tooLong(text, label, maximum) ?? accepted(text.normalize('NFC'));
}

/** What a server wants as a user's name: any line of up to 256 characters, byte for byte as typed, for `DOMAIN\user` and the like exist. */
export function checkUserId(text: string): Checked<string> {
  return lineFault(text, 'The user ID', 256) ?? accepted(text);
}

/** The name of an IMAP mailbox (RFC 9051, section 5.1), as a person writes it: up to 255 characters. */
export function checkMailboxName(text: string): Checked<string> {
  if (/[*%]/.test(text))
    return rejected('FORBIDDEN_CHARACTER', 'The mailbox name has a * or a %, which IMAP takes for wildcards. Write one mailbox, without them.');
  return lineFault(text, 'The mailbox name', 255) ?? accepted(text);
}

function lineFault(text: string, label: string, maximum: number): Checked<never> | null {
  if (hasForbiddenCharacter(text)) return invisible(label);
  if (text.trim() === '') return rejected('REQUIRED', `${label} is empty. Write at least one character.`);
  return tooLong(text, label, maximum);
}

/** Counts the characters as normalised, however they were typed: an accent of its own is none. */
function tooLong(text: string, label: string, maximum: number): Checked<never> | null {
  // Normalising a long run of accents takes more than linear time, so what is too long in any form is refused before: no character is more than 4 code units of accents.
  const fits = text.length <= maximum * 4 && Array.from(text.normalize('NFC')).length <= maximum;
  return fits ? null : rejected('TOO_LONG', `${label} is too long: at most ${maximum} characters.`);
}

function invisible(label: string): Checked<never> {
  return rejected('FORBIDDEN_CHARACTER', `${label} has a control character, a line break or an invisible character. Type it anew rather than pasting it.`);
}
