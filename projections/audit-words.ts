import type { Actor } from '../src/domain/access/actor.js';
import type { EntryFacts } from './audit-facts.js';

/** Private-use letters begin the words that nobody types: by these a search for text is narrowed to kinds, actors and entities inside the index. */
export const kindWord = (kind: number): string => `\u{E000}k${kind}`;
export const actorWord = (actor: number): string => `\u{E000}a${actor}`;
export const entityWord = (entityKey: string): string => `\u{E000}e${Buffer.from(entityKey).toString('hex')}`;

/** What the full-text index holds of an entry: who, on what, why, and which fields changed from what to what. */
export function auditWords({ entityId, changes }: EntryFacts, actor: Actor, reason: string | null): string {
  const words = new Set<string>([entityId, actor.id, actor.displayName]);
  if (reason !== null) words.add(reason);
  for (const { path, before, after } of changes) {
    for (const step of stepsOf(path)) words.add(step);
    for (const value of [before, after]) if (typeof value === 'string' || typeof value === 'number') words.add(String(value));
  }
  return [...words].join(' ');
}

const steps = new Map<string, readonly string[]>();

/** There are some forty paths, and each occurs in many entries. */
function stepsOf(path: string): readonly string[] {
  const known = steps.get(path);
  if (known) return known;
  const split = path.split('.');
  steps.set(path, split);
  return split;
}
