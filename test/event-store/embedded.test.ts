import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { refuseOldSqlite } from '../../src/event-store/embedded-database.js';
import { StoreLocked } from '../../src/event-store/embedded-lock.js';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { ConcurrencyConflict, StoreUnavailable, type EventStore, type ExpectedRevision } from '../../src/event-store/event-store.js';
import { prepare } from '../../src/event-store/statement.js';
import { collect, describeEventStoreContract, newEvent } from './contract.js';
import { openStore, openStoreWithDatabase, temporaryDirectory } from './temporary-store.js';

describeEventStoreContract('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-events-'));
  const store = await openEmbeddedEventStore(directory);
  return {
    store,
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});

describe('the data directory', () => {
  it('is made for its owner alone', async () => {
    const directory = join(await temporaryDirectory(), 'deep', 'data');
    const store = await openStore(directory);
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    const files = await readdir(directory);
    expect(files).toEqual(expect.arrayContaining(['events.db', 'events.db-wal', 'events.lock', 'events.pid']));
    const modes = await Promise.all(files.map(async (file) => [file, (await stat(join(directory, file))).mode & 0o777]));
    expect(modes).toEqual(files.map((file) => [file, 0o600]));
  });

  it('takes no second store of this process, and is free after close', async () => {
    const directory = await temporaryDirectory();
    const first = await openStore(directory);
    await expect(openEmbeddedEventStore(directory)).rejects.toThrow(StoreLocked);
    await expect(openEmbeddedEventStore(join(directory, '.'))).rejects.toMatchObject({ directory, holder: process.pid });
    await first.appendToStream('a-1', [newEvent()], 'no_stream');
    await first.close();
    const second = await openStore(directory);
    expect(await collect(second.readStream('a-1'))).toHaveLength(1);
  });

  it('takes no second process, names the one that has it, and is free as soon as that one is killed', async () => {
    const directory = await temporaryDirectory();
    const holder = spawn(process.execPath, [join(import.meta.dirname, '../../dist/test/event-store/hold-store.js'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void holder.kill('SIGKILL'));
    const started = await Promise.race([once(holder.stdout, 'data').then(() => true), once(holder, 'exit').then(() => false)]);
    expect(started, 'the second process did not start: run `npm run build` before the tests').toBe(true);

    const refused = await openEmbeddedEventStore(directory).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'StoreLocked', holder: holder.pid });
    expect(String(refused)).toContain(`in use by process ${holder.pid}. Stop that process first`);

    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const store = await openStore(directory);
    expect(await store.appendToStream('a-1', [newEvent()], 'no_stream')).toMatchObject({ revision: 0n });
  });

  it('can be read by a backup while the store is open', async () => {
    const directory = await temporaryDirectory();
    const store = await openStore(directory);
    await store.appendToStream('a-1', [newEvent(), newEvent()], 'no_stream');
    const reader = new DatabaseSync(join(directory, 'events.db'), { readOnly: true });
    expect(reader.prepare('SELECT count(*) AS events FROM event').get()).toEqual({ events: 2 });
    reader.exec(`VACUUM INTO '${join(directory, 'copy.db')}'`);
    reader.close();
    await store.appendToStream('a-1', [newEvent()], 1n);
    const copy = new DatabaseSync(join(directory, 'copy.db'), { readOnly: true });
    expect(copy.prepare('SELECT count(*) AS events FROM event').get()).toEqual({ events: 2 });
    copy.close();
  });
});

describe('the database', () => {
  it('has in force what durability and erasure rest on', async () => {
    const { database } = openStoreWithDatabase(await temporaryDirectory());
    const inForce = (pragma: string) => prepare(database, `PRAGMA ${pragma}`).get()?.[0];
    expect(inForce('journal_mode')).toBe('wal');
    expect(inForce('synchronous')).toBe(2); // FULL
    expect(inForce('secure_delete')).toBe(1);
    expect(inForce('trusted_schema')).toBe(0);
    expect(inForce('foreign_keys')).toBe(1);
    expect(inForce('mmap_size')).toBe(0);
  });

  it.each(['UPDATE event SET data = "{}"', 'UPDATE event SET revision = 7', 'DELETE FROM event'])('refuses %s', async (sql) => {
    const { database, store } = openStoreWithDatabase(await temporaryDirectory());
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    expect(() => database.exec(sql.replaceAll('"', "'"))).toThrow('The log is append-only.');
  });

  it('is not opened by an SQLite that can corrupt it', () => {
    for (const version of ['3.7.0', '3.50.4', '3.51.2']) expect(() => refuseOldSqlite(version)).toThrow(`SQLite ${version} can corrupt the log`);
    for (const version of ['3.51.3', '3.51.10', '3.53.0', '4.0.0']) expect(() => refuseOldSqlite(version)).not.toThrow();
  });

  it('is not opened when a newer release wrote it', async () => {
    const directory = await temporaryDirectory();
    const { database, store } = openStoreWithDatabase(directory);
    database.exec('PRAGMA user_version = 99');
    await store.close();
    await expect(openEmbeddedEventStore(directory)).rejects.toThrow('has schema version 99, this release reads version 1');
  });
});

