import { describe, expect, it } from 'vitest';
import { ExpiryNotices } from '../../src/commands/expiry-notices.js';
import type { ExpiringThing } from '../../src/domain/expiry/expiring-thing.js';
import { streamPrefixes } from '../../src/domain/streams.js';
import { StoreUnavailable, type EventStore } from '../../src/event-store/event-store.js';
import { openStore, temporaryDirectory } from '../event-store/temporary-store.js';
import { overriding } from './opened-commands.js';

const day = 86_400_000;
const end = Date.parse('2027-06-01T00:00:00.000Z');
const certificate = (entityId: string, key: string): ExpiringThing => ({
  subject: 'CERTIFICATE',
  owner: { entityType: 'Truststore', entityId },
  key,
  since: new Date(end - 365 * day).toISOString(),
  expiresAt: new Date(end).toISOString(),
});
const things = [certificate('Plant-7', 'AB12'), certificate('Plant-7', 'CD34'), certificate('Office', 'EF56')];

/** A node that looks so many days before the end. */
function node(store: EventStore, clock: { days: number }): ExpiryNotices {
  const now = () => new Date(end - clock.days * day);
  return new ExpiryNotices(store, (at) => things.filter(({ expiresAt }) => expiresAt < at.toISOString()), now);
}

async function recorded(store: EventStore): Promise<readonly string[]> {
  const told: string[] = [];
  for await (const { streamId, type, data, metadata } of store.readAll({ streamPrefixes: [streamPrefixes.expiry] }))
    told.push(`${streamId} ${type} ${String(data['entityId'])} ${String(data['key'])} ${String(data['withinDays'])} ${JSON.stringify(metadata['actor'])}`);
  return told.sort();
}

const by = '{"kind":"SYSTEM","id":"system","displayName":"Postledger"}';

describe('what comes to its end', () => {
  it('is recorded once for each threshold, in the name of the service', async () => {
    const store = await openStore(await temporaryDirectory());
    const clock = { days: 40 };
    const notices = node(store, clock);
    expect(await notices.round()).toBe(0);
    clock.days = 20;
    expect(await notices.round()).toBe(3);
    expect(await notices.round()).toBe(0);
    clock.days = 0.5;
    expect(await notices.round()).toBe(3);
    expect(await recorded(store)).toEqual([
      `expiry-CERTIFICATE-Truststore-office ExpiryApproached Office EF56 1 ${by}`,
      `expiry-CERTIFICATE-Truststore-office ExpiryApproached Office EF56 30 ${by}`,
      `expiry-CERTIFICATE-Truststore-plant-7 ExpiryApproached Plant-7 AB12 1 ${by}`,
      `expiry-CERTIFICATE-Truststore-plant-7 ExpiryApproached Plant-7 AB12 30 ${by}`,
      `expiry-CERTIFICATE-Truststore-plant-7 ExpiryApproached Plant-7 CD34 1 ${by}`,
      `expiry-CERTIFICATE-Truststore-plant-7 ExpiryApproached Plant-7 CD34 30 ${by}`,
    ]);
  });

  it('is recorded once by any number of nodes, also after a restart', async () => {
    const store = await openStore(await temporaryDirectory());
    const nodes = [1, 2, 3].map(() => node(store, { days: 5 }));
    // Those that lose a race look again an hour later.
    for (let round = 0; round < 3; round++) await Promise.all(nodes.map((each) => each.round()));
    expect(await node(store, { days: 5 }).round()).toBe(0);
    expect((await recorded(store)).map((line) => line.split(' ').slice(2, 5).join(' '))).toEqual(['Office EF56 7', 'Plant-7 AB12 7', 'Plant-7 CD34 7']);
  });

  it('is recorded by a later round where the store was away', async () => {
    const store = await openStore(await temporaryDirectory());
    let away = true;
    const notices = node(
      overriding(store, {
        appendToStream: (streamId, events, expected) =>
          away ? Promise.reject(new StoreUnavailable('away')) : store.appendToStream(streamId, events, expected),
      }),
      { days: 5 },
    );
    await expect(notices.round()).rejects.toThrow(StoreUnavailable);
    away = false;
    expect(await notices.round()).toBe(3);
  });
});
