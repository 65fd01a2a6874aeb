import 'reflect-metadata';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStoredTestKey, storedTestKey } from '../../schema/connection-test/connection-test.js';
import { globalId, keyThen, parseGlobalId, parseKeyThen } from '../../schema/node/global-id.js';

const nodeType = fc.constantFrom('EmailAccount', 'ConnectionTest', 'ApiToken');

describe('the id of an object', () => {
  it('tells its type and key again, and nothing else has it', () => {
    fc.assert(
      fc.property(nodeType, fc.string({ minLength: 1, unit: 'grapheme' }), (type, key) => {
        const id = globalId(type, key);
        expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(parseGlobalId(id)).toEqual({ type, key });
      }),
      { numRuns: 200 },
    );
    expect(globalId('EmailAccount', 'ConnectionTest:x')).not.toBe(globalId('ConnectionTest', 'x'));
  });

  it('is nothing but what was made here: one object has one id', () => {
    const id = globalId('EmailAccount', 'sales');
    const foreign = [
      '',
      'sales',
      'EmailAccount:sales',
      `${id}=`,
      `${id}==`,
      ` ${id}`,
      `${id}\n`,
      Buffer.from('EmailAccount:').toString('base64url'),
      Buffer.from('Certificate:x').toString('base64url'),
      Buffer.from('emailaccount:sales').toString('base64url'),
    ];
    for (const text of foreign) expect(parseGlobalId(text)).toBeNull();
  });

  it('is looked for in any text without a fault, and then found only where it is the id of what was found', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const found = parseGlobalId(text);
        expect(found === null || globalId(found.type, found.key) === text).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('of something as it was tells its key and the moment again, and is not that of what it is now', () => {
    const key = fc.constantFrom('sales', 'plant-7', 'sales:3');
    const moment = fc.oneof(
      fc.date({ noInvalidDate: true }).map((time) => time.toISOString()),
      fc.nat().map((version) => `sales:${version}`),
    );
    fc.assert(
      fc.property(key, moment, (of, name) => {
        expect(parseKeyThen(keyThen(of, { name }))).toEqual({ key: of, moment: name });
      }),
    );
    expect(parseKeyThen(keyThen('sales', undefined))).toEqual({ key: 'sales', moment: null });
  });

  it('of a stored connection test names the account and the version that its record made', () => {
    expect(parseStoredTestKey(storedTestKey('Sales-1', 12))).toEqual({ accountId: 'sales-1', recordedAtVersion: 12 });
    for (const key of ['5b0c1a7e-8d3f-4c1e-9a52-0c2f6d1e7b44', 'sales', 'sales:', 'sales:0', 'sales:01', 'sales:1e3', ':1', 'Sales:1'])
      expect(parseStoredTestKey(key)).toBeNull();
  });
});
