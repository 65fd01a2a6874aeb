import { sealedPersonalData, type SealedPersonalData } from '../domain/personal-data/sealed-personal-data.js';
import {
  ConcurrencyConflict,
  StoreUnavailable,
  type Appended,
  type EventStore,
  type ExpectedRevision,
  type NewEvent,
  type Position,
  type ReadAllOptions,
  type RecordedEvent,
  type StreamId,
  type SubscriptionMessage,
} from '../event-store/event-store.js';
import type { PersonalDataKey } from '../secret-store/personal-data-key.js';
import { SealBroken } from '../secret-store/seal-broken.js';
import { AccountShredded, SecretStoreUnavailable, SecretUnreadable, type SecretStore } from '../secret-store/secret-store.js';
import { mappedIterable } from './mapped-iterable.js';
import { unreadable } from './personal-data-unreadable.js';
import { divide, erased, opened, sealed, withoutPersonalData, type Divided } from './sealing.js';
import { accountOf, subjectOf } from './subject.js';

/** So many accounts' keys are remembered at once, as many as a secret store keeps in memory. */
const mostKeys = 10_000;

export interface SealingOptions {
  /** How many events may wait for their accounts' keys at once, where the secret store is on other machines. Default: one after the other. */
  readonly keysAhead?: number;
}

interface Opened {
  readonly event: RecordedEvent;
  /** What it was opened with: once that is erased, the event is opened anew. Null for what is erased, which it stays. */
  readonly key: PersonalDataKey | null;
}

/**
 * The log with the personal data of accounts sealed at rest. What is appended is sealed under the key of the account that it is about, and what is read is opened, so that nobody who uses this
 * store knows of it. Once the account's key is destroyed, each text reads `[erased …]`.
 *
 * An event that does not open though its account was not erased throws where its data is asked for: see `unreadable`.
 */
