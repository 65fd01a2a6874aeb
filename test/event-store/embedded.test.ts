import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { describeEventStoreContract } from './contract.js';

describeEventStoreContract('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-events-'));
  const store = await openEmbeddedEventStore(directory);
  return {
    store,
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});
