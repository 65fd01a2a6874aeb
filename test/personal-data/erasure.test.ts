import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import { openKurrentDbEventStore } from '../../src/event-store/kurrentdb.js';
import { filesWith, shapesOf } from '../api/canaries.js';
import { startTestService, type TestService } from '../api/service.js';
import { overDouble } from '../api/store-under-test.js';
import { collect } from '../event-store/contract.js';

/** Personal data that occurs nowhere else: wherever one of these turns up after the erasure, it has survived it. */
const personal = {
  name: 'Vertrieb Kanarienvogel-7c1',
  renamed: 'Verkauf Kanarienvogel-91f',
  address: 'erika.kanarienvogel@privat.example',
  display: 'Erika Kanarienvogel-b52',
  senderUser: 'kanarienvogel-sender-user',
  receiverUser: 'PRIVAT\\kanarienvogel-receiver',
  replyTo: 'kanarienvogel-antwort@privat.example',
  mailbox: 'Postfach/kanarienvogel@privat.example',
};
const texts = Object.values(personal);
const shapes = texts.flatMap(shapesOf);

const create = 'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code message } } }';
const rename = 'mutation ($input: RenameEmailAccountInput!) { renameEmailAccount(input: $input) { errors { code } } }';
const erase = 'mutation { eraseEmailAccount(input: { accountId: "Sales", confirmation: "Sales", reason: "asked by her" }) { errors { code } } }';
const input = {
  accountId: 'Sales',
  accountName: personal.name,
  sender: {
    smtp: {
      identity: {
        emailAddress: personal.address,
        displayName: personal.display,
        userId: personal.senderUser,
        replyTo: personal.replyTo,
        password: 'sender-Pa55word',
      },
      connection: { host: '127.0.0.1', port: 1 },
    },
  },
  receiver: {
    imap: { identity: { userId: personal.receiverUser, password: 'receiver-Pa55word' }, connection: { host: '127.0.0.1', port: 1 }, mailbox: personal.mailbox },
  },
};

interface Entry {
  readonly action: string;
  readonly actor: { readonly displayName: string };
  readonly occurredAt: string;
  readonly reason: string | null;
  readonly changes: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
}

/** What lies in the store, as it lies there; null for the embedded one, whose file is looked into. */
type Stored = () => Promise<readonly RecordedEvent[]>;

async function opened(engine: string): Promise<{ readonly service: TestService; readonly stored: Stored | null; readonly end: () => Promise<void> }> {
  if (engine === 'embedded') {
    const service = await startTestService();
    return { service, stored: null, end: () => service.stop() };
  }
  const store = await overDouble();
  const service = await startTestService({}, { store });
  const log = await openKurrentDbEventStore({ connectionString: store.double.connectionString() });
  return {
    service,
    stored: () => collect(log.readAll({ streamPrefixes: ['emailAccount-', 'securityLog-', 'expiry-'] })),
    end: async () => {
      await log.close();
      await service.stop();
      await store.end();
    },
  };
}

