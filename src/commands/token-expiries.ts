import { apiTokenDecider, type ApiTokenCommand } from '../domain/api-token/decide.js';
import type { ApiTokenEvent } from '../domain/api-token/events.js';
import type { ApiToken } from '../domain/api-token/state.js';
import { isApiTokenEvent } from '../domain/event-catalogue.js';
import { apiTokenStream } from '../domain/streams.js';
import type { EventStore } from '../event-store/event-store.js';
import { derivedId } from './event-metadata.js';
import { noteByService } from './note-by-service.js';

/** Records that a token has expired, once, by whichever node is first. One that was used or revoked in the same moment the next round looks at. */
export class TokenExpiries {
  constructor(
    readonly store: EventStore,
    /** The ids of the tokens that had ended by then; without those whose end is on record, as soon as that is seen. */
    readonly endedBefore: (at: Date) => Iterable<string> | AsyncIterable<string>,
    readonly now: () => Date,
  ) {}

  /** @returns how many were recorded. @throws {StoreUnavailable} the rest is recorded by the next round. */
  async round(): Promise<number> {
    const now = this.now();
    let recorded = 0;
    for await (const id of this.endedBefore(now)) if ((await this.#note(id, now)) === 'recorded') recorded++;
    return recorded;
  }

  #note(id: string, now: Date): Promise<'recorded' | 'known' | 'raced'> {
    const streamId = apiTokenStream(id);
    return noteByService<ApiToken, ApiTokenCommand, ApiTokenEvent>(this.store, {
      streamId,
      decider: apiTokenDecider,
      isOwn: isApiTokenEvent,
      command: { type: 'NoteExpiry', now: now.toISOString() },
      commandId: derivedId(streamId, 'expiry'),
      name: 'noteExpiry',
    });
  }
}
