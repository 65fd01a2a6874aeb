import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesWith, shapesOf } from '../api/canaries.js';
import { startTestService, type TestService } from '../api/service.js';
import { overDouble } from '../api/store-under-test.js';

const texts = ['Wellensittich-5d2', 'wellensittich@privat.example', 'wellensittich-user'];
const shapes = texts.flatMap(shapesOf);
const identity = { emailAddress: texts[1], userId: texts[2], password: 'wellensittich-Pa55word' };

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'postledger-restored-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function create(service: TestService, accountId: string): Promise<void> {
  const input = { accountId, accountName: texts[0], sender: { smtp: { identity, connection: { host: '127.0.0.1' } } } };
  const document = 'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { message } } }';
  expect(await service.data(document, { input })).toEqual({ createEmailAccount: { errors: [] } });
}

const erase = (service: TestService, accountId: string) =>
  service.data(`mutation { eraseEmailAccount(input: { accountId: "${accountId}", confirmation: "${accountId}", reason: "asked" }) { errors { message } } }`);

interface Entry {
  readonly action: string;
  readonly reason: string | null;
  readonly actor: { readonly kind: string };
  readonly changes: readonly { readonly path: string; readonly after: unknown }[];
}

/** What the first requests after a start are answered: the account, and what the trail says of it. */
async function seen(service: TestService, accountId: string) {
  const fields = `emailAccount(accountId: "${accountId}") { accountName } auditTrail(filter: { entityId: ["${accountId}"] }, first: 50) { nodes { action reason actor { kind } changes { path after } } }`;
  const { emailAccount, auditTrail } = await service.data<{ emailAccount: object | null; auditTrail: { nodes: readonly Entry[] } }>(`{ ${fields} }`);
  return { account: emailAccount, entries: auditTrail.nodes };
}

const nameIn = (entries: readonly Entry[]) =>
  entries.find(({ action }) => action === 'AccountCreated')?.changes.find(({ path }) => path === 'accountName')?.after;

