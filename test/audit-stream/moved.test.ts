import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { migrateStores } from '../../src/start/migrate.js';
import { startTestService } from '../api/service.js';
import { emptyDirectory } from '../migration/source.js';
import { startReceiver } from './receiver.js';
import { eventually, quick, secret } from './stream-under-test.js';

it('a service that is moved to another directory goes on with the first entry that the receiver does not have, and sends none of the others again', async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  const [from, to] = [await emptyDirectory(), await emptyDirectory()];
  const keys = { POSTLEDGER_ROOT_KEYS: `k1:${Buffer.alloc(32, 'k1').toString('base64')}` };
  const webhook = { POSTLEDGER_AUDIT_WEBHOOK_URL: receiver.url, POSTLEDGER_AUDIT_WEBHOOK_SECRET: secret, POSTLEDGER_AUDIT_WEBHOOK_FROM: 'now' };
  const service = (directory: string, environment: Record<string, string>, adminToken: string) =>
    startTestService(environment, {
      store: { environment: { ...keys, POSTLEDGER_DATA_DIR: directory }, options: {}, end: () => Promise.resolve() },
      adminToken,
      auditStreamTiming: quick,
    });

  const source = await service(from, webhook, 'known later');
  const token = (await readFile(join(from, 'bootstrap-token'), 'utf8')).trim();
  const create = (accountId: string) =>
    source.query(
      'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { message } } }',
      {
        input: { accountId, accountName: accountId },
      },
      { token },
    );
  const arrived = (accountId: string) => receiver.taken().some(({ data }) => data['entityId'] === accountId);
  await create('Sent');
  await eventually(() => expect(arrived('Sent')).toBe(true));
  receiver.answer = () => 503;
  await create('Waits');
  await source.stop();
  const before = receiver.taken().map(({ id }) => id);

  const silenced = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
  await migrateStores({ from, to }, readConfig(keys));
  for (const each of silenced) each.mockRestore();

  receiver.answer = () => 204;
  const moved = await service(to, webhook, token);
  onTestFinished(() => moved.stop());
  await eventually(() => expect(arrived('Waits')).toBe(true));
  const after = receiver
    .taken()
    .map(({ id }) => id)
    .slice(before.length);
  expect(after.filter((id) => before.includes(id))).toEqual([]);
});
