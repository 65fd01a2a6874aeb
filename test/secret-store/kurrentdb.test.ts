import { startKurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';
import { describeSecretStoreContract } from './contract.js';
import { contractStore } from './kurrentdb-store.js';

describeSecretStoreContract('KurrentDB, over the double', async () => {
  const double = await startKurrentDbDouble();
  return contractStore(double.connectionString(), () => double.stop());
});
