import * as fc from 'fast-check';
import { GraphQLError, parseValue } from 'graphql';
import { describe, expect, it } from 'vitest';
import { DateTime } from '../../schema/date-time/date-time-scalar.js';

const utc = (text: string) => DateTime.parseValue(text).toISOString();

describe('a DateTime', () => {
  it.each([
    ['in UTC', '2026-11-24T14:30:00Z', '2026-11-24T14:30:00.000Z'],
    ['with an offset', '2026-11-24T14:30:00+01:00', '2026-11-24T13:30:00.000Z'],
    ['with an offset west of Greenwich', '2026-11-24T23:30:00-05:30', '2026-11-25T05:00:00.000Z'],
    ['with an offset over the end of a year', '2026-12-31T23:59:59.999-00:01', '2027-01-01T00:00:59.999Z'],
    ['in lower case', '2026-11-24t14:30:00z', '2026-11-24T14:30:00.000Z'],
    ['with tenths', '2026-11-24T14:30:00.5Z', '2026-11-24T14:30:00.500Z'],
    ['with nanoseconds, which are cut off and not rounded', '2026-11-24T14:30:00.999999999Z', '2026-11-24T14:30:00.999Z'],
    ['on a leap day', '2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['in the first century', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('comes in %s', (_what, text, read) => expect(utc(text)).toBe(read));

  it.each([
    '2026-11-24',
    '2026-11-24T14:30:00',
    '2026-11-24 14:30:00Z',
    '2026-11-24T14:30Z',
    '2026-02-30T00:00:00Z',
    '2027-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-24T24:00:00Z',
    '2026-11-24T14:60:00Z',
    '2026-11-24T14:30:00.Z',
    '2026-11-24T14:30:00+24:00',
    '+002026-11-24T14:30:00Z',
    ' 2026-11-24T14:30:00Z',
    '2026-11-24T14:30:00Z\n',
    'now',
    '',
    1_795_530_600_000,
    null,
  ])('is not %j', (sent) => {
    expect(() => DateTime.parseValue(sent)).toThrow(GraphQLError);
    expect(() => DateTime.parseValue(sent)).toThrow(/RFC 3339/);
  });

  it('comes through a variable and through the document alike', () => {
    expect(DateTime.parseLiteral(parseValue('"2026-11-24T14:30:00+01:00"'), {})).toEqual(new Date('2026-11-24T13:30:00Z'));
    expect(() => DateTime.parseLiteral(parseValue('20261124'), {})).toThrow(/RFC 3339/);
  });

  it('goes out in UTC with milliseconds, whether the domain kept it as text or as a Date', () => {
    expect(DateTime.serialize(new Date('2026-11-24T14:30:00Z'))).toBe('2026-11-24T14:30:00.000Z');
    expect(DateTime.serialize('2026-11-24T14:30:00.250Z')).toBe('2026-11-24T14:30:00.250Z');
    expect(DateTime.serialize('2026-11-24T15:30:00+01:00')).toBe('2026-11-24T14:30:00.000Z');
    expect(() => DateTime.serialize(1_795_530_600_000)).toThrow(TypeError);
    expect(() => DateTime.serialize(new Date(Number.NaN))).toThrow(RangeError);
  });

  it('comes back as it went out', () => {
    const written = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    fc.assert(
      fc.property(written, (date) => {
        expect(DateTime.parseValue(DateTime.serialize(date))).toEqual(date);
      }),
      { numRuns: 200 },
    );
  });
});
