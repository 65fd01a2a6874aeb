/** What a full-text index holds of these texts: their words, and the words that addresses and hosts are made of. */
export function wordsOf(texts: readonly (string | null | undefined)[]): string {
  return texts.filter((text) => text).join(' ');
}

/**
 * The tokenizer that SQLite's full-text indexes have here: a word is what {@link matchAllWords} takes for one, case and accents do not matter. Private-use characters count as
 * letters, which they do in no query. As every word is one token, an index needs no word positions (`detail = none`): that halves it.
 */
export const tokenizer = `tokenize = "unicode61 remove_diacritics 2 categories 'L* M* N* Co'"`;

/**
 * A query of SQLite's FTS5 for text as a person types it: every word must occur, the last letters may be missing. Quoted, so that nothing in it is syntax.
 * Null when there is no word in it.
 */
export function matchAllWords(text: string): string | null {
  const words = text.normalize('NFC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.length === 0 ? null : words.map((word) => `"${word}"*`).join(' ');
}

/** The words of a text as they are compared: in lower case, without accents. What {@link matchAllWords} finds by SQLite's tokenizer, for an index of one's own. */
export function plainWords(text: string): readonly string[] {
  if (/^[ -~]*$/.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const plain = text
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    // Which of the two small sigmas a capital becomes depends on what follows, and the end of a word may be missing.
    .replaceAll('ς', 'σ');
  return plain.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}
