import { describe, expect, it, onTestFinished } from 'vitest';
import { StoreUnavailable } from '../../../src/event-store/event-store.js';
import { openKurrentDbEventStore } from '../../../src/event-store/kurrentdb.js';
import { collect, follow, newEvent } from '../contract.js';
import { startKurrentDbDouble } from '../kurrentdb-double/kurrentdb-double.js';
import { openOverDouble } from './open.js';

describe('a cluster', () => {
  it('whose leader is killed and replaced loses and doubles nothing of what was acknowledged', async () => {
    const { double, store } = await openOverDouble({ nodes: 3 });
    const acknowledged: string[] = [];
    let [stopped, killed] = [false, false];
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let revision = 0n; !stopped || revision < 3n; revision++) {
        const event = newEvent();
        await store.appendToStream(`a-${writer}`, [event], revision === 0n ? 'no_stream' : revision - 1n);
        acknowledged.push(event.id);
        if (killed && acknowledged.length > 60) stopped = true;
      }
    });
    await follow(store, {}).until(({ kind }) => kind === 'event');
    await double.kill(0);
    killed = true;
    double.electLeader(1);
    await Promise.all(writers);
    const stored = (await collect(store.readAll())).map(({ id }) => id);
    expect(new Set(stored).size).toBe(stored.length);
    expect(acknowledged.filter((id) => !stored.includes(id))).toEqual([]);
  });

  it('whose leader freezes is left for the new leader after two missed deadlines, and nothing that the old one held comes to pass', async () => {
    const { double, store } = await openOverDouble({ nodes: 3 });
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    double.freeze(0);
    double.electLeader(1);
    expect(await store.appendToStream('a-1', [newEvent()], 0n)).toMatchObject({ revision: 1n });
    expect(double.node(1).calls.filter(({ method }) => method === 'append')).toHaveLength(1);
    double.thaw(0);
    expect(await store.appendToStream('a-1', [newEvent()], 1n)).toMatchObject({ revision: 2n });
    expect(await collect(store.readStream('a-1'))).toHaveLength(3);
  });

  it('whose leader is slow, given up for it and then answers again is served by it, without waiting until a frozen one could have been replaced', async () => {
    const { double, store } = await openOverDouble({ nodes: 3, operationMilliseconds: 2_500 });
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    const asked = () => [1, 2].flatMap((index) => double.node(index).calls).filter(({ method }) => method === 'gossip').length;
    const before = asked();
    double.freeze(0);
    const append = store.appendToStream('a-1', [newEvent()], 0n);
    while (asked() < before + 2) await new Promise((resolve) => setImmediate(resolve));
    double.thaw(0);
    expect(await append).toMatchObject({ revision: 1n });
    expect(await collect(store.readStream('a-1'))).toHaveLength(2);
  });

  it('whose leader freezes while nothing is written is noticed by those who follow', async () => {
    const { double, store } = await openOverDouble({ nodes: 3 });
    const following = follow(store, { streamPrefixes: ['a-'] });
    await following.until(({ kind }) => kind === 'caughtUp');
    double.freeze(0);
    double.electLeader(2);
    double.log.append('a-1', 'none', [{ ...newEvent(), contentType: 'application/json', data: Buffer.from('{}'), metadata: Buffer.from('{}') }], Date.now());
    await following.until(({ kind }) => kind === 'event');
    await following.end();
    expect(following.messages.filter(({ kind }) => kind === 'event')).toHaveLength(1);
  });

  it('that is down when the store opens is used as soon as it is up', async () => {
    const { double, store, warnings } = await openOverDouble({ nodes: 3, operationMilliseconds: 800 });
    for (const index of [0, 1, 2]) await double.kill(index);
    const append = store.appendToStream('a-1', [newEvent()], 'no_stream').catch((error: unknown) => error);
    const followed = follow(store, {})
      .until(() => false)
      .catch((error: unknown) => error);
    const failed = await store.headPosition().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StoreUnavailable);
    expect(await append).toBeInstanceOf(StoreUnavailable);
    expect(await followed).toBeInstanceOf(StoreUnavailable);
    for (const index of [0, 1, 2]) await double.restart(index);
    expect(await store.appendToStream('a-1', [newEvent()], 'no_stream')).toMatchObject({ revision: 0n });
    expect(warnings).toEqual([]);
  });

  it('that cannot be found never ends the process by an unhandled rejection of the client', async () => {
    const double = await startKurrentDbDouble({ nodes: 2 });
    onTestFinished(() => double.stop());
    const store = await openKurrentDbEventStore({ connectionString: double.connectionString(), operationMilliseconds: 1_500, attemptMilliseconds: 200 });
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    onTestFinished(() => void process.off('unhandledRejection', listener));
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    const calls = Array.from({ length: 30 }, (_, index) => store.appendToStream(`b-${index}`, [newEvent()], 'any'));
    for (const index of [0, 1]) await double.kill(index);
    await Promise.allSettled([...calls, ...Array.from({ length: 30 }, () => store.headPosition())]);
    await store.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });
});
