import { openKurrentDbEventStore } from '../../src/event-store/kurrentdb.js';
import { describeEventStoreContract } from './contract.js';
import { startKurrentDbDouble } from './kurrentdb-double/kurrentdb-double.js';

describeEventStoreContract('KurrentDB, over the double', async () => {
  const double = await startKurrentDbDouble();
  const store = await openKurrentDbEventStore({ connectionString: double.connectionString() });
  return {
    store,
    async close() {
      await store.close();
      await double.stop();
    },
  };
});