describe('group commit', () => {
  it('writes 500 appends of one turn in one transaction', async () => {
    const directory = await temporaryDirectory();
    const store = await openStore(directory);
    const before = await transactionsIn(directory);
    await Promise.all(Array.from({ length: 500 }, (_, index) => store.appendToStream(`a-${index % 50}`, [newEvent()], 'any')));
    expect((await transactionsIn(directory)) - before).toBe(1);
    expect(await collect(store.readAll())).toHaveLength(500);
  });

  it('answers 64 writers of one group each for itself, conflicts beside successes', async () => {
    const directory = await temporaryDirectory();
    const store = await openStore(directory);
    await store.appendToStream('a-0', [newEvent()], 'no_stream');
    const before = await transactionsIn(directory);
    // Sixteen streams, four writers each, all of whom believe the stream is new.
    const outcomes = await Promise.allSettled(Array.from({ length: 64 }, (_, index) => store.appendToStream(`a-${index % 16}`, [newEvent()], 'no_stream')));
    expect((await transactionsIn(directory)) - before).toBe(1);
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map((_, index) => (index >= 1 && index < 16 ? 'fulfilled' : 'rejected')));
    expect(outcomes.every((outcome) => outcome.status === 'fulfilled' || outcome.reason instanceof ConcurrencyConflict)).toBe(true);
    expect(await collect(store.readAll())).toHaveLength(16);
  });

  it('lets a writer of the group see what those before it wrote', async () => {
    const store = await openStore(await temporaryDirectory());
    const expected: ExpectedRevision[] = ['no_stream', 0n, 1n, 'stream_exists', 3n];
    const answers = await Promise.all(expected.map((revision) => store.appendToStream('a-1', [newEvent()], revision)));
    expect(answers.map(({ revision }) => revision)).toEqual([0n, 1n, 2n, 3n, 4n]);
  });
});

describe('appending the same events again', () => {
  it('gives the first answer, place and all, whatever is expected now', async () => {
    const store = await openStore(await temporaryDirectory());
    const batch = [newEvent(), newEvent()];
    const first = await store.appendToStream('a-1', batch, 'no_stream');
    await store.appendToStream('a-1', [newEvent()], 1n);
    const [, second] = batch;
    for (const expected of ['no_stream', 'stream_exists', 'any', 0n, 2n, 77n] as const)
      expect(await store.appendToStream('a-1', batch, expected)).toEqual(first);
    expect(await collect(store.readStream('a-1'))).toHaveLength(3);
    await expect(store.appendToStream('a-1', [newEvent(), ...(second ? [second] : [])], 2n)).rejects.toThrow(ConcurrencyConflict);
  });
});

describe('recorded times', () => {
  it('never decrease when the clock goes back, nor over a restart', async () => {
    const directory = await temporaryDirectory();
    let clock = new Date('2026-11-24T12:00:00Z');
    const now = () => clock;
    const first = await openStore(directory, now);
    await first.appendToStream('a-1', [newEvent()], 'no_stream');
    clock = new Date('2026-11-24T11:00:00Z');
    await first.appendToStream('a-1', [newEvent()], 0n);
    await first.close();
    clock = new Date('1999-01-01T00:00:00Z');
    const second = await openStore(directory, now);
    await second.appendToStream('a-2', [newEvent()], 'no_stream');
    clock = new Date('2026-11-24T12:00:00.001Z');
    await second.appendToStream('a-2', [newEvent()], 0n);
    const times = (await collect(second.readAll())).map(({ recordedAt }) => recordedAt.toISOString());
    expect(times).toEqual([...Array.from({ length: 3 }, () => '2026-11-24T12:00:00.000Z'), '2026-11-24T12:00:00.001Z']);
  });
});

