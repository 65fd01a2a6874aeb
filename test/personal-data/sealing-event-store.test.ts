import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sealedPersonalData } from '../../src/domain/personal-data/sealed-personal-data.js';
import { ConcurrencyConflict, StoreUnavailable, type EventStore, type RecordedEvent } from '../../src/event-store/event-store.js';
import { PersonalDataUnreadable } from '../../src/personal-data/personal-data-unreadable.js';
import { SealingEventStore } from '../../src/personal-data/sealing-event-store.js';
import { AccountShredded, SecretStoreUnavailable } from '../../src/secret-store/secret-store.js';
import { overriding } from '../commands/opened-commands.js';
import { collect, follow } from '../event-store/contract.js';
import { created, engines, eventOf, openLog, openNodes, renamed } from './opened-log.js';

const stream = 'emailAccount-sales';
const namesIn = async (store: EventStore, streamId = stream) => (await collect(store.readStream(streamId))).map(({ data }) => data['accountName']);
const personal = (event: RecordedEvent | undefined) => (event && sealedPersonalData(event.metadata)) ?? expect.fail('It is sealed.');
const commitmentOf = ({ metadata }: RecordedEvent, path = '/accountName') => sealedPersonalData(metadata)?.commitments[path] ?? expect.fail(`No ${path}.`);

