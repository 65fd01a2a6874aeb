import { describe, it } from 'vitest';
import type { EventStore, Position } from '../../src/event-store/event-store.js';
import { openKurrentDbEventStore, parseConnectionString } from '../../src/event-store/kurrentdb.js';
import { credentialsOf, loadClientLibrary, makeClient } from '../../src/event-store/kurrentdb/mended-client.js';
import { describeEventStoreContract } from './contract.js';

const connectionString = process.env['POSTLEDGER_TEST_KURRENTDB'] ?? '';

if (connectionString !== '')
  describeEventStoreContract('a KurrentDB server', async () => {
    const store = await openKurrentDbEventStore({ connectionString });
    const start = await store.headPosition();
    return {
      store,
      async close() {
        await store.close();
        const reader = await openKurrentDbEventStore({ connectionString });
        await deleteStreams(await streamsSince(reader, start));
        await reader.close();
      },
    };
  });
else
  describe('the event store contract: a KurrentDB server', () => {
    it('holds on a real one', ({ skip }) => skip('POSTLEDGER_TEST_KURRENTDB names no server: give a connection string to run this.'));
  });

async function streamsSince(store: EventStore, start: Position | undefined): Promise<readonly string[]> {
  const streams = new Set<string>();
  for await (const { streamId } of store.readAll({ ...(start !== undefined && { after: start }), streamPrefixes: ['contract'] })) streams.add(streamId);
  return [...streams];
}

/** Softly: the servers remove them with their next scavenge. */
async function deleteStreams(streams: readonly string[]): Promise<void> {
  const settings = parseConnectionString(connectionString);
  const made = makeClient(await loadClientLibrary(), settings, (message) => process.emitWarning(message));
  const options = { expectedRevision: 'any', requiresLeader: true, credentials: credentialsOf(settings) } as const;
  for (let first = 0; first < streams.length; first += 50)
    await Promise.all(streams.slice(first, first + 50).map((id) => made.client.deleteStream(id, options)));
  made.dispose();
}
