/**
 * Characters that have no place in a line of text that can reach a mail header or name something: controls (C0, C1, DEL), line and paragraph separators, marks that reorder text,
 * and characters that take no width, interlinear annotation among them. They are refused, never stripped: what is stored is what was typed.
 * Sources: Unicode 16 general categories Cc, Zl, Zp and the Bidi_Control and Default_Ignorable_Code_Point properties.
 */
const forbidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Cs}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB]/u;

/** The same, but for the tab and the line feed, which a paragraph may have. */
const forbiddenInParagraph = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Cs}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB]/u;

export function hasForbiddenCharacter(text: string): boolean {
  return forbidden.test(text);
}

export function hasForbiddenCharacterInParagraph(text: string): boolean {
  return forbiddenInParagraph.test(text);
}
