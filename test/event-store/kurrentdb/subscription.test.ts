import { describe, expect, it } from 'vitest';
import { leafInput } from '../../../src/ledger/leaf.js';
import { StoreUnavailable, type RecordedEvent, type SubscriptionMessage } from '../../../src/event-store/event-store.js';
import { collect, follow, newEvent } from '../contract.js';
import { jsonEvent, type DoubleLog } from '../kurrentdb-double/log.js';
import { faults } from '../kurrentdb-double/wire.js';
import { openOverDouble } from './open.js';

const count = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const eventsOf = (messages: readonly SubscriptionMessage[]) => messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
const placesOf = (events: readonly RecordedEvent[]) => events.map(({ data }) => data['at']);

/** Puts numbered events into the log past the wire: quick, and at a time of the test's own. */
function record(log: DoubleLog, streamId: string, places: readonly number[], created = Date.now()): void {
  for (const at of places) log.append(streamId, 'any', [{ ...jsonEvent('Placed', { at }), metadata: Buffer.from('{}') }], created);
}

describe('a subscription to the log of a server', () => {
  it('comes back after each lost connection, with nothing missing and nothing twice', async () => {
    const { double, store } = await openOverDouble();
    record(double.log, 'a-1', count(0, 500));
    const following = follow(store, { streamPrefixes: ['a-'] });
    for (const round of count(1, 6)) {
      await following.until((message) => message.kind === 'event' && message.event.data['at'] === round * 100 - 1);
      double.node(0).front.cut();
      record(double.log, `a-${round}`, count(400 + round * 100, 500 + round * 100));
      record(double.log, `b-${round}`, count(0, 40));
    }
    await following.until((message) => message.kind === 'event' && message.event.data['at'] === 999);
    await following.end();
    expect(placesOf(eventsOf(following.messages))).toEqual(count(0, 1_000));
  });

  it('goes on where it was although the event there is gone since a scavenge', async () => {
    const { double, store } = await openOverDouble();
    record(double.log, 'a-1', count(0, 3));
    const { position } = await store.appendToStream('a-gone', [newEvent()], 'no_stream');
    record(double.log, 'a-1', count(3, 6));
    double.log.tombstone('a-gone', Date.now());
    double.log.scavenge();
    const following = follow(store, { after: position, streamPrefixes: ['a-'] });
    await following.until(({ kind }) => kind === 'caughtUp');
    await following.end();
    expect(placesOf(eventsOf(following.messages))).toEqual([3, 4, 5]);
    expect(placesOf(await collect(store.readAll({ after: position })))).toEqual([3, 4, 5]);
    expect(placesOf(await collect(store.readAll({ from: position, streamPrefixes: ['a-'] })))).toEqual([3, 4, 5]);
  });

  it('that is near the end passes what it filters out at once, so that nobody waits for a position in vain', async () => {
    const { double, store } = await openOverDouble();
    const following = follow(store, { streamPrefixes: ['a-'] });
    await following.until(({ kind }) => kind === 'caughtUp');
    for (const _ of count(0, 3)) {
      const { position } = await store.appendToStream('b-1', [newEvent()], 'any');
      await following.until((message) => message.kind === 'checkpoint' && message.position === position);
    }
    await following.end();
    // The same from where it was, with everything behind it filtered out: the end is told although no event came.
    const { position: after } = await store.appendToStream('a-1', [newEvent()], 'no_stream');
    record(double.log, 'b-2', count(0, 10));
    const head = await store.headPosition();
    const again = follow(store, { after, streamPrefixes: ['a-'] });
    await again.until(({ kind }) => kind === 'caughtUp');
    await again.end();
    expect(again.messages.slice(-2)).toEqual([{ kind: 'checkpoint', position: head }, { kind: 'caughtUp' }]);
  });

  it('catches up from far away in large steps, each checkpoint behind every event before it, also for a slow reader', async () => {
    const { double, store } = await openOverDouble();
    for (const round of count(0, 12)) {
      record(double.log, `a-${round}`, count(round * 25, round * 25 + 25));
      record(double.log, `b-${round}`, count(0, 700));
    }
    const [seen, overtaken, stop] = [new Array<RecordedEvent>(), new Array<RecordedEvent>(), new AbortController()];
    let checkpoints = 0;
    for await (const message of store.subscribeToAll({ streamPrefixes: ['a-'], signal: stop.signal })) {
      if (message.kind === 'event') seen.push(message.event);
      if (message.kind === 'checkpoint' && checkpoints++ % 5 === 0) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        const missing = await collect(store.readAll({ streamPrefixes: ['a-'] }));
        overtaken.push(...missing.filter(({ id, position }) => position <= message.position && !seen.some((event) => event.id === id)));
      }
      if (message.kind === 'caughtUp') stop.abort();
    }
    expect(placesOf(seen)).toEqual(count(0, 300));
    expect(overtaken).toEqual([]);
    expect(checkpoints).toBeGreaterThan(10);
  });

  it("shows nothing of the servers' own: neither their streams, nor a tombstone, nor what is no JSON", async () => {
    const { double, store } = await openOverDouble();
    const { log } = double;
    log.append('$settings', 'any', [jsonEvent('update-default-acl', {})], Date.now());
    log.append('$$a-1', 'any', [jsonEvent('$metadata', { $maxCount: 7 })], Date.now());
    log.append('a-0', 'any', [{ ...jsonEvent('Picture', {}), contentType: 'application/octet-stream' }], Date.now());
    record(log, 'a-1', [1]);
    record(log, 'a-2', [2]);
    log.tombstone('a-2', Date.now());
    for (const options of [{}, { streamPrefixes: ['a-', '$'] }, { streamPrefixes: [''] }]) {
      expect(placesOf(await collect(store.readAll(options)))).toEqual([1, 2]);
      const following = follow(store, options);
      await following.until(({ kind }) => kind === 'caughtUp');
      await following.end();
      expect(placesOf(eventsOf(following.messages))).toEqual([1, 2]);
    }
  });

  it('gives times that never decrease, whichever node has stamped the events, also when it begins in the middle', async () => {
    const { double, store } = await openOverDouble({ nodes: 2 });
    double.node(0).clockSkew = 60_000;
    const first = await store.appendToStream('a-1', [newEvent(), newEvent()], 'no_stream');
    double.electLeader(1);
    await store.appendToStream('a-2', [newEvent()], 'no_stream');
    const all = await collect(store.readAll());
    expect(new Set(all.map(({ recordedAt }) => recordedAt.getTime())).size).toBe(1);
    const following = follow(store, { after: first.position });
    await following.until(({ kind }) => kind === 'event');
    await following.end();
    expect(eventsOf(following.messages)).toMatchObject([{ recordedAt: all[2]?.recordedAt }]);
    // What is hashed of an event is the same, however much of the log was read before it.
    const last = all.at(-1);
    const alone = await collect(store.readAll(last ? { from: last.position, maxCount: 1 } : {}));
    expect(alone.map(leafInput)).toEqual(all.slice(-1).map(leafInput));
    expect(alone.map(({ recordedAt }) => recordedAt)).not.toEqual(all.slice(-1).map(({ recordedAt }) => recordedAt));
  });

  it('ends with StoreUnavailable when nobody answers for as long as an operation may take, and tells where to go on', async () => {
    const { double, store } = await openOverDouble({ operationMilliseconds: 400 });
    const following = follow(store, {});
    await following.until(({ kind }) => kind === 'caughtUp');
    await double.kill(0);
    const ended = await following.until(() => false).catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(StoreUnavailable);
    expect(String(ended)).toContain('Go on from the last checkpoint.');
  });

  it('says at once that the user may not read $all', async () => {
    const { double, store } = await openOverDouble();
    double.node(0).deniesAll = true;
    await expect(follow(store, {}).until(() => false)).rejects.toThrow("The event store's user lacks a right that is needed.");
    await expect(collect(store.readAll())).rejects.toThrow('reading $all');
    await expect(store.headPosition()).rejects.toThrow('reading $all');
    expect(await store.appendToStream('a-1', [newEvent()], 'no_stream')).toMatchObject({ revision: 0n });
  });

  it('goes on from what a new leader has written behind the newest event, which a checkpoint names and nobody can read', async () => {
    const { double, store } = await openOverDouble();
    const { position } = await store.appendToStream('a-1', [newEvent()], 'no_stream');
    const first = follow(store, { streamPrefixes: ['b-'] });
    await first.until(({ kind }) => kind === 'caughtUp');
    double.log.elect();
    await first.until((message) => message.kind === 'checkpoint' && message.position > position);
    await first.end();
    const [last] = first.messages.flatMap((message) => (message.kind === 'checkpoint' ? [message.position] : [])).slice(-1);
    const second = follow(store, { ...(last !== undefined && { after: last }), streamPrefixes: ['b-'] });
    await second.until(({ kind }) => kind === 'caughtUp');
    await store.appendToStream('b-1', [newEvent()], 'no_stream');
    await second.until(({ kind }) => kind === 'event');
    await second.end();
    expect(eventsOf(second.messages)).toHaveLength(1);
    expect(second.messages.filter((message) => message.kind === 'checkpoint' && message.position <= (last ?? 0n))).toEqual([]);
  });

  it('is not begun beyond the end of the log', async () => {
    const { store } = await openOverDouble();
    const { position } = await store.appendToStream('a-1', [newEvent()], 'no_stream');
    await expect(follow(store, { after: position + 2_000_000n }).until(() => false)).rejects.toThrow('beyond the end of the log');
  });
});