describe.each(['embedded', 'KurrentDB, over the double'])('personal data and its erasure: %s', (engine) => {
  let service: TestService;
  let stored: Stored | null;
  let end: () => Promise<void>;
  const entriesOf = async (filter: object) =>
    (
      await service.data<{ auditTrail: { nodes: readonly Entry[] } }>(
        'query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 100) { nodes { action occurredAt reason actor { displayName } changes { path before after } } } }',
        { filter },
      )
    ).auditTrail.nodes;
  const storedText = async () => JSON.stringify((await stored?.())?.map(({ data, metadata }) => [data, metadata]) ?? '');

  beforeAll(async () => {
    ({ service, stored, end } = await opened(engine));
    expect((await service.data<{ createEmailAccount: object }>(create, { input })).createEmailAccount).toEqual({ errors: [] });
    await service.data(rename, { input: { accountId: 'Sales', accountName: personal.renamed } });
    // Refused, changed nothing, tested: what is recorded beside the account's own events.
    await service.data(rename, { input: { accountId: 'Sales', accountName: personal.renamed } });
    await service.data(rename, { input: { accountId: 'Sales', accountName: `${personal.renamed}\n` } });
    await service.query('mutation { testConnection(input: { accountId: "Sales" }) { errors { code } } }');
    await service.query(`mutation { sendTestMessage(input: { accountId: "Sales", to: "${personal.replyTo}" }) { errors { code } } }`);
    await entriesOf({ text: 'Kanarienvogel' });
  });
  afterAll(() => end());

  it('was there to read, but never in the log as it lies on the disk', async () => {
    const account = await service.query('{ emailAccount(accountId: "Sales") { accountName } }');
    expect(account.text).toContain(personal.renamed);
    expect((await entriesOf({ text: 'Kanarienvogel' })).length).toBeGreaterThan(0);
    // Views are made of what is read, for searching; what they have taken is on the disk soon.
    await expect.poll(async () => (await filesWith(service.dataDirectory, shapes)).found.length).toBeGreaterThan(0);
    const { searched, found } = await filesWith(service.dataDirectory, shapes);
    expect([found.filter((name) => !name.startsWith('views-')), searched > found.length]).toEqual([[], true]);
    const text = await storedText();
    expect(shapes.filter((shape) => text.includes(shape))).toEqual([]);
  });

  it('is in no file any more, and in the log as little as before', async () => {
    await service.data(erase);
    expect((await filesWith(service.dataDirectory, shapes)).found).toEqual([]);
    const text = await storedText();
    expect(shapes.filter((shape) => text.includes(shape))).toEqual([]);
  });

  it('afterwards the audit trail says who did what and when, and shows [erased …] where it said what', async () => {
    const entries = await entriesOf({ entityId: ['Sales'], outcome: ['ACCEPTED'] });
    expect(entries.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['AccountCreated', 'SenderConfigured', 'ReceiverConfigured', 'AccountRenamed', 'ConnectionTested', 'AccountErased']),
    );
    expect(entries.every(({ actor, occurredAt }) => actor.displayName === 'Bootstrap token' && !Number.isNaN(Date.parse(occurredAt)))).toBe(true);
    expect(entries.at(-1)).toMatchObject({ action: 'AccountErased', reason: 'asked by her' });
    const all = JSON.stringify(entries);
    expect(texts.filter((text) => all.includes(text))).toEqual([]);
    const change = (action: string, path: string) => entries.find((entry) => entry.action === action)?.changes.find((each) => each.path === path);
    const [created, renamed] = [change('AccountCreated', 'accountName'), change('AccountRenamed', 'accountName')];
    expect([created?.after, renamed?.after]).toEqual([expect.stringMatching(/^\[erased [\w-]{8}\]$/), expect.stringMatching(/^\[erased [\w-]{8}\]$/)]);
    expect(renamed?.before).toBe(created?.after);
    expect(renamed?.after).not.toBe(created?.after);
  });

  it('no search finds it, and no export gives it', async () => {
    for (const text of ['Kanarienvogel', 'erika', 'privat', 'Verkauf']) expect([text, await entriesOf({ text })]).toEqual([text, []]);
    for (const format of ['jsonl', 'csv', 'cef']) {
      const exported = await (
        await fetch(new URL(`/audit/export?format=${format}`, service.url), { headers: { authorization: `Bearer ${service.adminToken}` } })
      ).text();
      expect(exported).toContain('AccountErased');
      expect([format, shapes.filter((shape) => exported.includes(shape))]).toEqual([format, []]);
    }
  });

  it('the same holds after a restart with views built anew, and the log of the service says nothing of it', async () => {
    await service.rebuildViews();
    await service.restart();
    expect((await filesWith(service.dataDirectory, shapes)).found).toEqual([]);
    expect(texts.filter((text) => service.logged().includes(text))).toEqual([]);
    const created = (await entriesOf({ entityId: ['Sales'], action: ['AccountCreated'] }))[0];
    expect(created?.changes.find(({ path }) => path === 'accountName')?.after).toMatch(/^\[erased [\w-]{8}\]$/);
  });

  it('guesses cannot be tried on what is left: no hash in the log is of anything but keys that are gone', async () => {
    // A command's id and its events' ids derive from a hash of the input, so that hash must not be of the input alone.
    const { hashOfInput, derivedId, eventIdOf } = await import('../../src/commands/event-metadata.js');
    const guess = hashOfInput({ input: { accountId: 'Sales', accountName: personal.renamed }, passwords: {} });
    const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly { id: string; causationId: string }[] } }>(
      '{ auditTrail(filter: { action: ["AccountRenamed"] }, first: 1) { nodes { id causationId } } }',
    );
    const [entry] = auditTrail.nodes;
    expect(entry?.id).not.toBe(eventIdOf(derivedId(entry?.causationId ?? '', `input ${guess}`), 0));
    const sentTo = hashOfInput({ accountId: 'Sales', to: personal.replyTo });
    expect((await entriesOf({ action: ['TestMessageSent'] })).length).toBe(1);
    expect((await filesWith(service.dataDirectory, [guess, sentTo])).found).toEqual([]);
    expect(await storedText()).not.toContain(guess);
    expect(await storedText()).not.toContain(sentTo);
  });
});
