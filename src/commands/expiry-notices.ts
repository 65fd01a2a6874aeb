import { randomUUID } from 'node:crypto';
import { systemActor } from '../domain/access/actor.js';
import { isExpiryEvent, upcast } from '../domain/event-catalogue.js';
import { expiryDecider } from '../domain/expiry/decide.js';
import { thresholdPassed, thresholdsInDays, type ExpiringThing } from '../domain/expiry/expiring-thing.js';
import { expiryStream } from '../domain/streams.js';
import { ConcurrencyConflict, type EventStore } from '../event-store/event-store.js';
import type { Call } from './change.js';
import { eventsToAppend } from './event-metadata.js';

/** Records that something comes to its end, once for each threshold. Any number of nodes may do it side by side: the stream's revision decides who was first. */
export class ExpiryNotices {
  /** What was told, or found told, by this process, so that the log is not asked again every time. */
  readonly #told = new Set<string>();

  constructor(
    readonly store: EventStore,
    /** What ends before then. */
    readonly endingBefore: (at: Date) => Iterable<ExpiringThing>,
    readonly now: () => Date,
  ) {}

  /** @returns how many were recorded. @throws {StoreUnavailable} the rest is recorded by the next round. */
  async round(): Promise<number> {
    const now = this.now();
    let recorded = 0;
    for (const thing of this.endingBefore(new Date(now.getTime() + thresholdsInDays[0] * 86_400_000))) {
      const threshold = thresholdPassed(thing, now.toISOString());
      const name = [thing.subject, thing.owner.entityType, thing.owner.entityId, thing.key, thing.expiresAt, threshold].join('\n');
      if (threshold === null || this.#told.has(name)) continue;
      const noted = await this.#note(thing, now);
      if (noted === 'recorded') recorded++;
      if (noted !== 'raced') this.#told.add(name);
    }
    return recorded;
  }

  async #note(thing: ExpiringThing, now: Date): Promise<'recorded' | 'known' | 'raced'> {
    const streamId = expiryStream(thing.subject, thing.owner);
    let told = expiryDecider.initialState;
    let revision: bigint | null = null;
    for await (const event of this.store.readStream(streamId)) {
      const known = upcast(event);
      if (known && isExpiryEvent(known)) told = expiryDecider.evolve(told, known);
      ({ revision } = event);
    }
    const events = expiryDecider.decide(told, { type: 'NoteExpiry', thing, now: now.toISOString() });
    if (events.length === 0) return 'known';
    const commandId = randomUUID();
    const call: Call = { actor: systemActor, role: 'ADMIN', requestId: commandId, correlationId: commandId, ip: null, userAgent: null, clientName: null };
    const identity = { commandId, command: 'noteExpiry', inputHash: '', reason: null };
    try {
      await this.store.appendToStream(streamId, eventsToAppend(events, identity, call), revision ?? 'no_stream');
      return 'recorded';
    } catch (error) {
      // Another node has told of it in this very moment, or of something else of the same owner: the next round sees.
      if (error instanceof ConcurrencyConflict) return 'raced';
      throw error;
    }
  }
}
