import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { ConcurrencyConflict, StoreUnavailable, StreamDeleted } from '../../../src/event-store/event-store.js';
import { collect, newEvent } from '../contract.js';
import { faultOf, faults } from '../kurrentdb-double/wire.js';
import { openOverDouble } from './open.js';

const appendsOf = ({ calls }: { readonly calls: readonly { readonly method: string; readonly eventIds: readonly string[] }[] }) =>
  calls.filter(({ method }) => method === 'append').map(({ eventIds }) => eventIds.join());

describe('an append', () => {
  it('is a single call to the leader and never a batch, whatever the server offers', async () => {
    const { double, store } = await openOverDouble();
    await store.appendToStream('a-1', [newEvent(), newEvent()], 'no_stream');
    await store.appendToStream('a-1', [newEvent()], 1n);
    expect(double.node(0).calls.map(({ method }) => method)).toEqual(['append', 'append']);
    expect(double.node(0).calls.every(({ requiresLeader }) => requiresLeader)).toBe(true);
  });

  it.each(['stored', 'lost'] as const)('whose connection breaks when its events were %s is sent again, ids and all, and stored once', async (outcome) => {
    for (const expected of ['no_stream', 'any'] as const) {
      const { double, store } = await openOverDouble();
      const events = [newEvent(), newEvent()];
      double.node(0).dropNextAppend(outcome);
      expect(await store.appendToStream('a-1', events, expected)).toMatchObject({ revision: 1n });
      expect((await collect(store.readStream('a-1'))).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      expect(new Set(appendsOf(double.node(0)))).toEqual(new Set([events.map(({ id }) => id).join()]));
    }
  });

  it('that expects no exact revision is looked up before it is sent again: a server that has forgotten its ids would store it twice', async () => {
    const { double, store } = await openOverDouble();
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    const event = newEvent();
    double.node(0).dropNextAppend('stored');
    const appended = await store.appendToStream('a-1', [event], 'stream_exists');
    expect(appended).toEqual({ revision: 1n, position: (await collect(store.readStream('a-1')))[1]?.position });
    expect(appendsOf(double.node(0)).filter((ids) => ids === event.id)).toHaveLength(1);
  });

  it('is told where its events are when the server knows them again and leaves that out', async () => {
    const { double, store } = await openOverDouble();
    const event = newEvent();
    const first = await store.appendToStream('a-1', [event], 'no_stream');
    double.node(0).leavesOutPlaces = true;
    expect(await store.appendToStream('a-1', [event], 'no_stream')).toEqual(first);
  });

  it.each([
    ['an election', faults.notReady()],
    ['a majority that is lost', faults.commitTimeout()],
    ['no leader', faults.noLeader()],
    ['a server that stops', faults.stopped()],
    ['a deadline that passes', faultOf(status.DEADLINE_EXCEEDED, 'Deadline exceeded')],
    ['what nobody has seen yet', faultOf(status.DATA_LOSS, 'surprise')],
  ])('goes through after %s', async (_, fault) => {
    const { double, store } = await openOverDouble();
    double.node(0).failNext('append', fault);
    const event = newEvent();
    expect(await store.appendToStream('a-1', [event], 'no_stream')).toMatchObject({ revision: 0n });
    expect(appendsOf(double.node(0))).toEqual([event.id, event.id]);
  });

  it('finds the leader when another node has become it', async () => {
    const { double, store } = await openOverDouble({ nodes: 3 });
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    double.electLeader(2);
    await store.appendToStream('a-1', [newEvent()], 0n);
    expect(appendsOf(double.node(2))).toHaveLength(1);
  });

  it.each([
    ['a login that is refused', faults.unauthenticated(), 'The event store refuses the login: wrong user or password.'],
    ['a right that is missing', faults.accessDenied(), "The event store's user lacks a right that is needed."],
  ])('says %s at once, and how to mend it', async (_, fault, message) => {
    const { double, store } = await openOverDouble();
    double.node(0).failNext('append', fault);
    const refused = await store.appendToStream('a-1', [newEvent()], 'any').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreUnavailable);
    expect(String(refused)).toContain(message);
    expect(appendsOf(double.node(0))).toHaveLength(1);
  });

  it.each([
    ['the append', faults.tooLarge(1_048_576), 'larger than the 1048576 bytes'],
    ['an event', faults.eventTooLarge(), 'An event is larger'],
    ['the message', faultOf(status.RESOURCE_EXHAUSTED, 'Received message exceeds the maximum configured message size.'), 'in one message'],
  ])('says when %s is too large, and does not try again', async (_, fault, message) => {
    const { double, store } = await openOverDouble();
    double.node(0).failNext('append', fault);
    await expect(store.appendToStream('a-1', [newEvent()], 'any')).rejects.toThrow(RangeError);
    double.node(0).failNext('append', fault);
    await expect(store.appendToStream('a-1', [newEvent()], 'any')).rejects.toThrow(message);
    expect(appendsOf(double.node(0))).toHaveLength(2);
    expect(await collect(store.readStream('a-1'))).toEqual([]);
  });

  it('of more than a server takes is refused by its size, and the connection survives', async () => {
    const { store } = await openOverDouble();
    const large = newEvent('Large', { text: 'x'.repeat(1_100_000) });
    await expect(store.appendToStream('a-1', [large], 'no_stream')).rejects.toThrow('Nothing was stored. Send less at once');
    expect(await store.appendToStream('a-1', [newEvent()], 'no_stream')).toMatchObject({ revision: 0n });
  });

  it('to a stream that was deleted for good is StreamDeleted, as is reading it', async () => {
    const { double, store } = await openOverDouble();
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    double.log.tombstone('a-1', Date.now());
    for (const expected of ['no_stream', 'any', 0n] as const) await expect(store.appendToStream('a-1', [newEvent()], expected)).rejects.toThrow(StreamDeleted);
    await expect(collect(store.readStream('a-1'))).rejects.toThrow(StreamDeleted);
  });

  it('to a stream that was deleted softly begins it anew, where its revisions were', async () => {
    const { double, store } = await openOverDouble();
    await store.appendToStream('a-1', [newEvent(), newEvent()], 'no_stream');
    double.log.delete('a-1', Date.now());
    expect(await collect(store.readStream('a-1'))).toEqual([]);
    expect(await store.appendToStream('a-1', [newEvent()], 'no_stream')).toMatchObject({ revision: 2n });
    expect(await collect(store.readStream('a-1'))).toMatchObject([{ revision: 2n }]);
  });

  it("refuses the servers' own streams", async () => {
    const { double, store } = await openOverDouble();
    await expect(store.appendToStream('$settings', [newEvent()], 'any')).rejects.toThrow(TypeError);
    await expect(collect(store.readStream('$scavenges'))).rejects.toThrow(TypeError);
    expect(double.node(0).calls).toEqual([]);
  });

  it('to nobody ends when its time is up, says that its outcome is not known, and names what the client leaves unsaid', async () => {
    const { double, store } = await openOverDouble({ nodes: 2, operationMilliseconds: 300 });
    for (const index of [0, 1]) await double.kill(index);
    const refused = await store.appendToStream('a-1', [newEvent()], 'any').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreUnavailable);
    expect(String(refused)).toContain('Whether the events were stored is not known: send the same again.');
    expect(String(refused)).not.toContain('Failed to discover');
  });

  it('of two writers has one winner also when the winner had to be sent twice', async () => {
    const { double, store } = await openOverDouble();
    double.node(0).dropNextAppend('stored');
    const outcomes = await Promise.allSettled([0, 1, 2].map(() => store.appendToStream('a-1', [newEvent()], 'no_stream')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason instanceof ConcurrencyConflict)).toHaveLength(2);
    expect(await collect(store.readStream('a-1'))).toHaveLength(1);
  });
});
