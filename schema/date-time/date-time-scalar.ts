import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

const shape = /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
const canonical = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** A point in time as RFC 3339 writes it. In code a `Date`; what the domain keeps as ISO 8601 text goes out as it is. */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'A point in time as RFC 3339 writes it, e.g. `2026-11-24T14:30:00.250Z`. Output is always UTC with milliseconds. Input needs the offset from UTC (`Z` or `+01:00`); ' +
    'digits beyond the millisecond are cut off, and a date that does not exist is refused.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  parseValue: (value) => (typeof value === 'string' ? parseDateTime(value) : refuseDateTime()),
  parseLiteral: (node) => (node.kind === Kind.STRING ? parseDateTime(node.value) : refuseDateTime()),
  serialize: (value) => {
    if (typeof value === 'string') return canonical.test(value) ? value : parseDateTime(value).toISOString();
    if (value instanceof Date) return value.toISOString();
    throw new TypeError('A DateTime must be a Date or an ISO 8601 text.');
  },
});

/** @throws {GraphQLError} not RFC 3339, or no such date. */
export function parseDateTime(text: string): Date {
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = shape.exec(text) ?? refuseDateTime();
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const local = new Date(0);
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  // Date rolls 30 February over into March: such a day does not come back as it went in.
  if (local.getUTCMonth() !== Number(month) - 1 || local.getUTCDate() !== Number(day)) return refuseDateTime();
  local.setUTCHours(Number(hour), Number(minute), Number(second), milliseconds);
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === '-' ? -1 : 1);
  return new Date(local.getTime() - offset);
}

function refuseDateTime(): never {
  throw new GraphQLError('A DateTime is a text as RFC 3339 writes it, of a date that exists and with its offset from UTC: 2026-11-24T14:30:00Z.', {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}
