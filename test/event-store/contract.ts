import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ConcurrencyConflict,
  StoreUnavailable,
  type Appended,
  type EventStore,
  type NewEvent,
  type RecordedEvent,
  type SubscriptionMessage,
} from '../../src/event-store/event-store.js';

export interface OpenedEventStore {
  readonly store: EventStore;
  /** Closes the store and removes what it was opened for. */
  close(): Promise<void>;
}

/**
 * What every engine behind the port promises. The store may hold other streams, and others may write to it meanwhile: each test keeps to streams of its own,
 * starts at the end of the log, and asks nothing of positions but their order.
 */
export function describeEventStoreContract(name: string, open: () => Promise<OpenedEventStore>): void {
  describe(`the event store contract: ${name}`, () => {
    let opened: OpenedEventStore;
    let store: EventStore;
    beforeAll(async () => {
      opened = await open();
      ({ store } = opened);
    });
    afterAll(() => opened.close());

    describe('appending', () => {
      it('keeps id, type, data and metadata as they were, counts revisions from 0 and says when it recorded', async () => {
        const stream = newStream();
        const events = [
          newEvent('AccountCreated', { name: 'Sales – “Zürich” 📮', nested: { list: [1, null, 'ü', { a: true }] }, big: 2 ** 53 - 1 }),
          newEvent(),
        ];
        const appended = await store.appendToStream(stream, events, 'no_stream');
        const read = await collect(store.readStream(stream));
        expect(read).toMatchObject(events.map((event, index) => ({ ...event, streamId: stream, revision: BigInt(index) })));
        expect(read.map(({ data, metadata }) => ({ data, metadata }))).toEqual(events.map(({ data, metadata }) => ({ data, metadata })));
        expect(appended).toEqual({ revision: 1n, position: read[1]?.position });
        expect(read.every(({ recordedAt }) => !Number.isNaN(recordedAt.getTime()))).toBe(true);
      });

      it('takes names and types in any script', async () => {
        const stream = newStream('contract-süd 東京 ');
        await store.appendToStream(stream, [newEvent('Überprüft')], 'no_stream');
        expect(await collect(store.readStream(stream))).toMatchObject([{ streamId: stream, type: 'Überprüft' }]);
      });

      it.each([
        ['no_stream', 'absent', true],
        ['no_stream', 'present', false],
        ['stream_exists', 'absent', false],
        ['stream_exists', 'present', true],
        ['any', 'absent', true],
        ['any', 'present', true],
        [0n, 'absent', false],
        [0n, 'present', false],
        [1n, 'present', true],
        [2n, 'present', false],
      ] as const)('expecting %s of a stream that is %s: accepted is %s', async (expected, state, accepted) => {
        const stream = newStream();
        if (state === 'present') await store.appendToStream(stream, [newEvent(), newEvent()], 'no_stream');
        const before = await collect(store.readStream(stream));
        const actual = state === 'present' ? 1n : 'no_stream';
        const answer = await store.appendToStream(stream, [newEvent()], expected).catch((error: unknown) => error);
        expect(answer).toMatchObject(accepted ? { revision: BigInt(before.length) } : { name: 'ConcurrencyConflict', streamId: stream, expected, actual });
        expect((await collect(store.readStream(stream))).slice(0, before.length)).toEqual(before);
        expect(await collect(store.readStream(stream))).toHaveLength(before.length + (accepted ? 1 : 0));
      });

      it('lets exactly one of many writers win each revision', async () => {
        const stream = newStream();
        for (const expected of ['no_stream', 0n, 1n] as const) {
          const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => store.appendToStream(stream, [newEvent()], expected)));
          expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
          expect(outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason instanceof ConcurrencyConflict)).toHaveLength(19);
        }
        expect(await collect(store.readStream(stream))).toHaveLength(3);
      });

      it('keeps a batch together, whatever is appended beside it', async () => {
        const stream = newStream();
        const batches = Array.from({ length: 40 }, (_, batch) => [0, 1, 2].map((place) => newEvent('Placed', { batch, place })));
        await Promise.all(batches.map((batch) => store.appendToStream(stream, batch, 'any')));
        const read = await collect(store.readStream(stream));
        expect(read.map(({ revision }) => revision)).toEqual(read.map((_, index) => BigInt(index)));
        for (let first = 0; first < read.length; first += 3)
          expect(read.slice(first, first + 3).map(({ id }) => id)).toEqual(batches[Number(read[first]?.data['batch'])]?.map(({ id }) => id));
        expect(read).toHaveLength(120);
      });

      it('takes 500 appends at once and shows each of them', async () => {
        const streams = Array.from({ length: 500 }, () => newStream());
        const appended = await Promise.all(streams.map((stream) => store.appendToStream(stream, [newEvent()], 'no_stream')));
        expect(new Set(appended.map(({ position }) => position)).size).toBe(500);
        for (const [index, stream] of streams.entries())
          expect(await collect(store.readStream(stream))).toMatchObject([{ revision: 0n, position: appended[index]?.position }]);
      });

      it.each([
        ['no events', []],
        ['a bigint in the data', [newEvent('Counted', { count: 1n })]],
        ['a circle in the data', [newEvent('Circled', circular())]],
        ['an id that is no UUID', [{ ...newEvent(), id: 'one' }]],
        ['one id twice', ((event) => [event, event])(newEvent())],
      ])('refuses %s as a programming error and writes nothing', async (_, events) => {
        const stream = newStream();
        const neighbour = newStream();
        const refused = store.appendToStream(stream, events, 'any');
        const accepted = store.appendToStream(neighbour, [newEvent()], 'no_stream');
        await expect(refused).rejects.toThrow(TypeError);
        await expect(accepted).resolves.toMatchObject({ revision: 0n });
        expect(await collect(store.readStream(stream))).toEqual([]);
      });
    });

    describe('appending the same events again', () => {
      it('with the same expected revision gives the first revision and adds nothing, whatever came after', async () => {
        const stream = newStream();
        await store.appendToStream(stream, [newEvent()], 'no_stream');
        const batch = [newEvent(), newEvent()];
        const first = await store.appendToStream(stream, batch, 0n);
        expect(await store.appendToStream(stream, batch, 0n)).toMatchObject({ revision: first.revision });
        await store.appendToStream(stream, [newEvent()], 2n);
        expect(await store.appendToStream(stream, batch, 0n)).toMatchObject({ revision: first.revision });
        expect(await collect(store.readStream(stream))).toHaveLength(4);
      });

      it('gives one answer to retries that overtake each other', async () => {
        const stream = newStream();
        const batch = [newEvent(), newEvent()];
        const answers = await Promise.all(Array.from({ length: 10 }, () => store.appendToStream(stream, batch, 'no_stream')));
        expect(new Set(answers.map(({ revision }) => revision))).toEqual(new Set([1n]));
        expect(await collect(store.readStream(stream))).toHaveLength(2);
      });

      it('is a conflict unless they are in the stream one after the other, all of them', async () => {
        const stream = newStream();
        const [first, second, third] = [newEvent(), newEvent(), newEvent()];
        await store.appendToStream(stream, [first, second, third], 'no_stream');
        await expect(store.appendToStream(stream, [first, second, third, newEvent()], 'no_stream')).rejects.toThrow(ConcurrencyConflict);
        await expect(store.appendToStream(stream, [newEvent(), second], 'no_stream')).rejects.toThrow(ConcurrencyConflict);
        await expect(store.appendToStream(stream, [second, first], 'no_stream')).rejects.toThrow(ConcurrencyConflict);
        await expect(store.appendToStream(stream, [first, third], 'no_stream')).rejects.toThrow(ConcurrencyConflict);
        expect(await collect(store.readStream(stream))).toHaveLength(3);
      });

      it('is about one stream: another one may hold an event of the same id', async () => {
        const event = newEvent();
        const streams = [newStream(), newStream()];
        for (const stream of streams) await store.appendToStream(stream, [event], 'no_stream');
        for (const stream of streams) expect(await collect(store.readStream(stream))).toMatchObject([{ id: event.id }]);
      });
    });

    describe('reading a stream', () => {
      it('is empty when there is none', async () => expect(await collect(store.readStream(newStream()))).toEqual([]));

      it('starts at a revision and stops at a count', async () => {
        const stream = newStream();
        await store.appendToStream(stream, Array.from({ length: 1_100 }, newEventAt), 'no_stream');
        const read = async (options: { from?: bigint; maxCount?: number }) => (await collect(store.readStream(stream, options))).map(({ data }) => data['at']);
        expect(await read({})).toEqual(numbers(0, 1_100));
        expect(await read({ from: 1_098n })).toEqual([1_098, 1_099]);
        expect(await read({ from: 400n, maxCount: 600 })).toEqual(numbers(400, 1_000));
        expect(await read({ maxCount: 1 })).toEqual([0]);
        expect(await read({ maxCount: 0 })).toEqual([]);
        expect(await read({ from: 1_100n })).toEqual([]);
      });

      it('may be left at any event', async () => {
        const stream = newStream();
        await store.appendToStream(stream, [newEvent(), newEvent(), newEvent()], 'no_stream');
        for await (const { revision } of store.readStream(stream)) if (revision === 1n) break;
        expect(await store.appendToStream(stream, [newEvent()], 2n)).toMatchObject({ revision: 3n });
      });
    });

    describe('reading the log', () => {
      it('gives every event once, in the order of commit, with positions that increase and times that never decrease', async () => {
        const after = await end(store);
        const category = newCategory();
        const appended: Appended[] = [];
        for (const place of numbers(0, 30)) appended.push(await store.appendToStream(`${category}-${place % 7}`, [newEventAt(null, place)], 'any'));
        const read = await collect(store.readAll(after));
        const mine = read.filter(({ streamId }) => streamId.startsWith(category));
        expect(mine.map(({ data }) => data['at'])).toEqual(numbers(0, 30));
        expect(mine.map(({ position }) => position)).toEqual(appended.map(({ position }) => position));
        expect(read.slice(1).every(({ position, recordedAt }, index) => isAfter(read[index], position, recordedAt))).toBe(true);
      });

      it('starts after a position, keeps to the prefixes, stops at a count of what it gives', async () => {
        const category = newCategory();
        const start = await end(store);
        const appended: Appended[] = [];
        for (const place of numbers(0, 20)) appended.push(await store.appendToStream(`${category}${place % 2}-x`, [newEventAt(null, place)], 'any'));
        const read = async (options: { after?: bigint; from?: bigint; streamPrefixes?: string[]; maxCount?: number }) =>
          (await collect(store.readAll({ ...start, ...options }))).filter(({ streamId }) => streamId.startsWith(category)).map(({ data }) => data['at']);
        expect(await read({})).toEqual(numbers(0, 20));
        expect(await read({ streamPrefixes: [`${category}1-`] })).toEqual(numbers(0, 20).filter((place) => place % 2 === 1));
        expect(await read({ streamPrefixes: [`${category}1-`, `${category}0-`] })).toEqual(numbers(0, 20));
        expect(await read({ streamPrefixes: [`${category}1-`], maxCount: 3 })).toEqual([1, 3, 5]);
        const eleventh = appended[10];
        expect(eleventh && (await read({ after: eleventh.position }))).toEqual(numbers(11, 20));
        expect(eleventh && (await read({ from: eleventh.position }))).toEqual(numbers(10, 20));
        expect(eleventh && (await read({ from: eleventh.position, streamPrefixes: [`${category}0-`], maxCount: 2 }))).toEqual([10, 12]);
        expect(await read({ streamPrefixes: [`${category}2-`] })).toEqual([]);
        expect(await read({ streamPrefixes: [] })).toEqual([]);
      });

      it('takes a prefix literally', async () => {
        const category = newCategory();
        const start = await end(store);
        for (const stream of [`${category}_%*[a]-1`, `${category}xyz-1`]) await store.appendToStream(stream, [newEvent()], 'no_stream');
        const read = await collect(store.readAll({ ...start, streamPrefixes: [`${category}_%*[a]`] }));
        expect(read.map(({ streamId }) => streamId)).toEqual([`${category}_%*[a]-1`]);
      });

      it('ends with the newest event, which is the head', async () => {
        const appended = await store.appendToStream(newStream(), [newEvent(), newEvent()], 'no_stream');
        const head = await store.headPosition();
        expect(head !== undefined && head >= appended.position).toBe(true);
        expect((await collect(store.readAll({ from: appended.position, maxCount: 1 })))[0]?.position).toBe(appended.position);
      });
    });

    describe('a subscription', () => {
      it('catches up, says so, then delivers what is appended, each event once and in order', async () => {
        const category = newCategory();
        const start = await end(store);
        for (const place of numbers(0, 5)) await store.appendToStream(`${category}-${place}`, [newEventAt(null, place)], 'no_stream');
        const subscription = follow(store, { ...start, streamPrefixes: [category] });
        await subscription.until(({ kind }) => kind === 'caughtUp');
        expect(places(subscription.messages)).toEqual(numbers(0, 5));
        for (const place of numbers(5, 10)) await store.appendToStream(`${category}-${place}`, [newEventAt(null, place)], 'no_stream');
        await subscription.until((message) => message.kind === 'event' && message.event.data['at'] === 9);
        expect(places(subscription.messages)).toEqual(numbers(0, 10));
        await subscription.end();
      });

      it('goes on after any checkpoint without a gap and without a repetition', async () => {
        const category = newCategory();
        const start = await end(store);
        for (const place of numbers(0, 40)) await store.appendToStream(`${category}-${place % 3}`, [newEventAt(null, place)], 'any');
        const first = follow(store, { ...start, streamPrefixes: [category] });
        await first.until(({ kind }) => kind === 'caughtUp');
        await first.end();
        const checkpoints = first.messages.flatMap((message, index) => (message.kind === 'checkpoint' ? [{ index, position: message.position }] : []));
        expect(checkpoints.length).toBeGreaterThan(0);
        for (const { index, position } of checkpoints) {
          const second = follow(store, { after: position, streamPrefixes: [category] });
          await second.until(({ kind }) => kind === 'caughtUp');
          await second.end();
          expect([...places(first.messages.slice(0, index)), ...places(second.messages)]).toEqual(numbers(0, 40));
        }
      });

      it('moves its checkpoint over events that it filters out', async () => {
        const start = await end(store);
        const subscription = follow(store, { ...start, streamPrefixes: [newCategory()] });
        await subscription.until(({ kind }) => kind === 'caughtUp');
        let last: Appended | undefined;
        for (const _ of numbers(0, 3)) last = await store.appendToStream(newStream(), [newEvent()], 'no_stream');
        await subscription.until((message) => message.kind === 'checkpoint' && last !== undefined && message.position >= last.position);
        expect(places(subscription.messages)).toEqual([]);
        await subscription.end();
      });

      it('misses nothing that is appended while it goes from catching up to following', async () => {
        const category = newCategory();
        const start = await end(store);
        const subscriptions = Array.from({ length: 5 }, () => follow(store, { ...start, streamPrefixes: [category] }));
        await Promise.all(numbers(0, 300).map((place) => store.appendToStream(`${category}-${place % 11}`, [newEventAt(null, place)], 'any')));
        for (const subscription of subscriptions) {
          await subscription.until(() => places(subscription.messages).length === 300);
          await subscription.end();
          expect(new Set(places(subscription.messages)).size).toBe(300);
        }
      });

      it('serves many at once', async () => {
        const category = newCategory();
        const start = await end(store);
        const subscriptions = Array.from({ length: 50 }, () => follow(store, { ...start, streamPrefixes: [category] }));
        await Promise.all(subscriptions.map((subscription) => subscription.until(({ kind }) => kind === 'caughtUp')));
        for (const place of numbers(0, 20)) await store.appendToStream(`${category}-1`, [newEventAt(null, place)], 'any');
        await Promise.all(subscriptions.map((subscription) => subscription.until(() => places(subscription.messages).length === 20)));
        for (const subscription of subscriptions) {
          await subscription.end();
          expect(places(subscription.messages)).toEqual(numbers(0, 20));
        }
      });

      it('delivers only what can already be read', async () => {
        const category = newCategory();
        const subscription = follow(store, { ...(await end(store)), streamPrefixes: [category] });
        await subscription.until(({ kind }) => kind === 'caughtUp');
        await store.appendToStream(`${category}-1`, [newEvent(), newEvent()], 'no_stream');
        await subscription.until(({ kind }) => kind === 'event');
        expect(await collect(store.readStream(`${category}-1`))).toHaveLength(2);
        await subscription.end();
      });

      it('ends without an error when its signal aborts: before it starts, while it waits, between two events', async () => {
        const start = await end(store);
        expect(await collect(store.subscribeToAll({ ...start, signal: AbortSignal.abort() }))).toEqual([]);

        const waiting = follow(store, start);
        await waiting.until(({ kind }) => kind === 'caughtUp');
        await waiting.end();

        const category = newCategory();
        await store.appendToStream(`${category}-1`, numbers(0, 10).map(() => newEvent()), 'no_stream'); // prettier-ignore
        const abort = new AbortController();
        let events = 0;
        for await (const { kind } of store.subscribeToAll({ ...start, streamPrefixes: [category], signal: abort.signal })) {
          if (kind === 'event' && ++events === 4) abort.abort();
        }
        expect(events).toBe(4);
      });
    });
  });

  describe(`the event store contract, closing: ${name}`, () => {
    it('finishes what it accepted, then answers everything with StoreUnavailable', async () => {
      const opened = await open();
      const { store } = opened;
      try {
        const stream = newStream();
        const accepted = Array.from({ length: 10 }, () => store.appendToStream(stream, [newEvent()], 'any'));
        const subscription = follow(store, await end(store));
        const ended = subscription.until(() => false).catch((error: unknown) => error);
        await store.close();
        await Promise.all(accepted);
        expect(await ended).toBeInstanceOf(StoreUnavailable);
        await expect(store.appendToStream(stream, [newEvent()], 'any')).rejects.toThrow(StoreUnavailable);
        await expect(collect(store.readStream(stream))).rejects.toThrow(StoreUnavailable);
        await expect(collect(store.readAll())).rejects.toThrow(StoreUnavailable);
        await expect(collect(store.subscribeToAll({ signal: new AbortController().signal }))).rejects.toThrow(StoreUnavailable);
        await expect(store.headPosition()).rejects.toThrow(StoreUnavailable);
        await store.close();
      } finally {
        await opened.close();
      }
    });
  });
}

