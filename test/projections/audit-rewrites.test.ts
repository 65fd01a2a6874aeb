import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditReader } from '../../projections/audit-reader.js';
import { auditTrailOf } from '../../projections/audit-trail.js';
import type { AuditWriter } from '../../projections/audit-writer.js';
import { ViewDatabase } from '../../projections/view-database.js';
import { filters, fits, trails } from './audit-model.js';
import { creation, History, histories } from './histories.js';
import { throughPages } from './pages.js';
import { temporaryDirectory } from './temporary-views.js';

describe('an entry of the audit trail that was rewritten', () => {
  it('is found by what it says now, and by nothing that it said before', () => {
    const rewritten = fc.record({ which: fc.nat(200), reason: fc.constantFrom('[erased] 1a2b', 'sales smtp', null), keeps: fc.boolean() });
    fc.assert(
      fc.property(
        histories(40),
        fc.array(rewritten, { minLength: 1, maxLength: 12 }),
        fc.array(filters, { minLength: 10, maxLength: 10 }),
        fc.integer({ min: 1, max: 60 }),
        trails,
        ({ log: { events } }, changes, questions, size, trail) => {
          const view = new ViewDatabase(join(temporaryDirectory(), 'audit.db'), 'follow');
          view.prepareTables(trail.tables);
          const { writer, reader } = trail.open(view) as { readonly writer: AuditWriter; readonly reader: AuditReader };
          for (const [index, event] of events.entries()) {
            writer.apply(event);
            // In between, so that some blocks are written by then and others are not.
            for (const { which, reason, keeps } of changes.filter((_, nth) => nth % events.length === index))
              writer.rewrite(events[which % (index + 1)]?.position ?? 0n, (detail) => ({ ...detail, reason, changes: keeps ? detail.changes : [] }));
            if (index % size === 0) writer.flush();
          }
          const check = (asked: AuditReader) => {
            const rows = throughPages((page) => asked.page({}, page), 'first', 50);
            for (const filter of questions) {
              const expected = rows.filter((row) => fits(row, filter));
              expect(throughPages((page) => asked.page(filter, page), 'last', 7)).toEqual(expected);
              expect(asked.count(filter)).toBe(expected.length);
            }
          };
          check(reader);
          for (const { which, reason } of changes) writer.rewrite(events[which % events.length]?.position ?? 0n, (detail) => ({ ...detail, reason }));
          check(reader);
          // What is read from the tables alone is the same.
          writer.flush();
          check(trail.open(view).reader);
          expect(() => writer.rewrite(10_000n, (detail) => detail)).toThrow(RangeError);
          view.discard();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('leaves no byte of what it said in the file', () => {
    const history = new History();
    const words = (number: number) => Array.from({ length: 10 }, (_, nth) => `Aardv${number}x${nth}`).join(' ');
    for (let number = 0; number < 40; number++) history.account(`s${number}`, creation(`s${number}`, { accountName: number < 30 ? words(number) : 'Other' }));
    // Written blocks, an open one, and one that was half written when the service stopped.
    for (const [blockSize, flushes] of [
      [8, 100],
      [16_384, 1],
      [40, 1],
    ] as const) {
      const trail = auditTrailOf(blockSize);
      const directory = temporaryDirectory();
      const view = new ViewDatabase(join(directory, 'audit.db'), 'follow');
      view.prepareTables(trail.tables);
      const bytes = () => ['audit.db', 'audit.db-wal'].map((name) => readFileSync(join(directory, name)).toString('latin1').toLowerCase()).join('');
      const first = trail.open(view).writer;
      view.inTransaction(() => {
        for (const event of history.log.events) first.apply(event);
        for (let flush = 0; flush < flushes; flush++) first.flush();
      });
      expect(bytes().includes('aardv0x1 ')).toBe(true);
      expect(bytes().includes('waardv')).toBe(blockSize <= 40);
      expect(view.get('SELECT blocks FROM written_blocks')).toEqual({ blocks: { 8: 5, 16_384: 0, 40: 0 }[blockSize] });
      const { writer, reader } = trail.open(view) as { readonly writer: AuditWriter; readonly reader: AuditReader };
      view.scrub();
      view.inTransaction(() => {
        for (const { position } of history.log.events.slice(0, 30))
          writer.rewrite(position, (detail) => ({
            ...detail,
            changes: detail.changes.filter(([path]) => path !== 'accountName'),
            data: { accountName: '[erased]' },
          }));
      });
      expect(bytes().includes('aardv')).toBe(false);
      expect([reader.count({ text: 'aardv' }), reader.count({ text: 'other' }), reader.count({ text: 's1' })]).toEqual([0, 10, 11]);
      view.close();
    }
  });
});
