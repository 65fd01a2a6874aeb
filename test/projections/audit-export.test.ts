import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportedEntries } from '../../projections/audit-export/exported-entries.js';
import { exportFormats, exportFormatNames } from '../../projections/audit-export/format.js';
import { ExportRefused, filterOf } from '../../projections/audit-export/request.js';
import type { AuditRow } from '../../projections/audit-row.js';
import { csvRecords, readCef, restoredCell } from './export-parsers.js';

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc
    .array(fc.constantFrom('|', '=', '\\', '\n', '\r', '\r\n', '"', ',', "'", '+', '-', '@', '\t', ' cs1=', '\\n', '{"', '|5|externalId=9 ', '＝', '日', ' '), {
      maxLength: 8,
    })
    .map((parts) => parts.join('')),
);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const json = fc.oneof(hostile, fc.integer(), fc.boolean(), fc.constant(null), fc.record({ deep: hostile }));

const rows: fc.Arbitrary<AuditRow> = fc.record({
  id: fc.uuid(),
  position: fc.bigInt({ min: 0n, max: 2n ** 60n }),
  occurredAt: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
  action: fc.oneof(fc.constantFrom('AccountRenamed', 'AuditExported'), hostile),
  outcome: fc.constantFrom('ACCEPTED', 'NO_CHANGE', 'REFUSED', 'DENIED', 'CONFLICT', 'FAILED'),
  actor: fc.record({ kind: fc.constantFrom('USER', 'API_TOKEN'), id: hostile, displayName: hostile }),
  actorRole: maybe(fc.constantFrom('VIEWER', 'ADMIN')),
  tokenId: maybe(hostile),
  revertedToVersion: maybe(fc.nat()),
  reason: maybe(hostile),
  entityType: hostile,
  entityId: hostile,
  version: maybe(fc.nat()),
  changes: fc.array(
    fc.record(
      { path: hostile, before: json, after: json, secret: fc.boolean(), secretChange: fc.constantFrom('SET', 'ENTERED_AGAIN') },
      { requiredKeys: ['path', 'before', 'after', 'secret'] },
    ),
    { maxLength: 3 },
  ),
  correlationId: hostile,
  causationId: maybe(hostile),
  origin: maybe(
    fc.record({ requestId: hostile, ip: maybe(fc.constantFrom('192.0.2.1', '2001:db8::1')), userAgent: maybe(hostile), clientName: maybe(hostile) }),
  ),
  data: fc.dictionary(
    hostile.filter((name) => name !== '__proto__'),
    json,
    { maxKeys: 3, noNullPrototype: true },
  ),
  metadata: fc.record({ schemaVersion: fc.nat(9) }),
});

/** The row as every format has it: flat, what there is none of as null. */
function flat({ position, actor, origin, metadata, changes, data, ...row }: AuditRow) {
  return {
    ...row,
    position: position.toString(),
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.displayName,
    changes,
    requestId: origin?.requestId ?? null,
    ip: origin?.ip ?? null,
    userAgent: origin?.userAgent ?? null,
    clientName: origin?.clientName ?? null,
    schemaVersion: metadata['schemaVersion'],
    data,
  };
}
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

