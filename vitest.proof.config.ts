import { defineConfig, mergeConfig } from 'vitest/config';
import everyday from './vitest.config.js';

/** The slow proofs: kills, power loss, many seeds. `POSTLEDGER_PROOF_DOSE=short` is what CI gives. */
export default mergeConfig(everyday, defineConfig({ test: { include: ['test/proof/**/*.test.ts'], exclude: ['node_modules/**'], testTimeout: 1_200_000 } }));
