import { streamPrefixes } from '../domain/streams.js';
import type { EventStore, Position, RecordedEvent } from '../event-store/event-store.js';
import type { CarryingSecretStore } from '../secret-store/secret-cargo.js';

/** One side of a migration: the log and the secrets that belong to it. */
export interface Side {
  /** For people: where it is, without a password. */
  readonly name: string;
  readonly events: EventStore;
  readonly secrets: CarryingSecretStore;
  /** What the log is shared with: nothing, or a server's other applications, whose streams are passed over. */
  readonly log: 'alone' | 'shared';
  /** How many appends may be under way at once and still be written in the order in which they were asked for. */
  readonly appendsAtOnce: number;
}

/** A migration cannot be done, or was not done right. The message says what is wrong and what to do. */
export class MigrationFailed extends Error {
  override readonly name = 'MigrationFailed';
}

/** `done` of `total`, in the unit of {@link Step}. */
export type OnProgress = (step: Step, done: number, total: number) => void;

/** `found` compares what an earlier run left; events are counted by positions of the source, secrets by accounts and keys, and what is opened by passwords. */
export type Step = 'found' | 'events' | 'secrets' | 'compared' | 'openedHere' | 'openedThere';

const prefixes = Object.values(streamPrefixes);

/**
 * The events of the application after a position, in order.
 * @throws {MigrationFailed} there are events in a log of our own that this release does not know: they would be left behind.
 */
export async function* ownEvents({ name, events, log }: Side, after?: Position): AsyncGenerator<RecordedEvent, void> {
  const from = after === undefined ? {} : { after };
  for await (const event of events.readAll(log === 'alone' ? from : { ...from, streamPrefixes: prefixes })) {
    if (!prefixes.some((prefix) => event.streamId.startsWith(prefix)))
      throw new MigrationFailed(
        `${name} holds the stream ${event.streamId}, of a kind that this release does not know. Use the release that wrote it, or a newer one.`,
      );
    yield event;
  }
}
