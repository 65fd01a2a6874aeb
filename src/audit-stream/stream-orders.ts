import { ExportRefused } from '../../projections/audit-export/request.js';
import { cursorBefore } from './stream-places.js';
import type { Cursor } from './stream-progress.js';
import type { StreamAnswer, StreamRequest } from './stream-requests.js';
import type { StreamSurroundings } from './stream-surroundings.js';

type Surroundings = Pick<StreamSurroundings, 'trail' | 'state' | 'records'>;

/** What came of an order, and where the stream goes on; null: where it was. */
interface CarriedOut {
  readonly answer: StreamAnswer;
  readonly cursor: Cursor | null;
}

/**
 * Carries out what an operator asked for, and answers it. It is on record before it is done; where it cannot be recorded it is asked for again.
 * @returns where the stream goes on from now; null: where it was.
 */
export async function carryOut(surroundings: Surroundings, request: StreamRequest, reached: Cursor): Promise<Cursor | null> {
  const { answer, cursor } = await carriedOut(surroundings, request, reached);
  surroundings.state.requests.answer(request, answer);
  return cursor;
}

async function carriedOut({ trail, state, records }: Surroundings, { order, actor }: StreamRequest, reached: Cursor): Promise<CarriedOut> {
  switch (order.kind) {
    case 'replay':
      return replay({ trail, state, records }, order.from, actor, reached);
    case 'retry': {
      const count = state.deadLetters.count();
      if (count === 0) return refused('There are no dead letters.');
      await records.retried(actor, { count });
      state.deadLetters.retryAll();
      return { answer: { done: true, words: `${count} ${count === 1 ? 'dead letter is' : 'dead letters are'} sent once more.` }, cursor: null };
    }
  }
}

async function replay({ trail, state, records }: Surroundings, from: string, actor: StreamRequest['actor'], reached: Cursor): Promise<CarriedOut> {
  const before = placeBefore(trail, from);
  if (before instanceof ExportRefused) return refused(before.message);
  if (before === null) return refused('Nothing was recorded then or later.');
  if (before.position >= reached.position)
    return refused(`The stream has come to position ${inWords(reached)} and sends what follows by itself: there is nothing from ${from} on to send again.`);
  await records.replayed(actor, { after: before.position < 0n ? null : before.position.toString(), reached: reached.position.toString() });
  state.progress.moveTo(before);
  return {
    answer: { done: true, words: `Everything after position ${inWords(before)} is sent again; the stream had come to ${inWords(reached)}.` },
    cursor: before,
  };
}

function placeBefore(trail: Surroundings['trail'], from: string): Cursor | null | ExportRefused {
  try {
    return cursorBefore(trail, from);
  } catch (error) {
    if (error instanceof ExportRefused) return error;
    throw error;
  }
}

function refused(words: string): CarriedOut {
  return { answer: { done: false, words }, cursor: null };
}

function inWords({ position }: Cursor): string {
  return position < 0n ? '0' : position.toString();
}
