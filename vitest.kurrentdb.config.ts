import { defineConfig } from 'vitest/config';
import everyday from './vitest.config.js';

const onServer = (process.env['POSTLEDGER_TEST_KURRENTDB'] ?? '') !== '';

/**
 * The GraphQL suite with the log in KurrentDB: over a double of it or, with `POSTLEDGER_TEST_KURRENTDB=<connection string>`, on that server; there the contracts of both stores and the
 * suite of many nodes as well, which every day run over the double.
 */
export default defineConfig({
  ...everyday,
  test: {
    ...everyday.test,
    include: ['api', ...(onServer ? ['nodes', 'event-store/kurrentdb-real', 'secret-store/kurrentdb-real'] : [])].map((what) => `test/${what}{/**/*,}.test.ts`),
    env: { POSTLEDGER_TEST_ENGINE: 'kurrentdb' },
    testTimeout: 60_000,
  },
});
