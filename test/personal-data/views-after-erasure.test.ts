import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AuditTrailView } from '../../projections/views.js';
import { takeOut } from '../../src/domain/personal-data/leaves.js';
import { erasablePaths } from '../../src/domain/personal-data/erasable-paths.js';
import type { NewEvent, RecordedEvent } from '../../src/event-store/event-store.js';
import { divide, sealed, withoutPersonalData } from '../../src/personal-data/sealing.js';
import { SealingEventStore } from '../../src/personal-data/sealing-event-store.js';
import { accountOf, subjectOf } from '../../src/personal-data/subject.js';
import { PersonalDataKey } from '../../src/secret-store/personal-data-key.js';
import { AccountShredded, type SecretStore } from '../../src/secret-store/secret-store.js';
import { histories, History, creation } from '../projections/histories.js';
import { MemoryLog } from '../projections/memory-log.js';
import { throughPages } from '../projections/pages.js';
import { temporaryDirectory, viewsOf } from '../projections/temporary-views.js';
import { mailboxForm, smtpForm } from '../domain/accounts.js';

/** The keys of a secret store, in memory. */
class Keys implements Pick<SecretStore, 'usePersonalDataKey'> {
  readonly #keys = new Map<string, PersonalDataKey | 'shredded'>();

  shred(accountId: string): void {
    const key = this.#keys.get(accountId);
    if (key !== undefined && key !== 'shredded') key.erase();
    this.#keys.set(accountId, 'shredded');
  }

  of(accountId: string): PersonalDataKey | 'shredded' {
    const key = this.#keys.get(accountId) ?? new PersonalDataKey(accountId, randomBytes(32));
    this.#keys.set(accountId, key);
    return key;
  }

  async usePersonalDataKey<Result>(accountId: string, _options: object, use: (key: PersonalDataKey) => Result): Promise<Result | null> {
    const key = this.of(accountId);
    return key === 'shredded' ? Promise.reject(new AccountShredded(accountId)) : Promise.resolve(use(key));
  }

  /** The event as the log takes it now. */
  sealed(event: RecordedEvent): NewEvent {
    const { id, type, data, metadata, streamId } = event;
    const divided = divide({ id, type, data, metadata });
    if (divided.leaves.length === 0) return divided.event;
    const subject = subjectOf(streamId, event);
    const key = this.of(accountOf(subject));
    return key === 'shredded' ? withoutPersonalData(divided) : sealed(divided, streamId, subject, key);
  }
}

/** What the views' tables hold, but for what is only made of them, and for the accounts that are still there: how these are numbered tells how the log was read. */
function tablesIn(directory: string): Readonly<Record<string, readonly unknown[]>> {
  const tables: Record<string, readonly unknown[]> = {};
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.db'))) {
    const database = new DatabaseSync(join(directory, file), { readOnly: true });
    const names = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map((row) => String((row as { name: unknown }).name));
    for (const name of names.filter((each) => !/^sqlite_|_words|^progress$|^entry_place$|^written_blocks$|^account/.test(each)))
      tables[`${file} ${name}`] = database.prepare(`SELECT * FROM "${name}"`).all();
    database.close();
  }
  return tables;
}

const personalTexts = (events: readonly RecordedEvent[]) =>
  new Set(events.flatMap(({ type, data }) => takeOut(data, erasablePaths(type)).leaves.map(({ value }) => value)));
const entriesWith = (auditTrail: AuditTrailView, text: string) => throughPages((page) => auditTrail.page({ text }, page), 'first', 100);

it('views that followed an erasure hold what views hold that are built anew after it: for any history, whenever the keys went', async () => {
  await fc.assert(
    fc.asyncProperty(
      histories(40),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      async ({ log: clear }, goesAtOnce, wasSealedFromTheBeginning) => {
        const log = new MemoryLog();
        const keys = new Keys();
        const directory = temporaryDirectory();
        let views = await viewsOf(new SealingEventStore(log, keys), directory, { rawEvents: log });
        const waiting: string[] = [];
        for (const [index, event] of clear.events.entries()) {
          const isFromBefore = !wasSealedFromTheBeginning && index < clear.events.length / 2;
          log.record(event.streamId, [isFromBefore ? event : keys.sealed(event)], event.recordedAt);
          if (event.type !== 'AccountErased') continue;
          if (goesAtOnce[index % goesAtOnce.length]) keys.shred(accountOf(event.streamId));
          else waiting.push(accountOf(event.streamId));
          expect(await views.readYourWrites.reached(BigInt(log.events.length))).toBe(true);
        }
        expect(await views.readYourWrites.reached(BigInt(log.events.length))).toBe(true);
        await views.stop();
        const followed = tablesIn(directory);
        for (const accountId of waiting) keys.shred(accountId);

        views = await viewsOf(new SealingEventStore(log, keys), directory, { rawEvents: log });
        for (const name of views.names) await views.rebuild(name);
        await views.stop();
        expect(tablesIn(directory)).toEqual(followed);
      },
    ),
    { numRuns: 40, endOnFailure: true },
  );
});

