import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditReader } from '../../projections/audit-reader.js';
import type { AuditFilter, AuditRow } from '../../projections/audit-row.js';
import { auditTrail, auditTrailOf } from '../../projections/audit-trail.js';
import type { PageRequest } from '../../projections/paging.js';
import { PoisonEvent, ViewBuild } from '../../projections/view-build.js';
import { clearPassword, smtpForm } from '../domain/accounts.js';
import { filters, fits, trails } from './audit-model.js';
import { creation, History, histories, start } from './histories.js';
import { throughPages } from './pages.js';
import { filled, temporaryDirectory } from './temporary-views.js';

const all: PageRequest = { take: 'first', size: 100, after: null, before: null };
const entriesOf = (reader: AuditReader, filter: AuditFilter = {}): readonly AuditRow[] => reader.page(filter, all).entries.map(({ row }) => row);
const readerOf = (history: History, trail = auditTrail): AuditReader => filled(trail, history.log.events, join(temporaryDirectory(), 'audit.db')).reader;

describe('a search of the audit trail', () => {
  it('has an entry for every event, and for any filter, page size and direction the ones that fit, oldest first', () => {
    fc.assert(
      fc.property(
        histories(40),
        fc.array(fc.record({ filter: filters, size: fc.integer({ min: 1, max: 5 }) }), { minLength: 10, maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        trails,
        ({ log: { events } }, questions, sizes, reopens, trail) => {
          const { reader } = filled(trail, events, join(temporaryDirectory(), 'audit.db'), { sizes, reopens });
          const rows = throughPages((page) => reader.page({}, page), 'first', 50);
          expect(rows.map(({ id, position, action, occurredAt }) => [id, position, action, occurredAt])).toEqual(
            events.map(({ id, position, type, recordedAt }) => [id, position, type, recordedAt.toISOString()]),
          );
          for (const { filter, size } of questions) {
            const expected = rows.filter((row) => fits(row, filter));
            for (const take of ['first', 'last'] as const) expect(throughPages((page) => reader.page(filter, page), take, size)).toEqual(expected);
            expect(reader.count(filter)).toBe(expected.length);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('counts exactly what any filter leaves, except where it would have to look through more than two million entries', () => {
    const history = new History();
    history.account('Sales', creation('Sales'));
    for (let number = 0; number < 128; number++) history.do({ by: 1, after: 0, event: { type: 'AuthenticationFailed', data: { cause: 'UNKNOWN', count: 1 } } });
    const countsOf = (blockSize: number) => {
      const reader = readerOf(history, auditTrailOf(blockSize));
      const late = { from: new Date(start + 2_000) };
      return [{}, { outcome: ['DENIED'] }, { actor: ['u-2'] }, { actor: ['u-2', 'tok1'], text: 'sales' }, { occurredAt: late }].map((filter) =>
        reader.count(filter as AuditFilter),
      );
    };
    expect(countsOf(16_384)).toEqual([129, 128, 128, 1, 0]);
    // 128 blocks of one entry are as many as 128 of 16,384.
    expect(countsOf(1)).toEqual([129, 128, null, null, 0]);
  });

  it('finds entries by what a field was and what it became, by the reason, and by what is within a value', () => {
    const history = new History();
    history.account('Sales', creation('Sales', { accountName: 'Équipe Nord', sender: smtpForm({ host: 'old.example.net', port: 2525 }) }));
    history.account('Sales', { type: 'RenameAccount', accountName: 'Team South' });
    history.account('Sales', { type: 'ConfigureSender', sender: smtpForm({ host: 'new.example.org' }, { password: clearPassword }) });
    const certificate = { fingerprintSha256: 'ab', subject: 'CN=Own CA', issuer: 'CN=Own CA', notBefore: '2026-01-01', notAfter: '2027-01-01' };
    history.recordForeign('truststore-own', 'CertificateAdded', {
      name: 'Own',
      certificate: { ...certificate, pem: 'none', serialNumber: '1', selfSigned: true },
    });
    const reader = readerOf(history);
    const found = (text: string) => entriesOf(reader, { text }).map(({ action }) => action);
    expect(found('equipe nord')).toEqual(['AccountCreated', 'AccountRenamed']);
    expect(found('SOUTH')).toEqual(['AccountRenamed']);
    expect(found('accountName')).toEqual(['AccountCreated', 'AccountRenamed']);
    expect(found('2525')).toEqual(['SenderConfigured', 'SenderConfigured']);
    expect(found('new org')).toEqual(['SenderConfigured']);
    expect(found('because')).toEqual(entriesOf(reader).flatMap(({ reason, action }) => (reason?.startsWith('Because') === true ? [action] : [])));
    expect(found('own ca')).toEqual(['CertificateAdded']);
    expect(found('south nord')).toEqual(['AccountRenamed']);
    expect(found('south sender')).toEqual([]);
  });

  it('finds a word in any alphabet, in any case, by its beginning', () => {
    const history = new History();
    const names = ['ΟΔΟΣ', 'Łódź', 'ÅNGSTRÖM', 'смена', 'हिन्दी', '日本語', '한국어', '𝒜𝓁𝒾𝒸ℯ', 'Ⅷ'];
    for (const [index, accountName] of names.entries()) history.account(`a${index}`, creation(`a${index}`, { accountName }));
    for (const blockSize of [1, 16_384]) {
      const reader = readerOf(history, auditTrailOf(blockSize));
      for (const [index, name] of names.entries())
        for (const text of [name, name.toLowerCase(), name.toUpperCase(), [...name].slice(0, 2).join('')])
          expect([text, entriesOf(reader, { text }).map(({ entityId }) => entityId)]).toEqual([text, [`a${index}`]]);
    }
  });

  it('that is followed live gives each entry that fits once, in order, wherever it was left and taken up again', () => {
    fc.assert(
      fc.property(
        histories(40),
        filters,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }),
        trails,
        ({ log }, filter, sizes, trail) => {
          const { events } = log;
          const build = new ViewBuild(trail, join(temporaryDirectory(), 'audit.db'), 'follow');
          const seen: string[] = [];
          let reached = 0n;
          for (let from = 0, batch = 0; from < events.length; batch++) {
            const piece = events.slice(from, from + (sizes[batch % sizes.length] ?? 1));
            from += piece.length;
            build.apply(piece, piece.at(-1)?.position ?? 0n);
            // Now and then nobody looks for a while.
            if (batch % 3 === 1 && from < events.length) continue;
            for (let next: bigint | null = reached; next !== null;) {
              reached = next;
              const { rows, reached: further } = build.reader.tail(filter, reached);
              seen.push(...rows.map(({ id }) => id));
              next = further;
            }
          }
          const rows = throughPages((page) => build.reader.page({}, page), 'first', 50);
          expect(rows).toHaveLength(events.length);
          expect(seen).toEqual(rows.filter((row) => fits(row, filter)).map(({ id }) => id));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is as it was before a batch that could not be applied', () => {
    fc.assert(
      fc.property(histories(40), fc.array(filters, { minLength: 10 }), fc.integer({ min: 1, max: 9 }), trails, ({ log: { events } }, asked, size, trail) => {
        const build = filled(trail, events, join(temporaryDirectory(), 'audit.db'), { sizes: [size] });
        const last = events.at(-1);
        if (!last) return;
        const later = { ...last, id: `${last.id}-later`, position: last.position + 1n };
        // The second one stands where the first one does. All that is not committed is undone with it, and applied once more.
        expect(() => build.apply([later, later], later.position)).toThrow(PoisonEvent);
        const rows = throughPages((page) => build.reader.page({}, page), 'first', 50);
        expect(rows.map(({ id }) => id)).toEqual([...events, later].map(({ id }) => id));
        for (const filter of asked)
          expect(throughPages((page) => build.reader.page(filter, page), 'first', 50)).toEqual(rows.filter((row) => fits(row, filter)));
      }),
      { numRuns: 15 },
    );
  });
});
