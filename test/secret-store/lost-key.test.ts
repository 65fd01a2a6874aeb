import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, it } from 'vitest';
import { openEmbeddedSecretStore } from '../../src/secret-store/embedded.js';
import { SecretUnreadable } from '../../src/secret-store/secret-store.js';
import { newSecret } from './contract.js';
import { openStore, rootKeys, temporaryDirectory } from './temporary-store.js';

it('the key of an account without a password is looked at, too: what is sealed under it is in the log', async () => {
  const directory = await temporaryDirectory();
  const store = await openEmbeddedSecretStore({ directory, rootKeys: rootKeys('k1') });
  for (const accountId of ['kept', 'relay']) await store.usePersonalDataKey(accountId, { create: true }, () => undefined);
  await store.put('sales', [newSecret('hunter2')]);
  expect(await store.doctor()).toEqual({ checked: 1, unreadable: [], lostKeys: [] });
  await store.close();
  const database = new DatabaseSync(join(directory, 'secrets.db'));
  database.exec("UPDATE slot SET bytes = zeroblob(length(bytes)) WHERE slot_id = (SELECT key_slot FROM account WHERE account_id = 'relay')");
  database.close();
  const damaged = await openStore({ directory });
  expect(await damaged.doctor()).toEqual({ checked: 1, unreadable: [], lostKeys: ['relay'] });
  await expect(damaged.usePersonalDataKey('relay', { create: false }, () => undefined)).rejects.toThrow(SecretUnreadable);
  // Nor is another key made in its place: what the lost one sealed would pass for altered.
  await expect(damaged.usePersonalDataKey('relay', { create: true }, () => undefined)).rejects.toThrow(SecretUnreadable);
});