export class SealingEventStore implements EventStore {
  readonly #keys = new Map<StreamId, PersonalDataKey | 'erased'>();
  /** By the object that the raw store gave: it gives the same one to all who follow the log. */
  readonly #opened = new WeakMap<RecordedEvent, Opened>();
  readonly #looking = new Map<StreamId, Promise<unknown>>();
  readonly #appending = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(
    readonly raw: EventStore,
    private readonly secrets: Pick<SecretStore, 'usePersonalDataKey'>,
    private readonly options: SealingOptions = {},
  ) {}

  /**
   * @throws {AccountShredded} the account was erased, and the events hold personal data of it. Nothing was appended.
   * @throws {TypeError} see {@link divide} and {@link subjectOf}.
   */
  async appendToStream(streamId: StreamId, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    if (this.#isClosed) throw new StoreUnavailable('The event store is closed.');
    const appending = this.#append(streamId, events, expected);
    this.#appending.add(appending);
    try {
      return await appending;
    } finally {
      this.#appending.delete(appending);
    }
  }

  readStream(streamId: StreamId, options?: { readonly from?: bigint; readonly maxCount?: number }): AsyncIterable<RecordedEvent> {
    return mappedIterable(this.raw.readStream(streamId, options), (event) => this.#open(event));
  }

  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent> {
    return mappedIterable(this.raw.readAll(options), (event) => this.#open(event), this.#ahead);
  }

  subscribeToAll(options: {
    readonly after?: Position;
    readonly streamPrefixes?: readonly string[];
    readonly signal: AbortSignal;
  }): AsyncIterable<SubscriptionMessage> {
    // Before it has caught up, a subscription is given objects of its own, and to remember what became of them would be in vain.
    let isLive = false;
    const { signal } = options;
    const ending = new AbortController();
    const leave = () => {
      signal.removeEventListener('abort', leave);
      ending.abort();
    };
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    const open = (message: SubscriptionMessage): SubscriptionMessage | Promise<SubscriptionMessage> => {
      if (message.kind === 'caughtUp') isLive = true;
      if (message.kind !== 'event') return message;
      const event = isLive ? this.#openShared(message.event) : this.#open(message.event);
      if (event instanceof Promise) return event.then((opened) => ({ kind: 'event', event: opened }));
      return event === message.event ? message : { kind: 'event', event };
    };
    return mappedIterable(this.raw.subscribeToAll({ ...options, signal: ending.signal }), open, { isOver: () => signal.aborted, leave, ...this.#ahead });
  }

  get #ahead(): { readonly ahead?: number } {
    const { keysAhead } = this.options;
    return keysAhead === undefined ? {} : { ahead: keysAhead };
  }

  headPosition(): Promise<Position | undefined> {
    return this.raw.headPosition();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#appending);
    await this.raw.close();
    this.#keys.clear();
  }

  async #append(streamId: StreamId, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    const divided = events.map(divide);
    const subject = divided.find(({ leaves }) => leaves.length > 0);
    // Nothing is awaited before the store has it, so that appends of one turn stay in their order.
    const toAppend = subject === undefined ? events : this.#sealedAtOnce(streamId, divided);
    if (toAppend) return this.#appended(await this.raw.appendToStream(streamId, toAppend, expected), streamId, events);
    const sealing: NewEvent[] = [];
    for (const part of divided) {
      const sealedEvent = await this.#sealed(streamId, part);
      if (sealedEvent === null) return this.#refuseShredded(streamId, divided, expected);
      sealing.push(sealedEvent);
    }
    return this.#appended(await this.raw.appendToStream(streamId, sealing, expected), streamId, events);
  }

  #appended(appended: Appended, streamId: StreamId, events: readonly NewEvent[]): Appended {
    if (events.some(({ type }) => type === 'AccountErased')) this.#keys.delete(streamId);
    return appended;
  }

  /** Null unless all keys that it takes are in memory. */
  #sealedAtOnce(streamId: StreamId, divided: readonly Divided[]): readonly NewEvent[] | null {
    const sealing: NewEvent[] = [];
    for (const part of divided) {
      if (part.leaves.length === 0) sealing.push(part.event);
      else {
        const subject = subjectOf(streamId, part.event);
        const key = this.#keyInMemory(subject);
        if (key === undefined || key === 'erased') return null;
        sealing.push(sealed(part, streamId, subject, key));
      }
    }
    return sealing;
  }

  /** Null for an event of an erased account's own stream. Of what happened beside it there is a record without its personal data. */
  async #sealed(streamId: StreamId, part: Divided): Promise<NewEvent | null> {
    if (part.leaves.length === 0) return part.event;
    const subject = subjectOf(streamId, part.event);
    const sealing = await this.#withKey(subject, { create: true }, (key) => sealed(part, streamId, subject, key));
    if (sealing === null) throw new StoreUnavailable(`The key of account ${accountOf(subject)} could not be made. Try again.`);
    if (sealing !== 'erased') return sealing;
    return subject === streamId ? null : withoutPersonalData(part);
  }

  /** The log says itself that the account was erased, or that these events are in it already; where it does not, as after a restore, the secret store does. */
  async #refuseShredded(streamId: StreamId, divided: readonly Divided[], expected: ExpectedRevision): Promise<Appended> {
    const ids = new Set(divided.map(({ event }) => event.id.toLowerCase()));
    let last: bigint | 'no_stream' = 'no_stream';
    for await (const { id, revision } of this.raw.readStream(streamId)) {
      // The store knows them, and answers or refuses without writing.
      if (ids.has(id)) return this.raw.appendToStream(streamId, divided.map(withoutPersonalData), expected);
      last = revision;
    }
    if ((typeof expected === 'bigint' || expected === 'no_stream') && expected !== last) throw new ConcurrencyConflict(streamId, expected, last);
    throw new AccountShredded(accountOf(streamId));
  }

  #open(event: RecordedEvent): RecordedEvent | Promise<RecordedEvent> {
    // From here on its key is asked for anew, and not found.
    if (event.type === 'AccountErased') this.#keys.delete(event.streamId);
    const personal = this.#personalDataOf(event);
    if (personal === null) return event;
    if (!('subject' in personal)) return personal;
    const key = this.#keyInMemory(personal.subject);
    if (key === undefined) return this.#openLater(event, personal);
    return key === 'erased' ? erased(event, personal) : openedOrUnreadable(event, personal, key);
  }

  /** For events that the raw store gives to all who follow it: they are opened once for all of them. */
  #openShared(raw: RecordedEvent): RecordedEvent | Promise<RecordedEvent> {
    const known = this.#opened.get(raw);
    if (known && !(known.key?.isErased ?? false)) return known.event;
    const opening = this.#open(raw);
    if (opening === raw || raw.type === 'AccountErased') return opening;
    const keep = (event: RecordedEvent) => {
      const subject = sealedPersonalData(raw.metadata)?.subject;
      const key = subject === undefined ? undefined : this.#keyInMemory(subject);
      if (key !== undefined) this.#opened.set(raw, { event, key: key === 'erased' ? null : key });
      return event;
    };
    return opening instanceof Promise ? opening.then(keep) : keep(opening);
  }

  /** Null for an event that has none; an unreadable event where it says something else than this service writes. */
  #personalDataOf(event: RecordedEvent): SealedPersonalData | RecordedEvent | null {
    try {
      return sealedPersonalData(event.metadata);
    } catch (error) {
      return unreadable(event, error);
    }
  }

  /** One look at a time for each account: its events often follow each other. */
  async #openLater(event: RecordedEvent, personal: SealedPersonalData): Promise<RecordedEvent> {
    const { subject } = personal;
    const looking = this.#looking.get(subject);
    if (looking) {
      await Promise.allSettled([looking]);
      return this.#open(event);
    }
    const opening = this.#lookUpAndOpen(event, personal);
    this.#looking.set(subject, opening);
    try {
      return await opening;
    } finally {
      this.#looking.delete(subject);
    }
  }

  async #lookUpAndOpen(event: RecordedEvent, personal: SealedPersonalData): Promise<RecordedEvent> {
    try {
      const found = await this.#withKey(personal.subject, { create: false }, (key) => openedOrUnreadable(event, personal, key));
      if (found !== 'erased' && found !== null) return found;
      if (found === 'erased' || (await this.#isErasedInLog(personal.subject))) return erased(event, personal);
      return unreadable(event, new Error(`Account ${accountOf(personal.subject)} has no key.`));
    } catch (error) {
      if (error instanceof SecretUnreadable) return unreadable(event, error);
      throw error;
    }
  }

  /** A secret store that is older than the account's key holds nothing of it. Where the account was erased since, nothing is lost that should be there. */
  async #isErasedInLog(subject: StreamId): Promise<boolean> {
    for await (const { type } of this.raw.readStream(subject)) if (type === 'AccountErased') return true;
    return false;
  }

  #keyInMemory(subject: StreamId): PersonalDataKey | 'erased' | undefined {
    const key = this.#keys.get(subject);
    return key === undefined || key === 'erased' || !key.isErased ? key : undefined;
  }

  /** @throws {StoreUnavailable} the secret store does not answer. @throws {SecretUnreadable} */
  async #withKey<Result>(subject: StreamId, options: { readonly create: boolean }, use: (key: PersonalDataKey) => Result): Promise<Result | 'erased' | null> {
    try {
      return await this.secrets.usePersonalDataKey(accountOf(subject), options, (key) => {
        this.#remember(subject, key);
        return use(key);
      });
    } catch (error) {
      if (error instanceof AccountShredded) {
        this.#remember(subject, 'erased');
        return 'erased';
      }
      if (error instanceof SecretStoreUnavailable) throw new StoreUnavailable(error.message, { cause: error });
      throw error;
    }
  }

  #remember(subject: StreamId, key: PersonalDataKey | 'erased'): void {
    // They are looked up again where they are needed still.
    if (this.#keys.size >= mostKeys) this.#keys.clear();
    this.#keys.set(subject, key);
  }
}

function openedOrUnreadable(event: RecordedEvent, personal: SealedPersonalData, key: PersonalDataKey): RecordedEvent {
  try {
    return opened(event, personal, key);
  } catch (error) {
    if (error instanceof SealBroken) return unreadable(event, error);
    throw error;
  }
}