async function exported(format: (typeof exportFormatNames)[number], all: readonly AuditRow[], after: bigint | null = null): Promise<string> {
  const trail = {
    tail: (_filter: object, from: bigint) => {
      const page = all.filter(({ position }) => position > from).slice(0, 2);
      return { rows: page, reached: page.length < 2 ? null : (page.at(-1)?.position ?? null) };
    },
  };
  const chunks: Buffer[] = [];
  for await (const chunk of exportedEntries(trail, exportFormats[format], { filter: {}, after, until: 2n ** 60n }, '1.2.3')) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const logs = fc
  .uniqueArray(rows, { maxLength: 5, selector: ({ position }) => position })
  .map((list) => list.sort((a, b) => (a.position < b.position ? -1 : 1)));

describe('an exported entry', () => {
  it('comes out of JSONL as it was, one a line', async () => {
    await fc.assert(
      fc.asyncProperty(logs, async (all) => {
        const lines = (await exported('jsonl', all)).split('\n');
        expect(lines.pop()).toBe('');
        const read = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
        expect(read).toEqual(
          all.map(({ position, metadata, ...row }) => asJson({ ...row, position: position.toString(), schemaVersion: metadata['schemaVersion'] })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('comes out of CSV by RFC 4180 as it was, once the apostrophes are taken off', async () => {
    await fc.assert(
      fc.asyncProperty(logs, async (all) => {
        const [header = [], ...records] = csvRecords(await exported('csv', all));
        const read = records.map((cells) => Object.fromEntries(header.map(({ text }, index) => [text, cells[index]])));
        expect(read.map((record) => Object.fromEntries(Object.entries(record).map(([name, cell]) => [name, restoredCell(cell)])))).toEqual(
          all.map(flat).map((row) => ({
            ...row,
            version: row.version === null ? null : String(row.version),
            revertedToVersion: row.revertedToVersion === null ? null : String(row.revertedToVersion),
            schemaVersion: String(row.schemaVersion),
            changes: JSON.stringify(row.changes),
            data: JSON.stringify(row.data),
          })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('comes out of CEF as it was, one a line', async () => {
    await fc.assert(
      fc.asyncProperty(logs, async (all) => {
        const lines = (await exported('cef', all)).split('\n');
        expect(lines.pop()).toBe('');
        expect(lines.map(readCef)).toEqual(
          all.map(flat).map(({ changes, data, occurredAt, ...row }) => ({
            vendor: 'Postledger',
            program: '1.2.3',
            ...row,
            rt: String(Date.parse(occurredAt)),
            version: row.version === null ? null : String(row.version),
            revertedToVersion: row.revertedToVersion === null ? null : String(row.revertedToVersion),
            schemaVersion: String(row.schemaVersion),
            changes: JSON.stringify(changes),
            data: JSON.stringify(data),
          })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it.each(exportFormatNames)('names its position in %s, whatever else it says', (name) => {
    fc.assert(
      fc.property(rows, (row) => {
        expect(exportFormats[name].positionOf(exportFormats[name].record(row, '1.2.3'))).toBe(row.position);
      }),
    );
    expect(exportFormats[name].positionOf(exportFormats[name].header)).toBeNull();
  });

  it.each(exportFormatNames)('is in %s once, wherever an export in two parts was cut', async (name) => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(4), async (all, at) => {
        const cut = all[at]?.position ?? null;
        if (cut === null) return;
        const first = await exported(name, all.slice(0, at + 1));
        expect(first + (await exported(name, all, cut))).toBe(await exported(name, all));
      }),
      { numRuns: 30 },
    );
  });
});

describe('a cell that a spreadsheet would calculate', () => {
  const [row] = fc.sample(rows, { numRuns: 1, seed: 1 });
  const vectors = ['=1+1', '=HYPERLINK("http://evil.example","click")', '+1', "-1+cmd|' /C calc'!A0", '@SUM(1)', '\t=1', '\r=1', '\n=1', '＝1'];

  it.each(vectors)('begins with an apostrophe: %j', (vector) => {
    if (row === undefined) throw new Error('There is no row.');
    const [cells = []] = csvRecords(exportFormats.csv.record({ ...row, actor: { ...row.actor, displayName: vector }, reason: vector }, '1'));
    expect([cells[7]?.text, cells[8]?.text]).toEqual([`'${vector}`, `'${vector}`]);
  });

  it('is none, whatever an entry holds', () => {
    fc.assert(
      fc.property(rows, (each) => {
        const [cells = []] = csvRecords(exportFormats.csv.record(each, '1'));
        expect(cells.filter(({ text }) => /^[=+\-@\t\r\n]/.test(text))).toEqual([]);
      }),
    );
  });
});

describe('a filter of an export', () => {
  it('is the one of the audit trail', () => {
    expect(
      filterOf([
        ['action', 'AccountRenamed'],
        ['action', 'AccountCreated'],
        ['entityId', 'Sales'],
        ['text', 'a=b'],
        ['from', '2026-01-31T01:00:00+01:00'],
      ]),
    ).toEqual({
      action: ['AccountRenamed', 'AccountCreated'],
      entityId: ['Sales'],
      text: 'a=b',
      correlationId: null,
      occurredAt: { from: new Date('2026-01-31T00:00:00Z'), to: null },
    });
  });

  it.each([
    [['nonsense', 'x']],
    [['outcome', 'DONE']],
    [['from', 'yesterday']],
    [['to', '2026-01-31']],
    [['to', '2026-13-31T00:00:00Z']],
    [['text', 'x'.repeat(201)]],
  ] as const)('is refused by name rather than left out: %j', (pair) => {
    expect(() => filterOf([pair])).toThrow(ExportRefused);
    expect(() => filterOf([pair])).toThrow(pair[0]);
  });

  it('takes one value of what is no list', () => {
    expect(() =>
      filterOf([
        ['text', 'a'],
        ['text', 'b'],
      ]),
    ).toThrow('text is there more than once');
  });
});