describe('a read of a server', () => {
  it('goes on where it was when the connection is lost', async () => {
    const { double, store } = await openOverDouble();
    record(double.log, 'a-1', count(0, 1_500));
    for (const read of [() => store.readStream('a-1'), () => store.readAll(), () => store.readAll({ streamPrefixes: ['a-'] })]) {
      const seen: RecordedEvent[] = [];
      for await (const event of read()) if (seen.push(event) % 500 === 7) double.node(0).front.cut();
      expect(placesOf(seen)).toEqual(count(0, 1_500));
    }
  });

  it('is answered by the leader alone, and tried again while there is none', async () => {
    const { double, store } = await openOverDouble({ nodes: 2 });
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    double.electLeader(1);
    double.node(1).failNext('read', faults.notReady());
    expect(await collect(store.readStream('a-1'))).toHaveLength(1);
    for (const node of double.nodes) expect(node.calls.filter(({ method }) => method === 'read').every(({ requiresLeader }) => requiresLeader)).toBe(true);
  });

  it('of a server that says nothing ends when its time is up', async () => {
    const { double, store } = await openOverDouble({ operationMilliseconds: 400, attemptMilliseconds: 100 });
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    double.freeze(0);
    await expect(collect(store.readStream('a-1'))).rejects.toThrow(StoreUnavailable);
    await expect(collect(store.readAll())).rejects.toThrow(StoreUnavailable);
    await expect(store.headPosition()).rejects.toThrow('did not answer');
  });
});
