import { describe, expect, it } from 'vitest';
import { ApiTokenCommands } from '../../src/commands/api-token-commands.js';
import { TokenExpiries } from '../../src/commands/token-expiries.js';
import { apiTokenStream } from '../../src/domain/streams.js';
import { StoreUnavailable, type EventStore } from '../../src/event-store/event-store.js';
import { call, openCommands, overriding } from './opened-commands.js';

const end = new Date('2027-06-01T00:00:00.000Z');
const before = new Date('2027-05-01T00:00:00.000Z');
const after = new Date('2027-06-01T00:00:30.000Z');

/** A token that ends, and the nodes that watch it. */
async function setUp() {
  const clock = { now: before };
  const { handler, events } = await openCommands({ clock });
  const commands = new ApiTokenCommands(handler, events, Buffer.alloc(32, 1), () => clock.now);
  const { entity } = await commands.issue(call, { name: 'CI', role: 'VIEWER', expiresAt: end }, {});
  if (entity === null) throw new Error('No token was issued.');
  const { id } = entity;
  const node = (store: EventStore = events) =>
    new TokenExpiries(
      store,
      (at) => (at >= end ? [id] : []),
      () => clock.now,
    );
  const recorded = async () => {
    const types: string[] = [];
    for await (const { type, data, metadata } of events.readStream(apiTokenStream(id)))
      types.push(type === 'ApiTokenExpired' ? `${type} ${String(data['expiresAt'])} ${JSON.stringify(metadata['actor'])}` : type);
    return types;
  };
  return { clock, commands, events, id, node, recorded };
}

const expired = 'ApiTokenExpired 2027-06-01T00:00:00.000Z {"kind":"SYSTEM","id":"system","displayName":"Postledger"}';

describe('the end of a token', () => {
  it('is recorded once, by any number of nodes and also after a restart, and not before', async () => {
    const { clock, node, recorded } = await setUp();
    expect(await node().round()).toBe(0);
    clock.now = after;
    const nodes = [node(), node(), node()];
    // Those that lose a race look again a minute later.
    for (let round = 0; round < 2; round++) await Promise.all(nodes.map((each) => each.round()));
    expect(await node().round()).toBe(0);
    expect(await recorded()).toEqual(['ApiTokenIssued', expired]);
  });

  it('is recorded by a later round where the store was away', async () => {
    const { clock, events, node, recorded } = await setUp();
    clock.now = after;
    let away = true;
    const store = overriding(events, {
      appendToStream: (streamId, written, expected) =>
        away ? Promise.reject(new StoreUnavailable('away')) : events.appendToStream(streamId, written, expected),
    });
    const watching = node(store);
    await expect(watching.round()).rejects.toThrow(StoreUnavailable);
    away = false;
    expect(await watching.round()).toBe(1);
    expect(await recorded()).toEqual(['ApiTokenIssued', expired]);
  });

  it('is recorded by a later round where the token was used in that very moment', async () => {
    const { clock, commands, events, id, node, recorded } = await setUp();
    clock.now = after;
    let isUsed = false;
    const watching = node(
      overriding(events, {
        async appendToStream(streamId, written, expected) {
          if (!isUsed) await commands.noteUse(call, id);
          isUsed = true;
          return events.appendToStream(streamId, written, expected);
        },
      }),
    );
    expect([await watching.round(), await watching.round()]).toEqual([0, 1]);
    expect(await recorded()).toEqual(['ApiTokenIssued', 'ApiTokenUsed', expired]);
  });

  it('is not recorded of one that was revoked before', async () => {
    const { clock, commands, id, node, recorded } = await setUp();
    await commands.revoke(call, { id }, {});
    clock.now = after;
    expect(await node().round()).toBe(0);
    expect(await recorded()).toEqual(['ApiTokenIssued', 'ApiTokenRevoked']);
  });
});
