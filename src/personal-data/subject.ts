import { emailAccountStream, streamPrefixes } from '../domain/streams.js';
import type { NewEvent, StreamId } from '../event-store/event-store.js';

/**
 * The stream of the account that an event's personal data is about.
 * @throws {TypeError} the event names none: under which key it is to be sealed nobody can say.
 */
export function subjectOf(streamId: StreamId, { id, data }: Pick<NewEvent, 'id' | 'data'>): StreamId {
  if (streamId.startsWith(streamPrefixes.emailAccount)) return streamId;
  const { entityType, entityId } = data;
  if (entityType !== 'EmailAccount' || typeof entityId !== 'string' || entityId === '')
    throw new TypeError(`Event ${id} holds personal data and names no account that it is about.`);
  return emailAccountStream(entityId);
}

/** The account of a stream that {@link subjectOf} gave, in lower case. */
export function accountOf(subject: StreamId): string {
  return subject.slice(streamPrefixes.emailAccount.length);
}
