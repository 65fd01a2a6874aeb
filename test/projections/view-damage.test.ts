import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, it } from 'vitest';
import { isDamage } from '../../projections/view-build.js';
import { temporaryDirectory } from './temporary-views.js';

it.each(['all', 'get'] as const)('a damaged file is told from a fault of ours, however it is read (%s)', (method) => {
  const file = join(temporaryDirectory(), 'damaged.db');
  const before = new DatabaseSync(file);
  before.exec(
    `CREATE TABLE row (text TEXT); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO row SELECT '${'x'.repeat(200)}' FROM n`,
  );
  before.close();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0x5a, 4_096 * 50, 4_096 * 150));

  const after = new DatabaseSync(file);
  const errors: unknown[] = [];
  try {
    after.prepare('SELECT max(text) FROM row')[method]();
  } catch (error) {
    errors.push(error);
  } finally {
    after.close();
  }
  expect(errors.map(isDamage)).toEqual([true]);
});