describe('trouble with the disk', () => {
  it('that is full refuses cleanly, keeps reads going, and heals without a restart', async () => {
    const { database, store } = openStoreWithDatabase(await temporaryDirectory());
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    database.exec(`PRAGMA max_page_count = ${String(prepare(database, 'PRAGMA page_count').get()?.[0])}`);

    const large = newEvent('Large', { text: 'x'.repeat(100_000) });
    const head = await store.headPosition();
    const outcomes = await Promise.allSettled([store.appendToStream('a-3', [newEvent()], 'no_stream'), store.appendToStream('a-2', [large], 'no_stream')]);
    const message = expect.stringContaining('full; nothing was appended. Free some space') as unknown;
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable', message } });
    expect(await collect(store.readAll())).toHaveLength(1);
    expect(await store.headPosition()).toBe(head);

    database.exec('PRAGMA max_page_count = 1000000');
    expect(await store.appendToStream('a-2', [large], 'no_stream')).toMatchObject({ revision: 0n });
    const read = await collect(store.readAll());
    expect(read.map(({ streamId }) => streamId)).toEqual(['a-1', 'a-2']);
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  });

  it('that another program holds locked passes', async () => {
    const directory = await temporaryDirectory();
    const { database, store } = openStoreWithDatabase(directory);
    database.exec('PRAGMA busy_timeout = 0');
    const other = new DatabaseSync(join(directory, 'events.db'));
    other.exec('BEGIN IMMEDIATE');
    await expect(store.appendToStream('a-1', [newEvent()], 'no_stream')).rejects.toThrow(
      'Another program holds a lock on the event store; nothing was appended.',
    );
    other.exec('ROLLBACK');
    other.close();
    expect(await store.appendToStream('a-1', [newEvent()], 'no_stream')).toMatchObject({ revision: 0n });
  });

  it('of any other kind stops all appends until the store is opened again, and no reads', async () => {
    const directory = await temporaryDirectory();
    const { database, store } = openStoreWithDatabase(directory);
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    database.exec("CREATE TEMP TRIGGER fault BEFORE INSERT ON main.event WHEN NEW.type = 'Fault' BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END");
    const attempts = ['Fine', 'Fault', ...Array.from({ length: 1_500 }, () => 'Fine')].map((type, index) =>
      store.appendToStream(`b-${index}`, [newEvent(type)], 'no_stream'),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason instanceof StoreUnavailable)).toHaveLength(attempts.length);
    database.exec('DROP TRIGGER fault');
    await expect(store.appendToStream('a-1', [newEvent()], 0n)).rejects.toThrow(StoreUnavailable);
    expect(await collect(store.readAll())).toHaveLength(1);
    await store.close();
    expect(await (await openStore(directory)).appendToStream('a-1', [newEvent()], 0n)).toMatchObject({ revision: 1n });
  });
});

describe('a long log', () => {
  it('reads the same from memory and from the disk, through any prefix and from any place', async () => {
    const directory = await temporaryDirectory();
    const first = await openStore(directory);
    for (let batch = 0; batch < 60; batch++) {
      await first.appendToStream(
        `${'abc'[batch % 3]}-${batch}`,
        Array.from({ length: 100 }, (_, at) => newEvent('Placed', { batch, at })),
        'any',
      );
    }
    const all = await collect(first.readAll());
    expect(all).toHaveLength(6_000);
    const views = async (store: EventStore) =>
      Promise.all(
        [0n, 1n, 1_999n, 3_000n, 5_750n, 5_999n].flatMap((after) =>
          [undefined, ['a-'], ['b-', 'c-'], ['z']].map((streamPrefixes) => collect(store.readAll({ after, ...(streamPrefixes && { streamPrefixes }) }))),
        ),
      );
    const fromMemory = await views(first);
    await first.close();
    const fromDisk = await views(await openStore(directory));
    expect(fromDisk).toEqual(fromMemory);
    expect(fromDisk[0]).toEqual(all);
  });

  it('is not followed from beyond its end', async () => {
    const store = await openStore(await temporaryDirectory());
    const { position } = await store.appendToStream('a-1', [newEvent()], 'no_stream');
    const subscription = store.subscribeToAll({ after: position + 1n, signal: new AbortController().signal });
    await expect(collect(subscription)).rejects.toThrow('beyond the end of the log');
  });
});

/** Counts the transactions in the write-ahead log since its last start: a transaction's last frame alone tells the size of the database. https://sqlite.org/fileformat2.html#the_write_ahead_log */
async function transactionsIn(directory: string): Promise<number> {
  const log = await readFile(join(directory, 'events.db-wal'));
  if (log.length === 0) return 0;
  const frame = 24 + log.readUInt32BE(8);
  let transactions = 0;
  for (let at = 32; at + frame <= log.length; at += frame) if (log.readUInt32BE(at + 4) !== 0) transactions++;
  return transactions;
}
