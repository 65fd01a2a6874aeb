import { systemActor } from '../domain/access/actor.js';
import type { Decider } from '../domain/decider.js';
import { upcast, type PostledgerEvent } from '../domain/event-catalogue.js';
import { ConcurrencyConflict, type EventStore, type StreamId } from '../event-store/event-store.js';
import type { Call } from './change.js';
import { eventsToAppend } from './event-metadata.js';

/** What the service notes of something by itself. */
export interface Note<State, Command, Event extends PostledgerEvent> {
  readonly streamId: StreamId;
  readonly decider: Decider<State, Command, Event>;
  readonly isOwn: (event: PostledgerEvent) => event is Event;
  readonly command: Command;
  readonly commandId: string;
  /** What the log calls it: `noteExpiry`. */
  readonly name: string;
}

/**
 * Decides by what the log says now, and appends what follows in the service's own name. Any number of nodes may do it side by side: the stream's revision decides who was first.
 * @returns `known` when nothing follows; `raced` when somebody else wrote to the stream in this very moment: then it has to be looked at again.
 * @throws {StoreUnavailable}
 */
export async function noteByService<State, Command, Event extends PostledgerEvent>(
  store: EventStore,
  { streamId, decider, isOwn, command, commandId, name }: Note<State, Command, Event>,
): Promise<'recorded' | 'known' | 'raced'> {
  let state = decider.initialState;
  let revision: bigint | null = null;
  for await (const event of store.readStream(streamId)) {
    const known = upcast(event);
    if (known && isOwn(known)) state = decider.evolve(state, known);
    ({ revision } = event);
  }
  const events = decider.decide(state, command);
  if (events.length === 0) return 'known';
  const call: Call = {
    actor: systemActor,
    role: 'ADMIN',
    tokenId: null,
    requestId: commandId,
    correlationId: commandId,
    ip: null,
    userAgent: null,
    clientName: null,
  };
  try {
    await store.appendToStream(streamId, eventsToAppend(events, { commandId, command: name, inputHash: '', reason: null }, call), revision ?? 'no_stream');
    return 'recorded';
  } catch (error) {
    if (error instanceof ConcurrencyConflict) return 'raced';
    throw error;
  }
}