describe('a backup that was put back', () => {
  it('is erased again before anybody is served, by the record of erasures that was kept outside of it', async () => {
    const outside = await directory();
    const backup = await directory();
    const service = await startTestService({ POSTLEDGER_ERASURES_FILE: join(outside, 'erasures') });
    onTestFinished(() => service.stop());
    for (const accountId of ['Sales', 'Kept']) await create(service, accountId);
    await service.restartAfter(() => cp(service.dataDirectory, backup, { recursive: true }));
    await create(service, 'Later');
    for (const accountId of ['Sales', 'Later']) await erase(service, accountId);
    const line = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z (sales|later)$/;
    const [owner, ...noted] = (await readFile(join(outside, 'erasures'), 'utf8')).trimEnd().split('\n');
    expect(owner).toMatch(/^log [-0-9a-f]{36}$/);
    expect([noted.length, noted.every((each) => line.test(each))]).toEqual([2, true]);
    expect((await stat(join(outside, 'erasures'))).mode & 0o777).toBe(0o600);

    await service.restartAfter(async () => {
      await rm(service.dataDirectory, { recursive: true });
      await cp(backup, service.dataDirectory, { recursive: true });
      // The backup has it all: were it served, it could be read.
      expect((await filesWith(service.dataDirectory, shapes)).found.length).toBeGreaterThan(0);
    });
    const { account, entries } = await seen(service, 'Sales');
    expect(account).toBeNull();
    expect(nameIn(entries)).toMatch(/^\[erased [\w-]{8}\]$/);
    const at = noted.find((each) => each.endsWith(' sales'))?.split(' ')[0] ?? '';
    expect(entries.at(-1)).toMatchObject({ action: 'AccountErased', actor: { kind: 'SYSTEM' }, reason: expect.stringContaining(at) as unknown });
    expect(service.logged()).toContain('they are erased again');
    // Kept has the same name and address: it is the only one that may still hold them.
    expect(await seen(service, 'Kept')).toMatchObject({ account: { accountName: texts[0] } });
    await erase(service, 'Kept');
    expect((await filesWith(service.dataDirectory, shapes)).found).toEqual([]);
  });

  it('does not give out again the id of an account that came and went after it', async () => {
    const outside = await directory();
    const service = await startTestService({ POSTLEDGER_ERASURES_FILE: join(outside, 'erasures') });
    onTestFinished(() => service.stop());
    const backup = await directory();
    await service.restartAfter(() => cp(service.dataDirectory, backup, { recursive: true }));
    await create(service, 'Sales');
    await erase(service, 'Sales');
    await service.restartAfter(async () => {
      await rm(service.dataDirectory, { recursive: true });
      await cp(backup, service.dataDirectory, { recursive: true });
    });
    expect(await seen(service, 'Sales')).toEqual({ account: null, entries: [] });
    const again = await service.data<{ createEmailAccount: { errors: readonly { code: string }[] } }>(
      'mutation { createEmailAccount(input: { accountId: "SALES", accountName: "Sales" }) { errors { code } } }',
    );
    expect(again.createEmailAccount.errors).toEqual([{ code: 'ALREADY_EXISTS' }]);
  });

  it('of the log alone is erased again by what the secret store knows', async () => {
    const service = await startTestService();
    onTestFinished(() => service.stop());
    const backup = await directory();
    await create(service, 'Sales');
    await service.restartAfter(() => cp(service.dataDirectory, backup, { recursive: true, filter: (file) => !/views-|secrets/.test(file) }));
    await erase(service, 'Sales');
    await service.restartAfter(async () => {
      const log = (await readdir(service.dataDirectory)).filter((file) => file.startsWith('events.db'));
      for (const file of [...log, 'erasures']) await rm(join(service.dataDirectory, file));
      await cp(backup, service.dataDirectory, { recursive: true });
    });
    const { account, entries } = await seen(service, 'Sales');
    expect([account, nameIn(entries)]).toEqual([null, expect.stringMatching(/^\[erased [\w-]{8}\]$/)]);
    expect(entries.at(-1)).toMatchObject({ action: 'AccountErased', actor: { kind: 'SYSTEM' } });
    expect((await filesWith(service.dataDirectory, shapes)).found).toEqual([]);
    expect(await readFile(join(service.dataDirectory, 'erasures'), 'utf8')).toMatch(/ sales\n$/);
  });

  it('of a cluster is erased again by each node’s record, once', async () => {
    const store = await overDouble();
    const outside = await directory();
    const service = await startTestService({ POSTLEDGER_ERASURES_FILE: join(outside, 'erasures') }, { store });
    onTestFinished(async () => {
      await service.stop();
      await store.end();
    });
    await create(service, 'Sales');
    // As after a restore: the cluster knows of no erasure, and this node does.
    const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly { id: string }[] } }>('{ auditTrail(first: 1) { nodes { id } } }');
    const record = `log ${auditTrail.nodes[0]?.id}\n2026-11-30T12:00:00.000Z sales\n`;
    await service.restartAfter(() => appendFile(join(outside, 'erasures'), record));
    const { account, entries } = await seen(service, 'Sales');
    expect([account, nameIn(entries)]).toEqual([null, expect.stringMatching(/^\[erased [\w-]{8}\]$/)]);
    await service.restart();
    const { entries: afterwards } = await seen(service, 'Sales');
    expect(afterwards.filter(({ action }) => action === 'AccountErased')).toMatchObject([
      { actor: { kind: 'SYSTEM' }, reason: expect.stringContaining('2026-11-30T12:00:00.000Z') as unknown },
    ]);
    expect((await filesWith(service.dataDirectory, shapes)).found).toEqual([]);
  });
});

describe('the record of erasures', () => {
  it('is made anew from the log where it is missing, and says so', async () => {
    const service = await startTestService();
    onTestFinished(() => service.stop());
    await create(service, 'Sales');
    await erase(service, 'Sales');
    const file = join(service.dataDirectory, 'erasures');
    const before = await readFile(file, 'utf8');
    expect(service.logged()).not.toContain('was made anew');
    await service.restartAfter(() => rm(file));
    const withoutTimes = (text: string) => text.replaceAll(/^\S+Z /gm, '');
    expect(withoutTimes(await readFile(file, 'utf8'))).toBe(withoutTimes(before));
    expect(service.logged()).toContain('was made anew from the log');
  });

  it('that is no record stops the start with what to do, and one that a crash cut short does not', async () => {
    const service = await startTestService();
    onTestFinished(() => service.stop());
    await create(service, 'Sales');
    await erase(service, 'Sales');
    const file = join(service.dataDirectory, 'erasures');
    const whole = await readFile(file, 'utf8');
    await service.restartAfter(() => writeFile(file, `${whole}2026-11-30T12:00:0`));
    expect(await readFile(file, 'utf8')).toBe(whole);
    await expect(service.restartAfter(() => writeFile(file, `${whole}something else\n`))).rejects.toThrow('Line 3 of');
    await service.restartAfter(() => writeFile(file, whole));
    expect((await seen(service, 'Sales')).account).toBeNull();
  });
});
