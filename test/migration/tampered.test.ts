import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../src/migration/migrate.js';
import { emptyDirectory, inDirectory, opened, sharedSource } from './source.js';

const sourceDirectory = sharedSource();

/** What the repeated migration says of a target in which something was changed since. */
async function repeatedAfter(file: 'events.db' | 'secrets.db', change: string): Promise<string> {
  const from = await opened(inDirectory(await sourceDirectory()));
  const directory = await emptyDirectory();
  const to = await opened(inDirectory(directory));
  await migrate(from, to);
  await to.close();
  const database = new DatabaseSync(join(directory, file));
  database.exec(change);
  database.close();
  const altered = await opened(inDirectory(directory));
  return migrate(from, altered).then(
    () => 'nothing',
    (error: unknown) => String(error),
  );
}

const alterEvents = (change: string) => `DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_deleted; ${change}`;
const salesRenamed = `stream_id = 'emailAccount-sales' AND type = 'AccountRenamed'`;
const sales = `account_id = 'sales'`;

describe('a target that was changed after it was copied', () => {
  it('is found to be the same where nothing was', async () => {
    expect(await repeatedAfter('events.db', 'SELECT 1')).toBe('nothing');
  });

  it.each([
    [
      'data',
      `UPDATE event SET data = json_set(data, '$.accountName', 'Other') WHERE ${salesRenamed}`,
      /event 4 of stream emailAccount-sales \(AccountRenamed, .+\) has another data there/,
    ],
    [
      'metadata',
      `UPDATE event SET metadata = json_set(metadata, '$.actor.displayName', 'Nobody') WHERE revision = 3`,
      /event 3 of stream emailAccount-sales .+ another metadata/,
    ],
    ['type', `UPDATE event SET type = 'AccountEnabled' WHERE ${salesRenamed}`, /another type/],
    ['time', 'UPDATE event SET recorded_at = recorded_at + 1 WHERE position = 2', /event 1 of stream emailAccount-sales .+ another recordedAt/],
    [
      'id',
      `UPDATE event SET event_id = '00000000-0000-4000-8000-000000000000' WHERE ${salesRenamed} AND revision = 4`,
      /holds something else: event 4 of stream emailAccount-sales/,
    ],
    ['stream', `UPDATE event SET stream_id = 'emailAccount-sale' WHERE ${salesRenamed}`, /holds something else: event 4 of stream emailAccount-sale /],
  ])('is named by the first event whose %s differs', async (_, change, said) => {
    expect(await repeatedAfter('events.db', alterEvents(change))).toMatch(said);
  });

  it('gets back what was cut off its end', async () => {
    expect(await repeatedAfter('events.db', alterEvents('DELETE FROM event WHERE position > 5'))).toBe('nothing');
  });

  it('is named by the event that was taken out of its middle', async () => {
    expect(await repeatedAfter('events.db', alterEvents('DELETE FROM event WHERE position = 2'))).toMatch(
      /holds something else: event 2 of stream emailAccount-sales/,
    );
  });

  it.each([
    [
      'a password that stands for another value',
      `UPDATE secret SET fingerprint = 'other' WHERE ${sales}`,
      /Secret .+ of account sales stands for another value/,
    ],
    ['another key of an account', `UPDATE account SET key_id = 'other' WHERE ${sales}`, /Account sales has passwords of its own/],
    [
      'an account that the source does not have',
      `INSERT INTO account (account_id, shredded_at) VALUES ('zoo', 1)`,
      /the erasure of account zoo, and the source does not/,
    ],
    ['an erasure', `UPDATE account SET key_id = NULL, root_key_id = NULL, key_slot = NULL, shredded_at = 1 WHERE ${sales}`, /Account sales was erased/],
    [
      'a key that does not unwrap',
      'UPDATE slot SET bytes = zeroblob(length(bytes)) WHERE slot_id = (SELECT key_slot FROM labelled_key)',
      /The key "api-token-verifiers" cannot be unwrapped/,
    ],
    [
      'an account key that does not unwrap',
      `UPDATE slot SET bytes = zeroblob(length(bytes)) WHERE slot_id = (SELECT key_slot FROM account WHERE ${sales})`,
      /another key of account sales than the source/,
    ],
    [
      'the key of an account that has no password',
      `UPDATE slot SET bytes = zeroblob(length(bytes)) WHERE slot_id = (SELECT key_slot FROM account WHERE account_id = 'relay')`,
      /another key of account relay than the source/,
    ],
  ])('is named by %s', async (_, change, said) => {
    expect(await repeatedAfter('secrets.db', change)).toMatch(said);
  });

  it('gets back sealed passwords and their endpoints as they are in the source', async () => {
    expect(await repeatedAfter('secrets.db', `UPDATE slot SET bytes = zeroblob(length(bytes)) WHERE slot_id IN (SELECT sealed_slot FROM secret)`)).toBe(
      'nothing',
    );
    expect(await repeatedAfter('secrets.db', `UPDATE secret SET bound_to = '["smtp://evil.example.com:587"]'`)).toBe('nothing');
  });
});
