import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.js';
import { startService } from '../../src/start/start-service.js';
import { startTestService, type TestService } from '../api/service.js';

/** The built command, run as an operator runs it. */
async function postledger(
  dataDirectory: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly output: string; readonly errors: string }> {
  const env = { PATH: process.env['PATH'] ?? '', POSTLEDGER_DATA_DIR: dataDirectory };
  return await new Promise((resolve) => {
    execFile(process.execPath, ['dist/src/cli.js', ...args], { env }, (error, output, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), output, errors }),
    );
  });
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'postledger-snapshots-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function create(service: TestService, accountId: string): Promise<void> {
  await service.data('mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { message } } }', {
    input: { accountId, accountName: `The ${accountId}`, receiver: { imap: { identity: { userId: accountId }, connection: { host: 'imap.example.com' } } } },
  });
}

/** A data directory for another node with the log and the secrets of this one, and without its views. */
function withoutViews(dataDirectory: string): string {
  const directory = join(temporaryDirectory(), 'data');
  mkdirSync(directory, { mode: 0o700 });
  for (const name of ['events.db', 'secrets.db']) {
    const database = new DatabaseSync(join(dataDirectory, name), { readOnly: true });
    database.exec(`VACUUM INTO '${join(directory, name)}'`);
    database.close();
  }
  copyFileSync(join(dataDirectory, 'root-key'), join(directory, 'root-key'));
  return directory;
}

const everything = `{ emailAccounts(first: 10) { nodes { accountId accountName version updatedAt } totalCount }
  auditTrail(first: 100, filter: { entityType: ["EmailAccount", "ApiToken"] }) { nodes { id action entityId occurredAt changes { path } } } }`;

describe('postledger views', () => {
  it('copies the views beside the running service, and a node that starts from the copy answers as that one does', async () => {
    const service = await startTestService();
    onTestFinished(() => service.stop());
    await create(service, 'before');
    const snapshot = join(temporaryDirectory(), 'snapshot');
    const taken = await postledger(service.dataDirectory, 'views', 'snapshot', snapshot);
    expect(taken.errors).toMatch(/^audit-trail +█+ +100 %/m);
    expect([taken.code, taken.output]).toEqual([0, expect.stringMatching(/\/snapshot holds the views of .*\n {2}email-accounts \d+ +up to position \d+, /)]);
    await create(service, 'after');

    const inUse = await postledger(service.dataDirectory, 'views', 'restore', snapshot);
    expect([inUse.code, inUse.errors]).toEqual([1, expect.stringContaining(`in use by process ${process.pid}`)]);
    const expected = await service.data(everything);
    const directory = withoutViews(service.dataDirectory);
    const restored = await postledger(directory, 'views', 'restore', snapshot);
    expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('now has the views of ')]);

    const log = new PassThrough();
    const other = await startService(readConfig({ POSTLEDGER_PORT: '0', POSTLEDGER_DATA_DIR: directory, POSTLEDGER_LOG_LEVEL: 'warn' }), { log });
    onTestFinished(() => other.stop());
    const answer = await fetch(other.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${service.adminToken}` },
      body: JSON.stringify({ query: everything }),
    });
    expect(await answer.json()).toMatchObject({ data: expected });
    expect(String(log.read() ?? '')).not.toContain('built anew');
  });

  it('refuses what is no snapshot in words, and explains itself', async () => {
    const directory = join(temporaryDirectory(), 'data');
    const snapshot = temporaryDirectory();
    writeFileSync(join(snapshot, 'snapshot.json'), '{}');
    const [nothing, refused, { output }] = await Promise.all([
      postledger(join(directory, 'missing'), 'views', 'snapshot', snapshot),
      postledger(directory, 'views', 'restore', snapshot),
      postledger(directory, 'views', '--help'),
    ]);
    expect([nothing.code, nothing.errors]).toEqual([1, `There is no data directory ${directory}/missing. POSTLEDGER_DATA_DIR says where it is.\n`]);
    expect([refused.code, refused.errors]).toEqual([1, expect.stringMatching(/^\S+snapshot\.json is damaged, .* Make another snapshot\.\n$/)]);
    expect(output).toMatch(/snapshot <directory> +copy all views as they are, also while the service runs/);
    expect(output).toMatch(/restore <directory> /);
  });
});
