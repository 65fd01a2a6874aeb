import { describe, it } from 'vitest';
import { describeSecretStoreContract } from './contract.js';
import { contractStore } from './kurrentdb-store.js';

const connectionString = process.env['POSTLEDGER_TEST_KURRENTDB'];

if (connectionString !== undefined && connectionString !== '')
  describeSecretStoreContract('a KurrentDB server', () => contractStore(connectionString, () => Promise.resolve()));
else
  describe('the secret store contract: a KurrentDB server', () => {
    it('holds on a real one', ({ skip }) => skip('POSTLEDGER_TEST_KURRENTDB names no server: give a connection string to run this.'));
  });
