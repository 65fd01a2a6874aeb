import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedSecretStore } from '../../src/secret-store/embedded.js';
import { describeSecretStoreContract } from './contract.js';
import { rootKeys } from './temporary-store.js';

describeSecretStoreContract('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-secrets-'));
  let clock = new Date();
  const open = () => openEmbeddedSecretStore({ directory, rootKeys: rootKeys('k1'), now: () => clock });
  let store = await open();
  return {
    store,
    setNow(now) {
      clock = now;
    },
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});
