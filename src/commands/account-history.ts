import { actorOf, isEmailAccountEvent, upcast } from '../domain/event-catalogue.js';
import { evolveSnapshot, type EmailAccountSnapshot } from '../domain/email-account/snapshot.js';
import { emailAccountStream } from '../domain/streams.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';

/** The account as it was, folded from its own events. Every method may throw StoreUnavailable. */
export class AccountHistory {
  constructor(readonly store: EventStore) {}

  /** Null when there was no such version, or the account was erased by then. */
  async atVersion(accountId: string, version: number): Promise<EmailAccountSnapshot | null> {
    if (version < 1) return null;
    const recorded = await this.#read(accountId, version);
    return recorded.length < version ? null : snapshotOf(recorded);
  }

  /** Null before it was created and after it was erased. */
  async at(accountId: string, time: Date): Promise<EmailAccountSnapshot | null> {
    return snapshotOf((await this.#read(accountId)).filter((event) => event.recordedAt <= time));
  }

  async #read(accountId: string, maxCount?: number): Promise<readonly RecordedEvent[]> {
    const recorded: RecordedEvent[] = [];
    for await (const event of this.store.readStream(emailAccountStream(accountId), maxCount === undefined ? {} : { maxCount })) recorded.push(event);
    return recorded;
  }
}

export function snapshotOf(recorded: readonly RecordedEvent[]): EmailAccountSnapshot | null {
  return recorded.reduce<EmailAccountSnapshot | null>((snapshot, event) => {
    const known = upcast(event);
    if (!known || !isEmailAccountEvent(known)) return snapshot;
    return evolveSnapshot(snapshot, { ...known, revision: event.revision, recordedAt: event.recordedAt, actor: actorOf(event.metadata) });
  }, null);
}
