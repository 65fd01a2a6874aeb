import { cpSync } from 'node:fs';
import { expect, it } from 'vitest';
import { StreamDatabase, streamDatabaseIn } from '../../src/audit-stream/stream-database.js';
import { StreamProgress } from '../../src/audit-stream/stream-progress.js';
import { temporaryDirectory } from '../projections/temporary-views.js';

it('how far the stream is can be moved with the one file, also after a kill, once it is settled', () => {
  const [running, killed, moved] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
  const cursor = { position: 4_711n, entryId: 'an entry' };
  const database = StreamDatabase.open(running);
  new StreamProgress(database).moveTo(cursor);
  // The files as a kill at this moment leaves them.
  cpSync(running, killed, { recursive: true });
  database.close();
  StreamDatabase.settle(killed);
  cpSync(streamDatabaseIn(killed), streamDatabaseIn(moved));
  const there = StreamDatabase.open(moved);
  expect(new StreamProgress(there).cursor()).toEqual(cursor);
  there.close();
});

it('there is nothing to settle where nothing was ever streamed, and nothing is made there', () => {
  const directory = temporaryDirectory();
  StreamDatabase.settle(directory);
  expect(StreamDatabase.openExisting(directory)).toBeNull();
});
