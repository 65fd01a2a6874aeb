/** What a full-text index holds of these texts: their words, and the words that addresses and hosts are made of. */
export function wordsOf(texts: readonly (string | null | undefined)[]): string {
  return texts.filter((text) => text).join(' ');
}

/**
 * A query of SQLite's FTS5 for text as a person types it: every word must occur, the last letters may be missing. Quoted, so that nothing in it is syntax.
 * Null when there is no word in it.
 */
export function matchAllWords(text: string): string | null {
  const words = text.normalize('NFC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.length === 0 ? null : words.map((word) => `"${word}"*`).join(' ');
}
