import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import { openKurrentDbEventStore } from '../../src/event-store/kurrentdb.js';
import { SealingEventStore } from '../../src/personal-data/sealing-event-store.js';
import { openEmbeddedSecretStore } from '../../src/secret-store/embedded.js';
import { openKurrentDbSecretStore } from '../../src/secret-store/kurrentdb.js';
import { describeEventStoreContract } from '../event-store/contract.js';
import { startKurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';
import { rootKeys } from '../secret-store/temporary-store.js';

describeEventStoreContract('embedded, with personal data sealed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-personal-'));
  const secrets = await openEmbeddedSecretStore({ directory, rootKeys: rootKeys('k1') });
  const store = new SealingEventStore(await openEmbeddedEventStore(directory), secrets);
  return {
    store,
    async close() {
      await store.close();
      await secrets.close();
      await rm(directory, { recursive: true });
    },
  };
});

describeEventStoreContract('KurrentDB over the double, with personal data sealed', async () => {
  const double = await startKurrentDbDouble();
  const log = await openKurrentDbEventStore({ connectionString: double.connectionString() });
  const secrets = await openKurrentDbSecretStore({ log, rootKeys: rootKeys('k1') });
  const store = new SealingEventStore(log, secrets, { keysAhead: 64 });
  return {
    store,
    async close() {
      await secrets.close();
      await store.close();
      await double.stop();
    },
  };
});
