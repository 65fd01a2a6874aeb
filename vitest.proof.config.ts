import { defineConfig } from 'vitest/config';
import everyday from './vitest.config.js';

/** The slow proofs: kills, power loss, many seeds. `POSTLEDGER_PROOF_DOSE=short` is what CI gives. */
export default defineConfig({
  ...everyday,
  test: { ...everyday.test, include: ['test/proof/**/*.test.ts'], exclude: ['node_modules/**', 'dist/**'], testTimeout: 1_200_000 },
});
