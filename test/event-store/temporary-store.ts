import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { onTestFinished } from 'vitest';
import { openDatabase } from '../../src/event-store/embedded-database.js';
import { EmbeddedEventStore, openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import type { EventStore } from '../../src/event-store/event-store.js';

/** A directory that goes away with the test that asked for it. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-events-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A store that closes with the test that asked for it. */
export async function openStore(directory: string, now?: () => Date): Promise<EventStore> {
  const store = await openEmbeddedEventStore(directory, now && { now });
  onTestFinished(() => store.close());
  return store;
}

/** A store together with its own connection, for what only the connection can bring about. */
export function openStoreWithDatabase(directory: string): { readonly database: DatabaseSyncInstance; readonly store: EventStore } {
  const database = openDatabase(join(directory, 'events.db'));
  const store = new EmbeddedEventStore(database, { now: () => new Date(), released: () => undefined });
  onTestFinished(() => store.close());
  return { database, store };
}
