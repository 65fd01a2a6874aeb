import type { RecordedEvent } from '../event-store/event-store.js';

/** The personal data of an event does not open, though its account was not erased. */
export class PersonalDataUnreadable extends Error {
  override readonly name = 'PersonalDataUnreadable';
  constructor(
    readonly eventId: string,
    streamId: string,
    cause: unknown,
  ) {
    super(
      `The personal data in event ${eventId} of stream ${streamId} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)} Restore the secret store that belongs to this log from a backup.`,
      { cause },
    );
  }
}

/**
 * The event, whose data nobody can have. Asking for it throws {@link PersonalDataUnreadable}: so a view stands still right before this event and names it, and whoever needs only the order of the
 * log goes on.
 */
export function unreadable(event: RecordedEvent, cause: unknown): RecordedEvent {
  const error = new PersonalDataUnreadable(event.id, event.streamId, cause);
  return Object.defineProperty({ ...event }, 'data', {
    enumerable: true,
    get() {
      throw error;
    },
  });
}
