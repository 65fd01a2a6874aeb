import { defineConfig } from 'vitest/config';
import everyday from './vitest.config.js';

/**
 * The GraphQL suite with the log in KurrentDB: over a double of it or, with `POSTLEDGER_TEST_KURRENTDB=<connection string>`, on that server; there the contracts of both stores are held as well.
 */
export default defineConfig({
  ...everyday,
  test: {
    ...everyday.test,
    include: ['test/api/**/*.test.ts', 'test/nodes/**/*.test.ts', 'test/event-store/kurrentdb-real.test.ts', 'test/secret-store/kurrentdb-real.test.ts'],
    env: { POSTLEDGER_TEST_ENGINE: 'kurrentdb' },
    testTimeout: 60_000,
  },
});