it('nothing of an erased account is left in the files of the views, nor found by a search, and the trail still says who did what', async () => {
  const history = new History();
  const identity = { emailAddress: 'erin@kanarie.example', displayName: 'Erin Kanarie', userId: 'erin-kanarie', replyTo: 'kanarie-reply@example.com' };
  const other = { ...identity, emailAddress: 'fay@kept.example', displayName: 'Fay Kept', userId: 'fay-kept', replyTo: null };
  history.account(
    'sales',
    creation('sales', { accountName: 'Vertrieb Kanarie', sender: smtpForm({}, identity), receiver: mailboxForm('imap', {}, { userId: 'kanarie-in' }) }),
  );
  history.account('support', creation('support', { accountName: 'Kept', sender: smtpForm({}, other) }));
  for (let n = 0; n < 300; n++) {
    history.account('sales', { type: 'RenameAccount', accountName: `Kanarie ${n}` });
    history.account('support', { type: 'RenameAccount', accountName: `Kept ${n}` });
  }
  history.account('sales', { type: 'RemoveSender' });
  const log = new MemoryLog();
  const keys = new Keys();
  const directory = temporaryDirectory();
  const views = await viewsOf(new SealingEventStore(log, keys), directory, { rawEvents: log });
  for (const event of history.log.events) log.record(event.streamId, [keys.sealed(event)], event.recordedAt);
  expect(await views.readYourWrites.reached(BigInt(log.events.length))).toBe(true);
  const texts = [...personalTexts(history.log.events.filter(({ streamId }) => streamId === 'emailAccount-sales'))];
  expect(texts.length).toBeGreaterThan(300);
  const before = entriesWith(views.auditTrail, 'kanarie');
  expect(before.length).toBeGreaterThan(300);
  const searched = ['kanarie', 'vertrieb', 'kanarie-reply'];
  for (const text of searched) expect([text, entriesWith(views.auditTrail, text).length > 0]).toEqual([text, true]);

  history.account('sales', { type: 'EraseAccount', confirmation: 'sales', reason: 'asked' });
  const erasure = history.log.events.at(-1) ?? expect.fail('It was erased.');
  log.record(erasure.streamId, [erasure], erasure.recordedAt);
  expect(await views.readYourWrites.reached(BigInt(log.events.length))).toBe(true);

  for (const text of searched) expect([text, entriesWith(views.auditTrail, text)]).toEqual([text, []]);
  const entries = throughPages((page) => views.auditTrail.page({ entityId: ['sales'] }, page), 'first', 100);
  expect(entries.length).toBe(history.log.events.filter(({ streamId }) => streamId === 'emailAccount-sales').length);
  const [created, , , renamed, again] = entries;
  expect(created).toMatchObject({
    action: 'AccountCreated',
    actor: { displayName: 'Erin' },
    data: { accountId: 'sales', accountName: expect.stringMatching(/^\[erased [\w-]{8}\]$/) },
  });
  const nameOf = (entry: typeof created) => entry?.changes.find(({ path }) => path === 'accountName');
  expect(nameOf(renamed)).toMatchObject({ before: nameOf(created)?.after, after: nameOf(again)?.before });
  // What the settings no longer are is told without saying what they were.
  const removed = entries.find(({ action }) => action === 'SenderRemoved');
  expect(removed?.changes.find(({ path }) => path === 'sender.identity.userId')).toMatchObject({
    before: expect.stringMatching(/^\[erased [\w-]{8}\]$/),
    after: null,
  });
  expect(entriesWith(views.auditTrail, 'kept').length).toBeGreaterThan(300);
  await views.stop();
  for (const file of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, file));
    expect([file, texts.filter((text) => bytes.includes(text))]).toEqual([file, []]);
    for (const m of bytes.toString('latin1').matchAll(/kanarie/gi))
      console.log(file, bytes.length, m.index, JSON.stringify(bytes.subarray(m.index - 200, m.index + 100).toString('latin1')));
    expect([file, bytes.toString('latin1').match(/kanarie/gi) ?? []]).toEqual([file, []]);
  }
});
