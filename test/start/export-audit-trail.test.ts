import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { seedAccounts } from '../../bench/seed-accounts.js';
import { exportFormats, exportFormatNames } from '../../projections/audit-export/format.js';
import { readConfig } from '../../src/config.js';
import { parseCheckpoint } from '../../src/ledger/checkpoint.js';
import { openNote, verifierFrom } from '../../src/ledger/signed-note.js';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { CommandFailed } from '../../src/start/command-failed.js';
import { exportAuditTrail, type AuditExportOptions } from '../../src/start/export-audit-trail.js';
import { ExportRecords } from '../../src/start/export-records.js';
import { startTestService } from '../api/service.js';
import { csvRecords } from '../projections/export-parsers.js';

let directory: string;
let config: ReturnType<typeof readConfig>;
const accounts = 80; // of three entries each

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'postledger-export-'));
  mkdirSync(join(directory, 'data'), { mode: 0o700 });
  config = readConfig({ POSTLEDGER_DATA_DIR: join(directory, 'data'), POSTLEDGER_PORT: '1' });
  const store = await openEmbeddedEventStore(config.dataDirectory);
  await seedAccounts(store, 0, accounts, () => undefined);
  await store.close();
});
afterAll(() => rmSync(directory, { recursive: true }));

let said = '';
beforeEach(() => {
  said = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      said += chunk.toString();
      return true;
    });
  return () => vi.restoreAllMocks();
});

let made = 0;
const newFile = () => join(directory, `export-${made++}`);
const exporting = (options: Partial<AuditExportOptions>, of = config) => exportAuditTrail(of, { format: 'jsonl', filter: [], resume: false, ...options });
const manifestOf = (file: string) => JSON.parse(readFileSync(`${file}.manifest.json`, 'utf8')) as Record<string, unknown>;
const underwayOf = (file: string) => `${file}.partial.json`;
interface Line {
  readonly position: string;
  readonly action: string;
  readonly entityId: string;
  readonly actor: { readonly kind: string };
  readonly data: Readonly<Record<string, unknown>>;
}
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

