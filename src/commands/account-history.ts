import { actorOf, isEmailAccountEvent, upcast } from '../domain/event-catalogue.js';
import { evolveSnapshot, type EmailAccountSnapshot } from '../domain/email-account/snapshot.js';
import { emailAccountStream } from '../domain/streams.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';

export interface AccountVersions {
  /** The current version. The first is 1. */
  readonly newest: number;
  /** The account at this version; null when there is none. */
  at(version: number): EmailAccountSnapshot | null;
}

/** The account as it was, folded from its own events. Of an erased account nothing is told any more. Every method may throw StoreUnavailable. */
export class AccountHistory {
  constructor(readonly store: EventStore) {}

  /** Null when there was no such version, or the account is erased. */
  async atVersion(accountId: string, version: number): Promise<EmailAccountSnapshot | null> {
    return snapshotAt(await this.#read(accountId), version);
  }

  /** Everything that the account was; null when there is none of this id, or it is erased. */
  async versions(accountId: string): Promise<AccountVersions | null> {
    const recorded = await this.#read(accountId);
    const newest = recorded.length;
    return snapshotAt(recorded, newest) && { newest, at: (version) => snapshotAt(recorded, version) };
  }

  /** Null before it was created, and when it is erased. */
  async at(accountId: string, time: Date): Promise<EmailAccountSnapshot | null> {
    const recorded = await this.#read(accountId);
    return snapshotAt(recorded, recorded.findLastIndex((event) => event.recordedAt <= time) + 1);
  }

  async #read(accountId: string): Promise<readonly RecordedEvent[]> {
    const recorded: RecordedEvent[] = [];
    for await (const event of this.store.readStream(emailAccountStream(accountId))) recorded.push(event);
    return recorded;
  }
}

/** @param recorded the whole stream, so that an erasure after this version is seen. */
export function snapshotAt(recorded: readonly RecordedEvent[], version: number): EmailAccountSnapshot | null {
  const isErased = recorded.at(-1)?.type === 'AccountErased';
  return isErased || version < 1 || version > recorded.length ? null : snapshotOf(recorded.slice(0, version));
}

export function snapshotOf(recorded: readonly RecordedEvent[]): EmailAccountSnapshot | null {
  return recorded.reduce<EmailAccountSnapshot | null>((snapshot, event) => {
    const known = upcast(event);
    if (!known || !isEmailAccountEvent(known)) return snapshot;
    return evolveSnapshot(snapshot, { ...known, revision: event.revision, recordedAt: event.recordedAt, actor: actorOf(event.metadata) });
  }, null);
}
