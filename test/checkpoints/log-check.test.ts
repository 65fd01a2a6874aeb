import { DatabaseSync } from '@photostructure/sqlite';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openViews } from '../../projections/views.js';
import { seedAccounts } from '../../bench/seed-accounts.js';
import { contradictionInLog } from '../../src/checkpoints/log-check.js';
import { auditedStreamPrefixes } from '../../src/domain/streams.js';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { temporaryDirectory } from '../projections/temporary-views.js';

/** What is said of a log of six hundred events whose hashes were made before it was changed. */
async function saidOf(change: string): Promise<string | null> {
  const directory = temporaryDirectory();
  const before = await openEmbeddedEventStore(directory);
  await seedAccounts(before, 0, 200, () => undefined);
  const listener = { stopped: () => undefined, storeLost: () => undefined };
  const views = await openViews(before, { rawEvents: before, directory, listener, readYourWritesMilliseconds: 0 });
  onTestFinished(() => views.stop());
  await views.settled();
  await before.close();
  const database = new DatabaseSync(join(directory, 'events.db'));
  database.exec(`DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_deleted; ${change}`);
  database.close();
  const rawEvents = await openEmbeddedEventStore(directory);
  onTestFinished(() => rawEvents.close());
  return contradictionInLog({ rawEvents, streamPrefixes: auditedStreamPrefixes, hashes: views.ledger, signal: new AbortController().signal, rest: 0 });
}

describe('a log that is held against the hashes of before', () => {
  it('agrees with them where nothing was changed', async () => {
    expect(await saidOf('SELECT 1')).toBeNull();
  });

  it.each([
    [
      'an actor that was exchanged',
      "UPDATE event SET metadata = json_set(metadata, '$.actor.displayName', 'Nobody') WHERE position = 555",
      'at position 555 was changed',
    ],
    ['an event that was taken out', 'DELETE FROM event WHERE position = 301', 'something at position 301 was removed'],
    ['an event that is no JSON any more', "UPDATE event SET data = '{oops' WHERE position = 30", 'an event can no longer be read'],
    ['an end that was cut off', 'DELETE FROM event WHERE position > 590', 'its last 10 events are gone'],
  ])('is found to be another one by %s', async (_, change, said) => {
    expect(await saidOf(change)).toContain(said);
  });
});