/** An event that says nothing of its own. */
export function newEvent(type = 'Happened', data: NewEvent['data'] = {}): NewEvent {
  return { id: randomUUID(), type, data, metadata: { $correlationId: randomUUID() } };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** A subscription that is read as fast as it delivers; `until` waits for a message that has come or is still to come. */
export function follow(store: EventStore, options: { after?: bigint; streamPrefixes?: readonly string[] }) {
  const abort = new AbortController();
  const messages: SubscriptionMessage[] = [];
  const waiting = new Set<() => void>();
  const reading = (async () => {
    for await (const message of store.subscribeToAll({ ...options, signal: abort.signal })) {
      messages.push(message);
      for (const look of waiting) look();
    }
  })();
  return {
    messages,
    until(found: (message: SubscriptionMessage) => boolean): Promise<void> {
      return new Promise((resolve, reject) => {
        let seen = 0;
        const look = () => {
          while (seen < messages.length) {
            const message = messages[seen++];
            if (!message || !found(message)) continue;
            waiting.delete(look);
            resolve();
            return;
          }
        };
        waiting.add(look);
        reading.then(() => reject(new Error('The subscription ended.')), reject);
        look();
      });
    },
    end(): Promise<void> {
      abort.abort();
      return reading;
    },
  };
}

function isAfter(earlier: RecordedEvent | undefined, position: bigint, recordedAt: Date): boolean {
  return earlier !== undefined && position > earlier.position && recordedAt >= earlier.recordedAt;
}

const newCategory = () => `contract${randomUUID().replaceAll('-', '')}`;
const newStream = (prefix = 'contract-') => `${prefix}${randomUUID()}`;
const newEventAt = (_: unknown, at: number) => newEvent('Placed', { at });
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const places = (messages: readonly SubscriptionMessage[]) => messages.flatMap((message) => (message.kind === 'event' ? [message.event.data['at']] : []));

async function end(store: EventStore): Promise<{ after?: bigint }> {
  const head = await store.headPosition();
  return head === undefined ? {} : { after: head };
}

function circular(): NewEvent['data'] {
  const data: Record<string, unknown> = {};
  data['itself'] = data;
  return data;
}