describe('postledger audit export, of a stopped service', () => {
  it('writes every entry and a manifest that names the file by its hashes', async () => {
    const file = newFile();
    await exporting({ out: file, filter: ['entityType=EmailAccount'] });
    const bytes = readFileSync(file);
    const lines = linesOf(file);
    expect(lines).toHaveLength(3 * accounts);
    let running = Buffer.alloc(32);
    for (const line of bytes.toString().split('\n').slice(0, -1)) running = createHash('sha256').update(running).update(line).digest();
    expect(manifestOf(file)).toMatchObject({
      format: 'jsonl',
      filter: ['entityType=EmailAccount'],
      exportedBy: { kind: 'COMMAND_LINE' },
      entries: 3 * accounts,
      firstPosition: lines[0]?.position,
      lastPosition: lines.at(-1)?.position,
      runningHash: running.toString('hex'),
      files: [{ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }],
    });
    expect(existsSync(underwayOf(file))).toBe(false);
    const { checkpoint, until } = manifestOf(file) as { checkpoint: { signedNote: string; treeSize: string; position: string }; until: string };
    const key = verifierFrom(readFileSync(join(config.dataDirectory, 'audit-public-key'), 'utf8'));
    expect(parseCheckpoint(openNote(checkpoint.signedNote, key) ?? 'not signed').size).toBe(Number(checkpoint.treeSize));
    expect(BigInt(checkpoint.position)).toBeGreaterThanOrEqual(BigInt(until));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is on record by the time the next one looks, with who, what and up to where', async () => {
    const [first, second] = [newFile(), newFile()];
    await exporting({ out: first, format: 'csv', filter: ['action=AccountCreated', 'text=account'] });
    await exporting({ out: second, filter: ['action=AuditExported'] });
    const record = linesOf(second).at(-1);
    expect(record).toMatchObject({
      actor: { kind: 'COMMAND_LINE' },
      data: { format: 'CSV', filter: '{"action":["AccountCreated"],"text":true}', after: null, until: manifestOf(first)['until'], entries: accounts },
    });
    expect(manifestOf(first)['recordedAt']).toEqual([record?.position]);
  });

  it.each(exportFormatNames)('goes on after a kill at any place as if there had been none: %s', async (format) => {
    const whole = newFile();
    const options = { format, filter: ['entityType=EmailAccount'] };
    await exporting({ ...options, out: whole });
    const { files, entries, runningHash, firstPosition, lastPosition } = manifestOf(whole);
    const bytes = readFileSync(whole);
    const cuts = [0, 1, exportFormats[format].header.length, bytes.length - 1, bytes.length, ...fc.sample(fc.nat(bytes.length), 3)];
    for (const cut of cuts) {
      const file = newFile();
      await exporting({ ...options, out: file });
      interrupt(file, cut);
      await exporting({ ...options, out: file, resume: true });
      expect([cut, readFileSync(file).equals(bytes)]).toEqual([cut, true]);
      const [{ sha256 } = { sha256: '' }] = files as { sha256: string }[];
      expect(manifestOf(file)).toMatchObject({ entries, runningHash, firstPosition, lastPosition, files: [{ bytes: bytes.length, sha256 }] });
      expect(manifestOf(file)['recordedAt']).toHaveLength(2);
    }
  });

  it('leaves out what was recorded after it began, also when it goes on', async () => {
    const file = newFile();
    await exporting({ out: file });
    const bytes = readFileSync(file);
    interrupt(file, bytes.length >> 1);
    await exporting({ out: newFile() });
    await exporting({ out: file, resume: true });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('does not take a whole export for another one that was asked for', async () => {
    const file = newFile();
    await exporting({ out: file, filter: ['action=AccountCreated'] });
    await exporting({ out: file, filter: ['action=AccountCreated'], resume: true });
    expect(said).toContain('is complete already');
    for (const other of [{ filter: [] }, { filter: ['action=AccountCreated'], format: 'csv' }] as const)
      await expect(exporting({ out: file, resume: true, ...other })).rejects.toThrow(
        'is a whole export of another format or filter: --format jsonl action=AccountCreated',
      );
  });

  it('has no checkpoint of a log that is not what was hashed of it, and says why', async () => {
    const altered = readConfig({ POSTLEDGER_DATA_DIR: join(directory, 'altered'), POSTLEDGER_PORT: '1' });
    const store = await openEmbeddedEventStore(altered.dataDirectory);
    await seedAccounts(store, 0, 3, () => undefined);
    await store.close();
    await exporting({ out: newFile() }, altered);
    const database = new DatabaseSync(join(altered.dataDirectory, 'events.db'));
    database.exec("DROP TRIGGER event_is_never_changed; UPDATE event SET metadata = replace(metadata, 'Seeded', 'Forged') WHERE position = 2");
    database.close();
    const file = newFile();
    await exporting({ out: file }, altered);
    expect(manifestOf(file)['checkpoint']).toBeNull();
    expect(said).toMatch(/The manifest has no checkpoint\. .*at position 2 was changed/);
  });

  it('takes a time range', async () => {
    const file = newFile();
    await exporting({ out: file, from: '2000-01-01T00:00:00Z', to: '2000-01-02T00:00:00Z', format: 'csv' });
    expect(csvRecords(readFileSync(file, 'utf8'))).toHaveLength(1);
    expect(manifestOf(file)).toMatchObject({ entries: 0, firstPosition: null, lastPosition: null });
  });

  it('writes to standard output where no file is named', async () => {
    await exporting({ filter: ['entityId=account-0000001'] });
    expect(said).toContain('"action":"SenderConfigured"');
    expect(said).toContain('3 entries');
  });

  it('gives a directory a file of its own', async () => {
    const place = newFile();
    mkdirSync(place);
    await exporting({ out: place, format: 'cef', filter: ['entityId=account-0000001'] });
    expect(readFileSync(join(place, 'audit-trail.cef'), 'utf8').split('\n')).toHaveLength(4);
  });

  it('overwrites nothing, and goes on with nothing that is not its own', async () => {
    const file = newFile();
    writeFileSync(file, 'mine');
    await expect(exporting({ out: file })).rejects.toThrow(CommandFailed);
    await expect(exporting({ out: file, resume: true })).rejects.toThrow('not left by an interrupted export');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    const other = newFile();
    await exporting({ out: other });
    interrupt(other, 100);
    await expect(exporting({ out: other, resume: true, format: 'csv' })).rejects.toThrow('another format or filter');
  });

  it('says what is wrong with a filter before anything is opened', async () => {
    await expect(exporting({ filter: ['colour=red'] })).rejects.toThrow('There is no filter named colour');
    await expect(exporting({ filter: ['red'] })).rejects.toThrow('key=value');
  });
});

describe('postledger audit export, of a running service', () => {
  it('asks the service, which records whose token it was, and gives the same bytes', async () => {
    const service = await startTestService({ POSTLEDGER_EVENT_STORE: 'embedded' });
    try {
      const { port } = new URL(service.url);
      const running = readConfig({ POSTLEDGER_DATA_DIR: service.dataDirectory, POSTLEDGER_PORT: port });
      const tokenFile = newFile();
      writeFileSync(tokenFile, `${await service.tokenFor('AUDITOR')}\n`);
      const [byService, untilThen] = [newFile(), newFile()];
      const filter = ['action=ApiTokenIssued', 'action=AuditExported'];
      await expect(exporting({ out: byService, filter }, running)).rejects.toThrow('--token-file');
      await exporting({ out: byService, filter, tokenFile }, running);
      expect(manifestOf(byService)).toMatchObject({ exportedBy: { kind: 'API_TOKEN', displayName: 'auditor' }, entries: 2 });
      interrupt(byService, 300);
      await exporting({ out: byService, filter, tokenFile, resume: true }, running);
      const isShown = '{ auditTrail(filter: { action: ["AuditExported"] }) { totalCount } }';
      await expect.poll(() => service.data(isShown)).toEqual({ auditTrail: { totalCount: 2 } });
      await exporting({ out: untilThen, filter, tokenFile }, running);
      const [once, again] = [readFileSync(byService, 'utf8'), readFileSync(untilThen, 'utf8')];
      expect(again.startsWith(once)).toBe(true);
      expect(linesOf(untilThen).map(({ action }) => action)).toEqual(['ApiTokenIssued', 'ApiTokenIssued', 'AuditExported', 'AuditExported']);
      writeFileSync(tokenFile, await service.tokenFor('VIEWER'));
      await expect(exporting({ out: newFile(), tokenFile }, running)).rejects.toThrow('The role VIEWER may not use');
    } finally {
      await service.stop();
    }
  });
});

describe('the records of an export', () => {
  it('are found whole however the bytes are cut, line ends between quotation marks and all', () => {
    const text = 'position,reason\r\n1,"a\r\nb ""c""\n"\r\n22,d\r\n333,"\r\n"\r\n4,"not whole\r\n';
    const whole = Buffer.from(text.slice(0, text.indexOf('4,')));
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (places) => {
        const records = new ExportRecords(exportFormats.csv);
        const cuts = [0, ...places.sort((a, b) => a - b), text.length];
        for (const [index, from] of cuts.entries()) records.add(Buffer.from(text.slice(from, cuts[index + 1] ?? text.length)));
        expect([records.entries, records.first, records.last, records.wholeBytes, records.isWhole]).toEqual([3, 1n, 333n, whole.length, false]);
        expect(records.fileHash()).toBe(createHash('sha256').update(whole).digest('hex'));
      }),
    );
  });
});

/** What a kill leaves after so many bytes: no manifest, and what the export is of. */
function interrupt(file: string, bytes: number): void {
  const { program, format, filter, until, exportedBy, startedAt, recordedAt } = manifestOf(file);
  const pairs = (filter as string[]).map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
  writeFileSync(underwayOf(file), JSON.stringify({ program, format, filter: pairs, until, exportedBy, startedAt, records: recordedAt }));
  rmSync(`${file}.manifest.json`);
  truncateSync(file, bytes);
}
