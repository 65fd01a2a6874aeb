import type { DeadLetter } from './dead-letters.js';
import type { LookedAhead } from './look-ahead.js';
import type { StreamSurroundings } from './stream-surroundings.js';

/** Keeps what was found out: what was refused is a dead letter, what was taken is none, and the stream has come to the last of them. All of it is kept, or nothing. @returns the new letters. */
export function putAside(
  { state, now }: Pick<StreamSurroundings, 'state' | 'now'>,
  { refused, taken, reached }: LookedAhead,
  attempts: number,
): readonly DeadLetter[] {
  const letters = refused.map(({ row: { id, position, action }, cause }): DeadLetter => ({ entryId: id, position, action, attempts, cause, refusedAt: now() }));
  state.database.inTransaction(() => {
    for (const letter of letters) state.deadLetters.add(letter);
    for (const row of taken) {
      state.progress.taken(row, now());
      state.deadLetters.remove(row.id);
    }
    state.progress.moveTo({ position: reached.position, entryId: reached.id });
  });
  return letters;
}
