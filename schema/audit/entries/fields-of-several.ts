import { Int } from 'type-graphql';
import { ConnectionTestOutcome } from '../../connection-test/connection-test.js';
import type { Extra } from './entry-table.js';

export const command: Extra<{ readonly command: string }> = {
  type: () => String,
  description: 'The mutation, query or subscription that was attempted.',
  of: (data) => data.command,
};

export const told: Extra<{ readonly count?: number }> = {
  type: () => Int,
  description: 'How often: attempts of one caller that are alike and of one minute are told together, once there are many.',
  of: (data) => data.count ?? 1,
};

export const testOutcome: Extra<{ readonly outcome: 'PASSED' | 'FAILED' }> = {
  type: () => ConnectionTestOutcome,
  description: 'How it ended.',
  of: (data) => data.outcome,
};
