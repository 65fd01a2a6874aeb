import type { AuditRow } from './audit-row.js';
import { plainWords } from './words.js';

/** What an entry is found by. The first letter keeps terms of different sorts apart, so that nobody types a word and finds an actor. */
export const term = {
  action: (name: string) => `n${name}`,
  actor: (id: string) => `a${id}`,
  correlation: (id: string) => `c${id}`,
  entity: (id: string) => `e${id.toLowerCase()}`,
  entityType: (name: string) => `t${name}`,
  outcome: (name: string) => `o${name}`,
  /** The word as {@link plainWords} has it. */
  word: (word: string) => `w${word}`,
};

/** Names the row of the index that stands for all words with this beginning. No word has the mark, and it sorts before every letter and digit. */
export const beginningRow = (beginning: string): string => `${beginning}*`;

export function isWord(of: string): boolean {
  return of.startsWith('w');
}

export type Findable = Pick<AuditRow, 'action' | 'actor' | 'correlationId' | 'entityId' | 'entityType' | 'outcome' | 'reason' | 'changes'>;

/** All terms of an entry, some of them more than once: who, what, on what, with which outcome, in which course, and the words of who, on what, why and of what changed from what to what. */
export function termsOf({ action, actor, correlationId, entityId, entityType, outcome, reason, changes }: Findable): readonly string[] {
  const terms = [term.action(action), term.actor(actor.id), term.correlation(correlationId), term.entity(entityId), term.entityType(entityType)];
  terms.push(term.outcome(outcome));
  const addWords = (text: string) => {
    for (const word of wordTermsOf(text)) terms.push(word);
  };
  for (const text of [entityId, actor.id, actor.displayName]) addWords(text);
  if (reason !== null) addWords(reason);
  let steps: readonly string[] = [];
  for (const { path, before, after } of changes) {
    const previous = steps;
    steps = wordTermsOf(path);
    // Paths that follow each other begin alike.
    for (let index = 0; index < steps.length; index++) if (steps[index] !== previous[index]) terms.push(steps[index] ?? '');
    eachText(before, addWords);
    eachText(after, addWords);
  }
  return terms;
}

/** Texts and numbers, also those within. */
function eachText(value: unknown, visit: (text: string) => void): void {
  if (typeof value === 'string') visit(value);
  else if (typeof value === 'number') visit(String(value));
  else if (typeof value === 'object' && value !== null) for (const within of Object.values(value)) eachText(within, visit);
}

const longestKept = 40; // letters: what is longer is a sentence, and seldom said twice
const mostKnown = 5_000;
const known = new Map<string, readonly string[]>();

/** Paths, hosts, ports and names occur in many entries. */
function wordTermsOf(text: string): readonly string[] {
  const found = known.get(text);
  if (found) return found;
  const terms = plainWords(text).map(term.word);
  if (text.length > longestKept) return terms;
  if (known.size >= mostKnown) known.clear();
  known.set(text, terms);
  return terms;
}
