import { randomUUID } from 'node:crypto';
import { isExpiryEvent } from '../domain/event-catalogue.js';
import { expiryDecider } from '../domain/expiry/decide.js';
import { thresholdPassed, thresholdsInDays, type ExpiringThing } from '../domain/expiry/expiring-thing.js';
import { expiryStream } from '../domain/streams.js';
import type { EventStore } from '../event-store/event-store.js';
import { noteByService } from './note-by-service.js';

/** Records that something comes to its end, once for each threshold. What another node has told of in the same moment, the next round sees. */
export class ExpiryNotices {
  /** What was told, or found told, by this process, so that the log is not asked again every time. */
  #told: ReadonlySet<string> = new Set();

  constructor(
    readonly store: EventStore,
    /** What ends before then. */
    readonly endingBefore: (at: Date) => Iterable<ExpiringThing> | AsyncIterable<ExpiringThing>,
    readonly now: () => Date,
  ) {}

  /** @returns how many were recorded. @throws {StoreUnavailable} the rest is recorded by the next round. */
  async round(): Promise<number> {
    const now = this.now();
    const told = new Set<string>();
    let recorded = 0;
    for await (const thing of this.endingBefore(new Date(now.getTime() + thresholdsInDays[0] * 86_400_000))) {
      const threshold = thresholdPassed(thing, now.toISOString());
      if (threshold === null) continue;
      const name = [thing.subject, thing.owner.entityType, thing.owner.entityId, thing.key, thing.expiresAt, threshold].join('\n');
      const noted = this.#told.has(name) ? 'known' : await this.#note(thing, now);
      if (noted === 'recorded') recorded++;
      if (noted !== 'raced') told.add(name);
    }
    // What is there no more is forgotten.
    this.#told = told;
    return recorded;
  }

  #note(thing: ExpiringThing, now: Date): Promise<'recorded' | 'known' | 'raced'> {
    return noteByService(this.store, {
      streamId: expiryStream(thing.subject, thing.owner),
      decider: expiryDecider,
      isOwn: isExpiryEvent,
      command: { type: 'NoteExpiry', thing, now: now.toISOString() },
      commandId: randomUUID(),
      name: 'noteExpiry',
    });
  }
}
