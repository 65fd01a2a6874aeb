import { randomUUID } from 'node:crypto';
import type { Actor } from '../domain/access/actor.js';
import type { Row, StreamDatabase } from './stream-database.js';

/** What an operator asks of the stream. */
export type StreamOrder =
  /** `from`: a position or a time of ISO 8601, as it was written. */
  { readonly kind: 'replay'; readonly from: string } | { readonly kind: 'retry' };

export interface StreamRequest {
  readonly id: string;
  readonly order: StreamOrder;
  readonly actor: Actor;
}

/** What came of a request: a sentence for whoever asked. */
export interface StreamAnswer {
  readonly done: boolean;
  readonly words: string;
}

/** How long an answer is kept that nobody fetched, in milliseconds. */
const answersKept = 86_400_000;
/** How long an order waits for a service that carries it out, in milliseconds: a day later whoever left it does not expect it any more. */
const ordersKept = 86_400_000;

/** What the command line leaves for the service, which carries it out within a second, or when it starts within a day. Whoever may write to this file may ask: no token is needed. */
export class StreamRequests {
  constructor(readonly database: StreamDatabase) {}

  /** @returns the id by which {@link answerTo} is asked. */
  ask(order: StreamOrder, actor: Actor, at: Date): string {
    const id = randomUUID();
    const argument = order.kind === 'replay' ? order.from : '';
    this.database.run('INSERT INTO request VALUES (?, ?, ?, ?, ?, NULL)', id, order.kind, argument, JSON.stringify(actor), at.getTime());
    return id;
  }

  /** Null while it was not carried out. An answer can be fetched once. */
  answerTo(id: string): StreamAnswer | null {
    const answer = this.database.get('SELECT answer FROM request WHERE id = ?', id)?.['answer'] ?? null;
    if (answer === null) return null;
    this.database.run('DELETE FROM request WHERE id = ?', id);
    return JSON.parse(String(answer)) as StreamAnswer;
  }

  isAny(): boolean {
    return this.database.get('SELECT 1 FROM request WHERE answer IS NULL LIMIT 1') !== undefined;
  }

  next(): StreamRequest | null {
    const row = this.database.get('SELECT * FROM request WHERE answer IS NULL ORDER BY asked_at, rowid LIMIT 1');
    return row ? requestIn(row) : null;
  }

  /** Forgets the orders that nobody carried out within a day. @returns them. */
  expire(now: Date): readonly StreamRequest[] {
    return this.database.all('DELETE FROM request WHERE answer IS NULL AND asked_at < ? RETURNING *', now.getTime() - ordersKept).map(requestIn);
  }

  answer({ id }: StreamRequest, answer: StreamAnswer): void {
    this.database.run('UPDATE request SET answer = ? WHERE id = ?', JSON.stringify(answer), id);
  }

  forgetOldAnswers(now: Date): void {
    this.database.run('DELETE FROM request WHERE answer IS NOT NULL AND asked_at < ?', now.getTime() - answersKept);
  }
}

function requestIn(row: Row): StreamRequest {
  const order: StreamOrder = row['kind'] === 'replay' ? { kind: 'replay', from: String(row['argument']) } : { kind: 'retry' };
  return { id: String(row['id']), order, actor: JSON.parse(String(row['actor'])) as Actor };
}