describe.each(engines)('personal data at rest: %s', (engine) => {
  it('is read as it was written, and is nowhere in what the engine holds', async () => {
    const { events, raw } = await openLog(engine);
    const sender = {
      kind: 'smtp',
      identity: { emailAddress: 'erin@kanarie.example', displayName: null, userId: 'erin-kanarie', replyTo: null },
      password: null,
    };
    const written = [created(), eventOf('SenderConfigured', { sender })];
    await events.appendToStream(stream, written, 'no_stream');
    expect((await collect(events.readStream(stream))).map(({ data }) => data)).toEqual(written.map(({ data }) => data));
    expect(JSON.stringify((await collect(raw.readStream(stream))).map(({ data, metadata }) => [data, metadata]))).not.toMatch(/kanarie/i);
    expect((await collect(raw.readStream(stream))).map(({ data }) => data)).toEqual([
      { accountId: 'sales', provider: 'custom' },
      { sender: { kind: 'smtp', identity: { displayName: null, replyTo: null }, password: null } },
    ]);
  });

  it('reads [erased …] once the key is destroyed, and still tells what was the same', async () => {
    const { events, raw, secrets, reopened } = await openLog(engine);
    await events.appendToStream(stream, [created('Erin'), renamed('Fay'), renamed('Erin')], 'no_stream');
    await events.appendToStream(stream, [eventOf('AccountErased', {})], 2n);
    await secrets.shred('sales');
    for (const store of [events, reopened()]) {
      const [first, second, third] = await namesIn(store);
      expect(first).toMatch(/^\[erased [\w-]{8}\]$/);
      expect(second).toMatch(/^\[erased [\w-]{8}\]$/);
      expect([third, second === first]).toEqual([first, false]);
      expect((await collect(store.readStream(stream)))[0]?.data).toEqual({ accountId: 'sales', accountName: first, provider: 'custom' });
    }
    const [first, , third] = await collect(raw.readStream(stream));
    expect(first && third && commitmentOf(first) === commitmentOf(third)).toBe(true);
  });

  it('reads erased to those who follow the log or read all of it, too', async () => {
    const { events, secrets, reopened } = await openLog(engine);
    await events.appendToStream(stream, [created()], 'no_stream');
    await secrets.shred('sales');
    const names = (read: readonly RecordedEvent[]) => read.map(({ data }) => data['accountName']);
    expect(names(await collect(reopened().readAll({ streamPrefixes: [stream] })))).toEqual([expect.stringMatching(/^\[erased /)]);
    const following = follow(reopened(), { streamPrefixes: [stream] });
    await following.until(({ kind }) => kind === 'caughtUp');
    expect(names(following.messages.flatMap((message) => (message.kind === 'event' ? [message.event] : [])))).toEqual([expect.stringMatching(/^\[erased /)]);
    await following.end();
  });

  it('can be disclosed: with the salt a stranger checks a text against its commitment by SHA-256 alone', async () => {
    const { events, raw, secrets } = await openLog(engine);
    await events.appendToStream(stream, [created('Erin')], 'no_stream');
    const [event] = await collect(raw.readStream(stream));
    const salt = await secrets.usePersonalDataKey('sales', { create: false }, (key) => key.salt('Erin'));
    expect(salt).toHaveLength(16);
    expect(event && commitmentOf(event)).toBe(
      createHash('sha256')
        .update(salt ?? Buffer.alloc(0))
        .update('Erin')
        .digest('base64url'),
    );
  });

  it('has a commitment of its own in each account: nobody sees that two accounts have the same name', async () => {
    const { events, raw } = await openLog(engine);
    for (const id of ['sales', 'support']) await events.appendToStream(`emailAccount-${id}`, [created('Erin', id)], 'no_stream');
    const read = await collect(raw.readAll({ streamPrefixes: ['emailAccount-'] }));
    expect(new Set(read.map((event) => commitmentOf(event))).size).toBe(2);
  });

  it('of the account that an event of another stream is about is sealed under the key of that one', async () => {
    const { events, raw, secrets } = await openLog(engine);
    const sent = () => eventOf('TestMessageSent', { entityType: 'EmailAccount', entityId: 'Sales', messageId: '<1@x>', serverResponse: '250 for erin' });
    await events.appendToStream('securityLog-2026-11', [sent()], 'any');
    const responses = async (store: EventStore) => (await collect(store.readStream('securityLog-2026-11'))).map(({ data }) => data['serverResponse']);
    expect([await responses(events), await responses(raw)]).toEqual([['250 for erin'], [undefined]]);
    await secrets.shred('sales');
    // What went on beside the erasure is on record all the same.
    await events.appendToStream('securityLog-2026-11', [sent()], 'any');
    expect(await responses(events)).toEqual([expect.stringMatching(/^\[erased [\w-]{8}\]$/), '[erased]']);
  });

  it('that names no account is refused: nobody could erase it', async () => {
    const { events, raw } = await openLog(engine);
    await expect(events.appendToStream('securityLog-2026-11', [eventOf('TestMessageSent', { serverResponse: '250' })], 'any')).rejects.toThrow(TypeError);
    await expect(events.appendToStream(stream, [{ ...created(), metadata: { $personal: {} } }], 'no_stream')).rejects.toThrow(TypeError);
    expect(await collect(raw.readAll({ streamPrefixes: ['securityLog-', stream] }))).toEqual([]);
  });

  it('is written once, however often it is sent: other ciphertext makes no other event', async () => {
    const { events, reopened } = await openLog(engine);
    const batch = [created(), renamed('Fay')];
    const answers = await Promise.all([events, reopened(), events, reopened()].map((store) => store.appendToStream(stream, batch, 'no_stream')));
    expect(answers.map(({ revision }) => revision)).toEqual([1n, 1n, 1n, 1n]);
    expect(await namesIn(events)).toEqual(['Erin Kanarie', 'Fay']);
  });

  it('of an erased account is refused, and what was written before it still gets its first answer', async () => {
    const { events, secrets, raw } = await openLog(engine);
    const first = created();
    const { revision } = await events.appendToStream(stream, [first], 'no_stream');
    await events.appendToStream(stream, [eventOf('AccountErased', {})], revision);
    await secrets.shred('sales');
    expect(await events.appendToStream(stream, [first], 'no_stream')).toMatchObject({ revision });
    await expect(events.appendToStream(stream, [renamed('Fay')], revision)).rejects.toThrow(ConcurrencyConflict);
    await expect(events.appendToStream(stream, [renamed('Fay')], 1n)).rejects.toThrow(AccountShredded);
    await secrets.shred('unknown');
    await expect(events.appendToStream('emailAccount-unknown', [created('Fay', 'unknown')], 'no_stream')).rejects.toThrow(AccountShredded);
    expect(await collect(raw.readAll({ streamPrefixes: ['emailAccount-'] }))).toHaveLength(2);
  });

  it('opens in its own event alone: what was moved or altered says so where its data is asked for', async () => {
    const { events, raw } = await openLog(engine);
    await events.appendToStream(stream, [created('Erin'), renamed('Fay')], 'no_stream');
    const [one, other] = await collect(raw.readStream(stream));
    const text = personal(one).sealed;
    const altered = [
      { ...personal(one), sealed: personal(other).sealed },
      { ...personal(one), sealed: `${text.slice(0, 20)}${text[20] === 'A' ? 'B' : 'A'}${text.slice(21)}` },
      { ...personal(one), commitments: personal(other).commitments },
      { ...personal(one), keyId: 'another' },
      { subject: stream },
    ];
    for (const [index, $personal] of altered.entries()) {
      const streamId = `emailAccount-altered${index}`;
      await raw.appendToStream(streamId, [{ ...eventOf('AccountCreated', one?.data ?? {}), metadata: { $personal } }], 'no_stream');
      const [read] = await collect(events.readStream(streamId));
      expect(() => read?.data).toThrow(PersonalDataUnreadable);
      expect(() => read?.data).toThrow(read?.id);
    }
  });

  it('is not taken for erased where the secret store has lost the key', async () => {
    const { events, raw } = await openLog(engine);
    await events.appendToStream(stream, [created()], 'no_stream');
    const lost = new SealingEventStore(raw, { usePersonalDataKey: () => Promise.resolve(null) });
    const [read] = await collect(lost.readStream(stream));
    expect(read).toMatchObject({ streamId: stream, revision: 0n });
    expect(() => read?.data).toThrow('Account sales has no key');
    // Unless the log says itself that it was to be lost.
    await events.appendToStream(stream, [eventOf('AccountErased', {})], 0n);
    expect(await namesIn(lost)).toEqual([expect.stringMatching(/^\[erased /), undefined]);
  });

  it('waits for a secret store that does not answer: whoever reads may try again', async () => {
    const { events, raw, secrets } = await openLog(engine);
    await events.appendToStream(stream, [created()], 'no_stream');
    let isAway = true;
    const store = new SealingEventStore(
      raw,
      overriding(secrets, {
        usePersonalDataKey: (accountId, options, use) =>
          isAway ? Promise.reject(new SecretStoreUnavailable('Away.')) : secrets.usePersonalDataKey(accountId, options, use),
      }),
    );
    await expect(collect(store.readStream(stream))).rejects.toThrow(StoreUnavailable);
    await expect(store.appendToStream(stream, [renamed('Fay')], 0n)).rejects.toThrow(StoreUnavailable);
    isAway = false;
    expect(await namesIn(store)).toEqual(['Erin Kanarie']);
  });

  it('from before it was sealed is read as it is', async () => {
    const { events, raw } = await openLog(engine);
    await raw.appendToStream(stream, [created()], 'no_stream');
    await events.appendToStream(stream, [renamed('Fay')], 0n);
    expect(await namesIn(events)).toEqual(['Erin Kanarie', 'Fay']);
  });

  it('is opened once for all who follow the log, and looks a key up once an account', async () => {
    const { events, raw, secrets } = await openLog(engine);
    let lookUps = 0;
    const store = new SealingEventStore(
      raw,
      overriding(secrets, {
        usePersonalDataKey: (accountId, options, use) => {
          lookUps++;
          return secrets.usePersonalDataKey(accountId, options, use);
        },
      }),
    );
    await events.appendToStream(stream, [created(), ...Array.from({ length: 50 }, (_, n) => renamed(`Name ${n}`))], 'no_stream');
    expect(await collect(store.readStream(stream))).toHaveLength(51);
    await collect(store.readAll({ streamPrefixes: [stream] }));
    expect(lookUps).toBe(1);
  });
});

describe('personal data on several nodes', () => {
  it('is not opened any more by a node that had the key at hand, once it has seen that another one erased the account', async () => {
    const [one, other] = await openNodes();
    await one.events.appendToStream(stream, [created('Erin')], 'no_stream');
    const following = follow(other.events, { streamPrefixes: [stream] });
    await following.until(({ kind }) => kind === 'event');
    expect(await namesIn(other.events)).toEqual(['Erin']);
    await one.events.appendToStream(stream, [eventOf('AccountErased', {})], 0n);
    await one.secrets.shred('sales');
    await following.until((message) => message.kind === 'event' && message.event.type === 'AccountErased');
    expect(await namesIn(other.events)).toEqual([expect.stringMatching(/^\[erased /), undefined]);
    await following.end();
    await expect(other.events.appendToStream('emailAccount-sales', [renamed('Fay')], 1n)).rejects.toThrow(AccountShredded);
  });

  it('is sealed under one key, however many nodes write the first of it at once', async () => {
    const nodes = await openNodes();
    await Promise.allSettled(nodes.map(({ events }, n) => events.appendToStream(stream, [created(`Name ${n}`)], 'any')));
    const [first, second] = await Promise.all(nodes.map(({ events }) => namesIn(events)));
    expect([first?.length, new Set(first)]).toEqual([2, new Set(['Name 0', 'Name 1'])]);
    expect(second).toEqual(first);
  });
});
