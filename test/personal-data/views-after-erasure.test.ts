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

/** What the views' tables hold, but for what is only made of them, for the accounts that are still there, whose numbers tell how the log was read, and for the hashes of what lies below. */
function tablesIn(directory: string): Readonly<Record<string, readonly unknown[]>> {
  const tables: Record<string, readonly unknown[]> = {};
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.db') && !name.startsWith('views-audit-ledger'))) {
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
const lastOf = ({ log }: History) => log.events.at(-1) ?? expect.fail('Something was recorded.');
const entriesWith = (auditTrail: AuditTrailView, text: string) => throughPages((page) => auditTrail.page({ text }, page), 'first', 100);

it('views that followed an erasure hold what views hold that are built anew after it: for any history, whenever the keys went', async () => {
  await fc.assert(
    fc.asyncProperty(
      histories(40),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      fc.constantFrom({}, { keysAhead: 64 }),
      async ({ log: clear }, goesAtOnce, wasSealedFromTheBeginning, options) => {
        const log = new MemoryLog();
        const keys = new Keys();
        const directory = temporaryDirectory();
        let views = await viewsOf(new SealingEventStore(log, keys, options), directory, { rawEvents: log });
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

        views = await viewsOf(new SealingEventStore(log, keys, options), directory, { rawEvents: log });
        for (const name of views.names) await views.rebuild(name);
        await views.stop();
        expect(tablesIn(directory)).toEqual(followed);
      },
    ),
    { numRuns: 20, endOnFailure: true },
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
  const erasure = lastOf(history);
  log.record(erasure.streamId, [erasure], erasure.recordedAt);
  expect(await views.readYourWrites.reached(BigInt(log.events.length))).toBe(true);

  for (const text of searched) expect([text, entriesWith(views.auditTrail, text)]).toEqual([text, []]);
  const entries = throughPages((page) => views.auditTrail.page({ entityId: ['sales'] }, page), 'first', 100);
  expect(entries.length).toBe(history.log.events.filter(({ streamId }) => streamId === 'emailAccount-sales').length);
  const [created, , , renamed, again] = entries;
  expect(created).toMatchObject({
    action: 'AccountCreated',
    actor: { displayName: 'Erin' },
    data: { accountId: 'sales', accountName: expect.stringMatching(/^\[erased [\w-]{8}\]$/) as unknown },
  });
  const nameOf = (entry: typeof created) => entry?.changes.find(({ path }) => path === 'accountName');
  expect(nameOf(renamed)).toMatchObject({ before: nameOf(created)?.after, after: nameOf(again)?.before });
  // What the settings no longer are is told without saying what they were.
  const removed = entries.find(({ action }) => action === 'SenderRemoved');
  expect(removed?.changes.find(({ path }) => path === 'sender.identity.userId')).toMatchObject({
    before: expect.stringMatching(/^\[erased [\w-]{8}\]$/) as unknown,
    after: null,
  });
  expect(entriesWith(views.auditTrail, 'kept').length).toBeGreaterThan(300);
  await views.stop();
  for (const file of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, file));
    expect([file, texts.filter((text) => bytes.includes(text))]).toEqual([file, []]);
    expect([file, bytes.toString('latin1').match(/kanarie/gi) ?? []]).toEqual([file, []]);
  }
});

it('what is recorded of an account after its erasure, its key being there still, is told without personal data', async () => {
  const history = new History();
  history.account('sales', creation('sales'));
  history.account('sales', { type: 'EraseAccount', confirmation: 'sales', reason: 'asked' });
  const attempt = { command: 'sendTestMessage', entityType: 'EmailAccount', entityId: 'Sales' };
  const data = { ...attempt, messageId: '<1@x>', outcome: 'PASSED', code: 'OK', serverResponse: '250 for kanarie' } as const;
  history.do({ by: 0, after: 1, event: { type: 'TestMessageSent', data } });
  const log = new MemoryLog();
  const keys = new Keys();
  const directory = temporaryDirectory();
  const views = await viewsOf(new SealingEventStore(log, keys), directory, { rawEvents: log });
  for (const event of history.log.events) log.record(event.streamId, [keys.sealed(event)], event.recordedAt);
  expect(await views.readYourWrites.reached(BigInt(log.events.length))).toBe(true);
  const sent = throughPages((page) => views.auditTrail.page({ action: ['TestMessageSent'] }, page), 'first', 100);
  expect(sent).toMatchObject([{ entityId: 'Sales', data: { ...attempt, serverResponse: expect.stringMatching(/^\[erased [\w-]{8}\]$/) as unknown } }]);
  await views.stop();
  const followed = tablesIn(directory);
  keys.shred('sales');
  const again = await viewsOf(new SealingEventStore(log, keys), directory, { rawEvents: log });
  for (const name of again.names) await again.rebuild(name);
  await again.stop();
  expect(tablesIn(directory)).toEqual(followed);
});

it('a view stands still right before what it cannot open though nothing was erased, names it, and goes on once the key is back', async () => {
  const history = new History();
  history.account('kept', creation('kept'));
  history.account('sales', creation('sales', { accountName: 'Vertrieb' }));
  const log = new MemoryLog();
  const keys = new Keys();
  for (const event of history.log.events) log.record(event.streamId, [keys.sealed(event)], event.recordedAt);
  const directory = temporaryDirectory();
  const isLost = (accountId: string) => accountId === 'sales';
  const lost: Pick<SecretStore, 'usePersonalDataKey'> = {
    usePersonalDataKey: (accountId, options, use) => (isLost(accountId) ? Promise.resolve(null) : keys.usePersonalDataKey(accountId, options, use)),
  };
  const stopped: [string, string | null][] = [];
  const listener = { stopped: (name: string, eventId: string | null) => void stopped.push([name, eventId]), storeLost: () => undefined };
  const views = await viewsOf(new SealingEventStore(log, lost), directory, { rawEvents: log, listener });
  const poison = history.log.events.find(({ streamId }) => streamId === 'emailAccount-sales')?.id ?? null;
  expect(new Map(stopped)).toEqual(
    new Map([
      ['audit-trail', poison],
      ['email-accounts', poison],
    ]),
  );
  expect([views.accounts.find('kept')?.account.accountName, views.accounts.find('sales')]).toEqual(['kept', null]);
  await views.stop();
  const again = await viewsOf(new SealingEventStore(log, keys), directory, { rawEvents: log });
  expect(again.accounts.find('sales')?.account.accountName).toBe('Vertrieb');
});
